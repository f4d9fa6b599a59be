# SPDX-License-Identifier: Apache-2.0
"""Published figures beside the computed: the same number, rounded to the decimals printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from equipoise.protocol.model import Bind, Figure, Printed, Protocol
from equipoise.results.groups import TOTAL
from equipoise.results.lookup import Lookup, Row, make_lookup
from equipoise.statistics.rounding import round_half_away

COLUMNS = {
    "figure": pl.String,
    "label": pl.String,
    "arm": pl.String,
    "part": pl.String,
    "unit": pl.String,
    "published": pl.String,
    "computed": pl.String,
    "difference": pl.Float64,
    "verdict": pl.String,
    "result_id": pl.String,
    "note": pl.String,
}
AGREES, DIFFERS, NOT_COMPUTED = "agrees", "differs", "not computed"
METHODS = (
    "kaplan-meier",
    "follow-up",
    "cox",
    "clopper-pearson",
    "disposition",
    "count",
    "summary",
    "count.kinds",
    "count.terms",
    "bor",
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One part of a figure beside its computed value."""

    part: str
    published: str
    computed: str | None
    difference: float | None
    verdict: str
    result_id: str | None
    note: str | None


def compare_published(results: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """Every printed number of the publication beside ours.

    Returns   figure, label, arm, part, unit, published, computed (rounded to the printed decimals),
              difference (computed - published, both as printed), verdict, result_id, note
    """
    figures = protocol.published.figures if protocol.published else ()
    found = make_lookup(results)
    rows = [
        (
            figure.id,
            figure.label,
            arm,
            item.part,
            figure.unit,
            item.published,
            item.computed,
            item.difference,
            item.verdict,
            item.result_id,
            item.note,
        )
        for figure in figures
        for arm, printed in _columns(figure)
        for item in _compare(found, protocol, figure, arm, printed)
    ]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _columns(figure: Figure) -> Iterator[tuple[str, Printed]]:
    if figure.printed is not None:
        yield TOTAL, figure.printed
    yield from figure.arms.items()


def _compare(
    found: Lookup, protocol: Protocol, figure: Figure, arm: str, printed: Printed
) -> Iterator[Comparison]:
    estimate = _estimate(found, protocol, figure.bind, arm) if figure.bind else None
    if printed.value is not None:
        yield _beside("value", printed.value, estimate)
    if printed.text is not None:
        yield _words(printed.text, estimate)
    if printed.n is not None:
        yield _beside("n", Decimal(printed.n), _linked(found, estimate, "numer_id"))
    if printed.of is not None:
        yield _beside("of", Decimal(printed.of), _linked(found, estimate, "denom_id"))
    if printed.pct is not None:
        yield _beside("pct", printed.pct, estimate)
    if printed.ci is not None:
        limits = (found.limits(estimate) if estimate else None) or (None, None)
        for part, value, row in zip(("lcl", "ucl"), printed.ci, limits, strict=True):
            if value is None:
                yield _words("not reached", row, part)
            else:
                yield _beside(part, value, row)
    if printed.iqr is not None:
        for part, value in zip(("q1", "q3"), printed.iqr, strict=True):
            yield _beside(part, value, _quartile(found, estimate, part))
    if printed.p is not None:
        yield _p(printed.p, _p_row(found, protocol, figure, arm))


def _estimate(found: Lookup, protocol: Protocol, bind: Bind, arm: str) -> Row | None:
    """The result a figure is bound to: of the arm; overall, of the total or the only comparison."""
    arms = [item.id for item in protocol.arms]
    only = arms if len(arms) == 1 else []
    places = [{"arm": arm}, *({"arm": item} for item in only)]
    if arm == TOTAL and protocol.control is not None and len(arms) == 2:
        places += [{"comparator": item} for item in arms if item != protocol.control.id]
    for place in places:
        for method in METHODS:
            row = found.find(
                bind.analysis, method, bind.stat, time=bind.time_months, level=bind.level, **place
            )
            if row is not None:
                return row
    return None


def _linked(found: Lookup, estimate: Row | None, link: str) -> Row | None:
    if estimate is None:
        return None
    return next((row for row in found.rows.values() if row["result_id"] == estimate[link]), None)


def _quartile(found: Lookup, estimate: Row | None, part: str) -> Row | None:
    """The quartile of the same analysis: followup_q1 beside followup_median, q1 beside median."""
    if estimate is None:
        return None
    stat = estimate["stat"].replace("median", part)
    return found.find(estimate["analysis_id"], estimate["method_id"], stat, arm=estimate["arm"])


TESTS = {"hazard-ratio": "logrank", "proportion": "association"}


def _p_row(found: Lookup, protocol: Protocol, figure: Figure, arm: str) -> Row | None:
    """The p-value of the only comparison, or of the arm's: log-rank of times, of rates theirs."""
    method, control = TESTS.get(figure.kind), protocol.control
    if method is None or figure.bind is None or control is None:
        return None
    compared = [item.id for item in protocol.arms if item.id != control.id]
    comparator = compared[0] if arm == TOTAL and len(compared) == 1 else arm
    return found.find(figure.bind.analysis, method, "p", comparator=comparator)


def _beside(part: str, published: Decimal, row: Row | None) -> Comparison:
    if row is None:
        return Comparison(part, str(published), None, None, NOT_COMPUTED, None, "no such result")
    if row["state"] != "ok":
        return Comparison(
            part, str(published), row["state"], None, DIFFERS, row["result_id"], row["state_reason"]
        )
    exponent = published.as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    computed = round_half_away(row["value"], decimals)
    difference = float(computed - published)
    verdict = AGREES if difference == 0 else DIFFERS
    return Comparison(
        part, str(published), str(computed), difference, verdict, row["result_id"], None
    )


def _words(published: str, row: Row | None, part: str = "text") -> Comparison:
    if row is None:
        note = "a statement in words; nothing computed is bound to it"
        return Comparison(part, published, None, None, NOT_COMPUTED, None, note)
    computed = "not reached" if row["state"] == "NR" else row["display"]
    verdict = AGREES if computed == published else DIFFERS
    return Comparison(part, published, computed, None, verdict, row["result_id"], None)


def _p(published: str, row: Row | None) -> Comparison:
    if row is None or row["state"] != "ok":
        note = "no such test is planned" if row is None else row["state_reason"]
        return Comparison("p", published, None, None, NOT_COMPUTED, None, note)
    bound = published.removeprefix("<")
    if bound != published:
        agrees = row["value"] < float(bound)
        computed = published if agrees else row["display"]
        verdict = AGREES if agrees else DIFFERS
        return Comparison("p", published, computed, None, verdict, row["result_id"], None)
    return _beside("p", Decimal(published), row)
