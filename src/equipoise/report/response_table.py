# SPDX-License-Identifier: Apache-2.0
"""Tumour response: best responses, the rates made of them, and the arms compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from equipoise.protocol.model import Analysis, Endpoint, Protocol
from equipoise.report.footnotes import method_words
from equipoise.report.numbers import Number, Numbers
from equipoise.report.shells import Arguments, arm_columns
from equipoise.report.table import (
    Cell,
    Row,
    Table,
    count_cell,
    estimate_cell,
    number_cell,
    pair_cell,
)
from equipoise.report.words import RESPONSES, evaluator_name, lower_first, population_name

RATE_METHODS = ("rate-difference", "odds-ratio", "association")


def response_table(
    evaluator: str, numbers: Numbers, protocol: Protocol, args: Arguments
) -> Table | None:
    """Best responses as one reader saw them, and the rates made of them with exact intervals."""
    analysis = f"BOR.{evaluator}"
    if not numbers.of(analysis, "bor"):
        return None
    arms, columns = arm_columns(numbers, protocol, analysis, "bor", total=False)
    rows: list[Row] = []
    forms = [("bor", "Best overall response, confirmation not required", False)]
    forms.append(("bor.confirmed", "Confirmed best overall response", True))
    if protocol.response.confirmed_is_primary:
        forms.reverse()
    for method, heading, confirmed in forms:
        rows.append(Row(heading, heading=True, unit="n (%)"))
        rows += _best_responses(analysis, method, numbers, arms)
        rows += _response_rates(evaluator, confirmed, numbers, protocol, arms)
    reader = lower_first(evaluator_name(protocol, evaluator))
    notes = [method_words(m, args[analysis, m]) for m, _, c in forms if c and (analysis, m) in args]
    notes += _comparison_notes(evaluator, protocol, args)
    waiting = numbers.find(analysis, "bor", "n", arms[0], levels=("PENDING",))
    if waiting is not None:
        notes.append(
            "Adjudication pending: the two reads differ and none is accepted yet; the patient "
            "counts as no response."
        )
    return Table(
        id=f"response-{evaluator}",
        title=f"Tumour response by {reader}, {protocol.response.criteria}",
        population=population_name(protocol, protocol.analyses[0].population),
        stub="Response",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            *notes,
            "Percentages of all patients of the population; without an assessment a patient "
            "counts as no response. Intervals of rates are exact (Clopper-Pearson).",
        ),
    )


def _best_responses(analysis: str, method: str, numbers: Numbers, arms: list[str]) -> list[Row]:
    rows = []
    for levels in numbers.levels(analysis, method, "BOR"):
        found = [numbers.find(analysis, method, "n", arm, levels=levels) for arm in arms]
        if levels[-1] == "NON-CR/NON-PD" and not any(n and n.value for n in found):
            continue  # only patients without measurable disease can have it
        cells = tuple(
            count_cell(n, numbers.find(analysis, method, "pct", arm, levels=levels))
            for n, arm in zip(found, arms, strict=True)
        )
        rows.append(Row(RESPONSES.get(levels[-1], levels[-1]), cells, 1))
    return rows


def _rates(evaluator: str, protocol: Protocol) -> Iterator[tuple[Analysis, Endpoint]]:
    """The response rates that are analysed as this reader saw them."""
    endpoints = {item.id: item for item in protocol.endpoints}
    for analysis in protocol.analyses:
        endpoint = endpoints[analysis.endpoint]
        if endpoint.kind in ("orr", "dcr") and endpoint.evaluator == evaluator:
            yield analysis, endpoint


def _response_rates(
    evaluator: str, confirmed: bool, numbers: Numbers, protocol: Protocol, arms: list[str]
) -> list[Row]:
    """ORR and DCR of the analyses of this reader, in the form that the block above has."""
    rows = []
    for analysis, endpoint in _rates(evaluator, protocol):
        planned = endpoint.confirmed
        if planned is None:
            planned = protocol.response.confirmed_is_primary
        word = "confirmed" if confirmed else "unconfirmed"
        suffix = "" if planned == confirmed else f".{word}"
        method = f"clopper-pearson{suffix}"

        found = [
            (
                numbers.find(analysis.id, method, "n", arm),
                numbers.find(analysis.id, method, "pct", arm),
            )
            for arm in arms
        ]
        rows += [
            Row(endpoint.label, tuple(count_cell(n, pct) for n, pct in found), 1, unit="n (%)"),
            Row(
                f"{100 * analysis.conf_level:g}% CI of the rate, %",
                tuple(pair_cell(*(numbers.interval(pct) or (None, None))) for _, pct in found),
                2,
            ),
            *_comparison(analysis, suffix, numbers, protocol),
        ]
    return rows


def _comparison(
    analysis: Analysis, suffix: str, numbers: Numbers, protocol: Protocol
) -> Iterator[Row]:
    """Difference, odds ratio and test in the column of the experimental arm."""
    control = protocol.control
    if control is None:
        return
    level = f"{100 * analysis.conf_level:g}% CI"
    forms = [(suffix, "stratified" if analysis.strata else "")]
    if analysis.strata and not suffix:
        forms.append((".unstratified", "unstratified"))
    for form, kind in forms:

        def cells(method: str, stat: str, form: str = form) -> tuple[Number | None, ...]:
            return tuple(
                None
                if arm.id == control.id
                else numbers.find(analysis.id, f"{method}{form}", stat, arm.id)
                for arm in protocol.arms
            )

        yield Row(f"Compared with {control.short}{f', {kind}' if kind else ''}", depth=1)
        yield Row(
            "Difference, % points",
            tuple(
                _blank(n, estimate_cell(numbers, n)) for n in cells("rate-difference", "rate_diff")
            ),
            2,
            unit=level,
        )
        yield Row(
            "Odds ratio",
            tuple(_blank(n, estimate_cell(numbers, n)) for n in cells("odds-ratio", "or")),
            2,
            unit=level,
        )
        yield Row(
            "p-value",
            tuple(_blank(n, number_cell(n)) for n in cells("association", "p")),
            2,
        )


def _blank(number: Number | None, cell: Cell) -> Cell:
    return cell if number else Cell()


def _comparison_notes(
    evaluator: str, protocol: Protocol, args: Mapping[tuple[str, str], Mapping[str, Any]]
) -> list[str]:
    """How the arms were compared, in words of the resolved arguments; once for all rates."""
    shown = (
        "strata",
        "interval",
        "test",
        "conf_level",
        "cmh_correction",
        "chi_square_correction",
        "sides",
    )
    notes: dict[str, None] = {}
    for analysis, _ in _rates(evaluator, protocol):
        for method in RATE_METHODS:
            own = args.get((analysis.id, method))
            if own is not None:
                notes[method_words(method, {k: v for k, v in own.items() if k in shown})] = None
    return list(notes)
