# SPDX-License-Identifier: Apache-2.0
"""Two evaluators side by side: responses crossed, progression, discrepancy rates, hazard ratios."""

from __future__ import annotations

from collections.abc import Iterator

from equipoise.protocol.model import Concordance, Endpoint, Protocol
from equipoise.report.footnotes import method_words
from equipoise.report.numbers import TOTAL, Number, Numbers
from equipoise.report.shells import Arguments, arm_columns
from equipoise.report.table import (
    ABSENT,
    Cell,
    Column,
    Part,
    Row,
    Table,
    count_cell,
    estimate_cell,
    number_cell,
)
from equipoise.report.words import RESPONSES, evaluator_name, lower_first, population_name

ALL = "All"
RESPONSE, CONFIRMED = "agreement.response", "agreement.response.confirmed"
PROGRESSION, ENDPOINT = "agreement.progression", "agreement.endpoint"
EARLY, LATE = "discrepancy.early", "discrepancy.late"


def concordance_tables(numbers: Numbers, protocol: Protocol, args: Arguments) -> Iterator[Table]:
    """For each declared pair: both best responses crossed, and the agreement by arm."""
    for item in protocol.concordance:
        analysis = f"CONCORDANCE.{item.evaluator}.{item.reference}"
        if not numbers.of(analysis, RESPONSE):
            continue
        yield _crossed(item, analysis, RESPONSE, numbers, protocol)
        yield _crossed(item, analysis, CONFIRMED, numbers, protocol)
        yield _agreement(item, analysis, numbers, protocol, args)


def _names(item: Concordance, protocol: Protocol) -> tuple[str, str]:
    first, second = (evaluator_name(protocol, n) for n in (item.evaluator, item.reference))
    return first, second


def _crossed(
    item: Concordance, analysis: str, method: str, numbers: Numbers, protocol: Protocol
) -> Table:
    """Rows: best response by the first; columns: by the second; all arms together."""
    first, second = _names(item, protocol)
    variable = "BOR" if method == RESPONSE else "CBOR"
    pairs = numbers.levels(analysis, method, f"{variable}2")
    known = list(dict.fromkeys(pair[0] for pair in pairs))

    def cell(one: str, two: str) -> Cell:
        levels = (one, two)
        return number_cell(numbers.find(analysis, method, "n", TOTAL, levels=levels))

    kind = "best overall response" if method == RESPONSE else "confirmed best overall response"
    return Table(
        id=f"concordance-{variable.lower()}-{item.evaluator}-{item.reference}",
        title=f"{kind[0].upper()}{kind[1:]}: {lower_first(first)} by {lower_first(second)}",
        population=population_name(protocol, item.population),
        stub=first,
        columns=tuple(Column(_short(name), group=second) for name in known),
        rows=tuple(
            Row(RESPONSES.get(name, name), tuple(cell(name, other) for other in known))
            for name in known
        ),
        footnotes=("Number of patients of all arms; agreement lies on the diagonal.",),
    )


def _short(level: str) -> str:
    return "No assessment" if level == "MISSING" else level


def _agreement(
    item: Concordance, analysis: str, numbers: Numbers, protocol: Protocol, args: Arguments
) -> Table:
    arms, columns = arm_columns(numbers, protocol, analysis, RESPONSE, total=True)
    first, second = _names(item, protocol)
    level = f"{100 * item.conf_level:g}% CI"
    rows = [
        *_responses(analysis, numbers, arms, level),
        Row("Date of progression", heading=True, unit="n (%)"),
        *_counts(analysis, PROGRESSION, "PDCAT", numbers, arms, _called(first, second)),
        Row(f"Discrepancy of progression by {lower_first(first)}", heading=True, unit="n/N (%)"),
        *_rates(analysis, numbers, arms, level, protocol),
        Row("End of progression-free survival", heading=True, unit="n (%)"),
        *_counts(analysis, ENDPOINT, "CNSR", numbers, arms, _called(first, second)),
        _kappa("Kappa of event or censored", analysis, ENDPOINT, numbers, arms, level),
        *_hazards(item, numbers, protocol, arms, level),
    ]
    notes = [method_words(m, args[analysis, m]) for m in (RESPONSE, EARLY, LATE)]
    return Table(
        id=f"concordance-{item.evaluator}-{item.reference}",
        title=f"Agreement of {lower_first(first)} and {lower_first(second)}",
        population=population_name(protocol, item.population),
        stub="Agreement",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            *notes,
            f"Early: {lower_first(first)} dates progression earlier or alone, of all progressions "
            f"by {lower_first(first)}. Late: later or not at all, of all discrepancies of "
            "progression. Dates agree when they are the same day.",
            "N: patients whose reads are both accepted; a pending read is compared with nothing.",
        ),
    )


def _called(first: str, second: str) -> dict[str, str]:
    """Levels in words, with the evaluators by name."""
    one, two = first, lower_first(second)
    return {
        "First earlier": f"{one} earlier",
        "First later": f"{one} later",
        "First only": f"{one} only",
        "Second only": f"{second} only",
        "First with event, second censored": f"Event by {lower_first(one)}, censored by {two}",
        "First censored, second with event": f"Censored by {lower_first(one)}, event by {two}",
        "Neither": "Neither saw progression",
    }


def _responses(analysis: str, numbers: Numbers, arms: list[str], level: str) -> list[Row]:
    rows = [Row("Best overall response", heading=True, unit="n (%)")]
    for method, words in ((RESPONSE, "Same response"), (CONFIRMED, "Same confirmed response")):
        rows.append(Row(words, _cells(analysis, method, ("Same",), numbers, arms), 1))
        rows.append(_kappa("Kappa", analysis, method, numbers, arms, level))
    waiting = [numbers.find(analysis, RESPONSE, "n", arm, levels=("PENDING",)) for arm in arms]
    if any(number and number.value for number in waiting):
        rows.append(Row("Adjudication pending", tuple(number_cell(n) for n in waiting), 1))
    return rows


def _cells(
    analysis: str, method: str, levels: tuple[str, ...], numbers: Numbers, arms: list[str]
) -> tuple[Cell, ...]:
    return tuple(
        count_cell(
            *(numbers.find(analysis, method, stat, arm, levels=levels) for stat in ("n", "pct"))
        )
        for arm in arms
    )


def _kappa(
    words: str, analysis: str, method: str, numbers: Numbers, arms: list[str], level: str
) -> Row:
    found = [numbers.find(analysis, method, "kappa", arm) for arm in arms]
    return Row(words, tuple(estimate_cell(numbers, n) for n in found), 2, unit=level)


def _counts(
    analysis: str,
    method: str,
    variable: str,
    numbers: Numbers,
    arms: list[str],
    called: dict[str, str],
) -> Iterator[Row]:
    for levels in numbers.levels(analysis, method, variable):
        cells = _cells(analysis, method, levels, numbers, arms)
        yield Row(called.get(levels[-1], levels[-1]), cells, 1)


def _rates(
    analysis: str, numbers: Numbers, arms: list[str], level: str, protocol: Protocol
) -> Iterator[Row]:
    """Early and late rates with their exact intervals, and their differences from the control."""
    for method, words in ((EARLY, "Early discrepancy"), (LATE, "Late discrepancy")):
        shares = [numbers.find(analysis, method, "pct", arm) for arm in arms]
        cells = [_of(analysis, method, numbers, arm) for arm in arms]
        yield Row(words, tuple(cells), 1)
        ends = (numbers.interval(share) for share in shares)
        limits = (Cell((e[0], ", ", e[1])) if e else Cell((ABSENT,)) for e in ends)
        yield Row(f"{level}, %", tuple(limits), 2)
        if protocol.control is None:
            continue
        found = [numbers.find(analysis, f"{method}.difference", "rate_diff", arm) for arm in arms]
        yield Row(
            f"Difference from {protocol.control.short}, % points",
            tuple(estimate_cell(numbers, n) if n else Cell() for n in found),
            2,
            unit=level,
        )


def _of(analysis: str, method: str, numbers: Numbers, arm: str) -> Cell:
    found: list[Number | None] = [
        numbers.find(analysis, method, stat, arm) for stat in ("n", "N", "pct")
    ]
    if any(number is None for number in found):
        return Cell((ABSENT,))
    n, size, pct = (number for number in found if number)
    parts: tuple[Part, ...] = (n, "/", size)
    return Cell((*parts, " (", pct, "%)")) if pct.state == "ok" else Cell(parts)


def _hazards(
    item: Concordance, numbers: Numbers, protocol: Protocol, arms: list[str], level: str
) -> list[Row]:
    """The hazard ratio by each of the two, where the protocol analyses both."""
    endpoints = {endpoint.id: endpoint for endpoint in protocol.endpoints}
    rows = []
    for name in (item.evaluator, item.reference):
        for analysis in protocol.analyses:
            if not _is_progression(endpoints[analysis.endpoint], name):
                continue
            found = [numbers.find(analysis.id, "cox", "hr", arm) for arm in arms]
            if not any(found):
                continue
            kind = "stratified" if analysis.strata else "unstratified"
            cells = tuple(estimate_cell(numbers, n) if n else Cell() for n in found)
            label = f"By {lower_first(evaluator_name(protocol, name))}, {kind}"
            rows.append(Row(label, cells, 1, unit=level))
            break
    control = protocol.control
    heading = f"Hazard ratio against {control.short}" if control else "Hazard ratio"
    return [Row(heading, heading=True), *rows] if rows else []


def _is_progression(endpoint: Endpoint, evaluator: str) -> bool:
    return endpoint.kind == "pfs" and endpoint.evaluator == evaluator
