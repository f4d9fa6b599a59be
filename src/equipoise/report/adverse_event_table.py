# SPDX-License-Identifier: Apache-2.0
"""Adverse events: overview, and by organ class and term with the severe ones beside all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.report.adverse_event_order import (
    CLASSES,
    DIFFERENCE,
    METHOD,
    compared_arms,
    order_note,
    ordered_classes,
    ordered_terms,
)
from equipoise.report.numbers import Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import Cell, Column, Row, Table, count_cell, estimate_cell
from equipoise.report.words import EVENT_KINDS, population_name, sentence_case

TERMS = "AE.TERM"
CRITERION = "serious: "
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
    unknown = [levels[-1] for _, levels, _ in kinds if _unrecorded(numbers, levels)]
    for _, levels, _ in kinds:
        if levels[-1] in unknown:
            continue
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
        cells += differences(numbers, protocol, analysis, levels, method="rate-difference.kinds")
        depth = int(levels[-1].startswith(CRITERION))
        rows.append(Row(EVENT_KINDS.get(levels[-1], levels[-1]), tuple(cells), depth))
    return Table(
        id="ae-overview",
        title="Treatment-emergent adverse events: overview",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="n (%) [events]",
        columns=(*columns, *difference_columns(protocol)),
        rows=tuple(rows),
        footnotes=(*notes(protocol), *difference_notes(protocol), *_unrecorded_note(unknown)),
    )


def _unrecorded(numbers: Numbers, levels: tuple[str, ...]) -> bool:
    """Whether a criterion of seriousness is one that the data do not record."""
    found = [n for n in numbers.of("AE.OVERVIEW", "count.kinds") if n.levels == levels]
    known = any(n.state == "ok" for n in found if n.stat == "n")
    return levels[-1].startswith(CRITERION) and not known


def _unrecorded_note(unknown: list[str]) -> tuple[str, ...]:
    note = "Below serious its criteria, as recorded, also of events not marked serious"
    if not unknown:
        return (f"{note}.",)
    words = ", ".join(kind.removeprefix(CRITERION) for kind in unknown)
    return (f"{note}; not recorded, and left out: {words}.",)


def term_table(numbers: Numbers, protocol: Protocol) -> Table | None:
    """Every class and term, all grades and high grades side by side."""
    if not numbers.of(TERMS, METHOD):
        return None
    arms, columns, high = _term_columns(numbers, protocol)
    rows: list[Row] = []
    for body_system, terms in ordered_classes(numbers, protocol, TERMS):
        heading = _cells(numbers, CLASSES, None, (body_system,), arms)
        compared = differences(numbers, protocol, CLASSES, (body_system,))
        rows.append(Row(sentence_case(body_system), (*heading, *compared), heading=True))
        rows += [_term_row(numbers, protocol, high, levels, arms, depth=1) for levels in terms]
    return Table(
        id="ae-all",
        title="Treatment-emergent adverse events by organ class and term",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=_term_notes(protocol),
        folded=True,
    )


def common_table(numbers: Numbers, protocol: Protocol) -> Table | None:
    """Terms that reach the protocol's threshold in some arm, without their classes."""
    least = protocol.adverse_events.common_from_pct
    if not numbers.of(TERMS, METHOD):
        return None
    arms, columns, high = _term_columns(numbers, protocol)
    rows = [
        _term_row(numbers, protocol, high, levels, arms, depth=0)
        for levels in common_terms(numbers, protocol)
    ]
    return Table(
        id="ae-common",
        title=f"Common treatment-emergent adverse events: in at least {least:g}% of an arm",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=_term_notes(protocol),
    )


def _term_columns(
    numbers: Numbers, protocol: Protocol
) -> tuple[list[str], tuple[Column, ...], str]:
    """Arms, their columns of all and of high grades with the differences, and the high analysis."""
    arms, sizes = arm_columns(numbers, protocol, TERMS, METHOD, total=False)
    severe = protocol.adverse_events.grading == "severity"
    columns = tuple(
        Column(label, size=column.size if at == 0 else None, group=column.label)
        for column in sizes
        for at, label in enumerate(("All", "Severe") if severe else ("All grades", "Grade 3-4"))
    )
    high = "AE.TERM.SEVERE" if severe else "AE.TERM.GRADE34"
    return arms, (*columns, *difference_columns(protocol, grouped=True)), high


def _term_row(
    numbers: Numbers,
    protocol: Protocol,
    high: str,
    levels: tuple[str, ...],
    arms: list[str],
    *,
    depth: int,
) -> Row:
    cells = _cells(numbers, TERMS, high, levels, arms)
    compared = differences(numbers, protocol, TERMS, levels)
    return Row(sentence_case(levels[-1]), (*cells, *compared), depth)


def _term_notes(protocol: Protocol) -> tuple[str, ...]:
    return (
        *notes(protocol),
        *difference_notes(protocol),
        *order_note(protocol),
        "–: no patient in any arm.",
    )


def difference_columns(protocol: Protocol, *, grouped: bool = False) -> list[Column]:
    """A column per arm that is compared with the control."""
    several = len(compared_arms(protocol)) > 1
    return [
        Column(
            f"{arm.short}, {POINTS}" if several else POINTS,
            group="Difference",
        )
        if grouped
        else Column(f"Difference{f', {arm.short}' if several else ''}, {POINTS}")
        for arm in compared_arms(protocol)
    ]


def differences(
    numbers: Numbers,
    protocol: Protocol,
    analysis: str,
    levels: tuple[str, ...],
    *,
    method: str = DIFFERENCE,
) -> list[Cell]:
    """The difference of each arm from the control, with its interval."""
    return [
        estimate_cell(numbers, numbers.find(analysis, method, "rate_diff", arm.id, levels=levels))
        for arm in compared_arms(protocol)
    ]


def difference_notes(protocol: Protocol) -> tuple[str, ...]:
    """What the differences are of."""
    control = protocol.control
    if control is None:
        return ()
    return (
        f"Difference: percentage minus that of {control.short}, all grades; Miettinen-Nurminen "
        "intervals, without strata, not adjusted for multiplicity.",
    )


def common_terms(numbers: Numbers, protocol: Protocol) -> list[tuple[str, ...]]:
    """Terms that reach the protocol's threshold in some arm, in the order of the rows."""
    least = protocol.adverse_events.common_from_pct
    arms = [arm.id for arm in protocol.arms]
    return [
        levels
        for levels in ordered_terms(numbers, protocol, TERMS)
        if _reaches(numbers, levels, arms, least)
    ]


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
