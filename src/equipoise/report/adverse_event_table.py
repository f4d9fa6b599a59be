# SPDX-License-Identifier: Apache-2.0
"""Adverse events: overview, and by organ class and term with the severe ones beside all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.protocol.model import Arm, Protocol
from equipoise.report.numbers import Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import Cell, Column, Row, Table, count_cell, estimate_cell
from equipoise.report.words import EVENT_KINDS, population_name, sentence_case

CLASSES, TERMS = "AE.SOC", "AE.TERM"
METHOD = "count.terms"
POINTS = "% points (95%\N{NO-BREAK SPACE}CI)"


def overview_table(numbers: Numbers, protocol: Protocol) -> Table | None:
    """Patients with at least one adverse event of each kind, and how many events."""
    analysis, method = "AE.OVERVIEW", "count.kinds"
    kinds = sorted(
        {(n.orders, n.levels, n.variables) for n in numbers.of(analysis, method) if n.levels}
    )
    if not kinds:
        return None
    arms, columns = arm_columns(numbers, protocol, analysis, method, total=True)
    rows = []
    for _, levels, _ in kinds:
        cells = []
        for arm in arms:
            found = {
                stat: numbers.find(analysis, method, stat, arm, levels=levels)
                for stat in ("n", "pct", "n_events")
            }
            events = found["n_events"]
            count = count_cell(found["n"], found["pct"])
            shown = events and events.value
            cells.append(Cell((*count.parts, " [", events, "]")) if events and shown else count)
        cells += _differences(numbers, protocol, analysis, "rate-difference.kinds", levels)
        rows.append(Row(EVENT_KINDS.get(levels[-1], levels[-1]), tuple(cells)))
    return Table(
        id="ae-overview",
        title="Treatment-emergent adverse events: overview",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="n (%) [events]",
        columns=(*columns, *_difference_columns(protocol)),
        rows=tuple(rows),
        footnotes=(*notes(protocol), *_difference_notes(protocol)),
    )


def term_table(numbers: Numbers, protocol: Protocol, *, common: bool) -> Table | None:
    """Events by class and term, most frequent first, all grades and high grades side by side.

    Parameters    common : only terms that reach the protocol's threshold in some arm
    """
    events = protocol.adverse_events
    arms, sizes = arm_columns(numbers, protocol, TERMS, METHOD, total=False)
    if not numbers.of(TERMS, METHOD):
        return None
    severe = events.grading == "severity"
    high = "AE.TERM.SEVERE" if severe else "AE.TERM.GRADE34"
    columns = tuple(
        Column(label, size=column.size if at == 0 else None, group=column.label)
        for column in sizes
        for at, label in enumerate(("All", "Severe") if severe else ("All grades", "Grade 3-4"))
    )
    rows: list[Row] = []
    for (body_system,) in numbers.levels(CLASSES, METHOD, "AEBODSYS"):
        terms = [
            levels
            for levels in numbers.levels(TERMS, METHOD, "AEDECOD")
            if levels[0] == body_system
            and (not common or _reaches(numbers, levels, arms, events.common_from_pct))
        ]
        if not terms:
            continue
        heading = _cells(numbers, CLASSES, None, (body_system,), arms)
        rows.append(Row(sentence_case(body_system), heading, heading=True))
        for levels in terms:
            cells = _cells(numbers, TERMS, high, levels, arms)
            compared = _differences(numbers, protocol, TERMS, "rate-difference.terms", levels)
            rows.append(Row(sentence_case(levels[-1]), (*cells, *compared), 1))
    what = f"in at least {events.common_from_pct:g}% of an arm" if common else "all terms"
    return Table(
        id="ae-common" if common else "ae-all",
        title=f"Treatment-emergent adverse events by organ class and term, {what}",
        population=population_name(protocol, events.population),
        stub="n (%)",
        columns=(*columns, *_difference_columns(protocol, grouped=True)),
        rows=tuple(rows),
        footnotes=(
            *notes(protocol),
            *_difference_notes(protocol),
            "–: no patient in any arm.",
        ),
        folded=not common,
    )


def _compared(protocol: Protocol) -> list[Arm]:
    """The arms that are compared with the control."""
    control = protocol.control
    return [arm for arm in protocol.arms if control and arm.id != control.id]


def _difference_columns(protocol: Protocol, *, grouped: bool = False) -> list[Column]:
    several = len(_compared(protocol)) > 1
    return [
        Column(
            f"{arm.short}, {POINTS}" if several else POINTS,
            group="Difference",
        )
        if grouped
        else Column(f"Difference{f', {arm.short}' if several else ''}, {POINTS}")
        for arm in _compared(protocol)
    ]


def _differences(
    numbers: Numbers, protocol: Protocol, analysis: str, method: str, levels: tuple[str, ...]
) -> list[Cell]:
    return [
        estimate_cell(numbers, numbers.find(analysis, method, "rate_diff", arm.id, levels=levels))
        for arm in _compared(protocol)
    ]


def _difference_notes(protocol: Protocol) -> tuple[str, ...]:
    control = protocol.control
    if control is None:
        return ()
    return (
        f"Difference: percentage less that of {control.short}, all grades; Miettinen-Nurminen "
        "intervals, without strata, not adjusted for multiplicity.",
    )


def _reaches(numbers: Numbers, levels: tuple[str, ...], arms: list[str], least: float) -> bool:
    found = [numbers.find(TERMS, METHOD, "pct", arm, levels=levels) for arm in arms]
    return any(pct is not None and (pct.value or 0.0) >= least for pct in found)


def _cells(
    numbers: Numbers, analysis: str, high: str | None, levels: tuple[str, ...], arms: list[str]
) -> tuple[Cell, ...]:
    """All and high grades of each arm; a term that nobody had at high grade has a dash there."""
    cells = []
    for arm in arms:
        for source in (analysis, high):
            found = [
                numbers.find(source, METHOD, stat, arm, levels=levels) if source else None
                for stat in ("n", "pct")
            ]
            cells.append(count_cell(*found) if source else Cell())
    return tuple(cells)


def notes(protocol: Protocol) -> tuple[str, ...]:
    """What counts as treatment-emergent, how it is graded and coded."""
    events: Any = protocol.adverse_events
    grading = "CTCAE grades" if events.grading == "CTCAE" else "severity as recorded"
    coding: Mapping[bool, tuple[str, ...]] = {
        True: (f"Coding: {events.dictionary}.",),
        False: (),
    }
    return (
        "Treatment-emergent: begun or worsened from the first dose until "
        f"{events.emergent_days_after_last_dose} days after the last. "
        f"A patient counts once in each row. Grading: {grading}.",
        *coding[bool(events.dictionary)],
    )
