# SPDX-License-Identifier: Apache-2.0
"""Adverse events in more detail: by worst grade, and the related, serious and stopping ones."""

from __future__ import annotations

from dataclasses import dataclass

from equipoise.protocol.model import Protocol
from equipoise.report.adverse_event_order import METHOD, order_note, ordered_classes
from equipoise.report.adverse_event_table import (
    TERMS,
    difference_columns,
    difference_notes,
    differences,
    notes,
)
from equipoise.report.numbers import Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import Cell, Column, Row, Table, count_cell
from equipoise.report.words import population_name, sentence_case

GRADE, GRADES = "AE.GRADE", "count.grades"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event: its analysis, its row in the overview, its title."""

    analysis: str
    overview: str
    id: str
    title: str


KINDS = (
    Kind("AE.TERM.RELATED", "related", "ae-related", "related to study treatment"),
    Kind("AE.TERM.SERIOUS", "serious", "ae-serious", "serious"),
    Kind(
        "AE.TERM.DISCONTINUATION",
        "leading to discontinuation",
        "ae-discontinuation",
        "leading to discontinuation of treatment",
    ),
    Kind(
        "AE.TERM.MODIFICATION",
        "leading to dose modification",
        "ae-modification",
        "leading to a reduced or paused dose",
    ),
)


def kind_tables(numbers: Numbers, protocol: Protocol) -> list[Table]:
    """One table per kind of event: the overview's number first, then class and term."""
    return [_kind_table(kind, numbers, protocol) for kind in KINDS if _known(kind, numbers)]


def _known(kind: Kind, numbers: Numbers) -> bool:
    """Whether the data record the kind at all."""
    found = [n for n in numbers.of("AE.OVERVIEW", "count.kinds") if n.levels == (kind.overview,)]
    return bool(found) and all(n.state == "ok" for n in found if n.stat == "n")


def _kind_table(kind: Kind, numbers: Numbers, protocol: Protocol) -> Table:
    arms, columns = arm_columns(numbers, protocol, kind.analysis, METHOD, total=True)

    def cells(analysis: str, method: str, levels: tuple[str, ...]) -> tuple[Cell, ...]:
        return tuple(
            count_cell(
                numbers.find(analysis, method, "n", arm, levels=levels),
                numbers.find(analysis, method, "pct", arm, levels=levels),
            )
            for arm in arms
        )

    compared = differences(
        numbers, protocol, "AE.OVERVIEW", (kind.overview,), method="rate-difference.kinds"
    )
    overview = cells("AE.OVERVIEW", "count.kinds", (kind.overview,))
    rows = [Row("Any such event", (*overview, *compared))]
    for body_system, terms in ordered_classes(numbers, protocol, kind.analysis):
        rows.append(Row(sentence_case(body_system), heading=True))
        for levels in terms:
            row = cells(kind.analysis, METHOD, levels)
            beside = differences(numbers, protocol, kind.analysis, levels)
            rows.append(Row(sentence_case(levels[-1]), (*row, *beside), 1))
    return Table(
        id=kind.id,
        title=f"Treatment-emergent adverse events: {kind.title}",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="n (%)",
        columns=(*columns, *difference_columns(protocol)),
        rows=tuple(rows),
        footnotes=(*notes(protocol), *difference_notes(protocol), *order_note(protocol)),
        folded=True,
    )


def grade_table(numbers: Numbers, protocol: Protocol) -> Table | None:
    """Each term by the worst grade that a patient had of it; the bands sum to the first column."""
    arms, sizes = arm_columns(numbers, protocol, GRADE, GRADES, total=False)
    bands = _bands(numbers)
    if not bands:
        return None
    columns = tuple(
        Column(label, size=column.size if at == 0 else None, group=column.label)
        for column in sizes
        for at, label in enumerate(("Any", *bands))
    )

    def cells(whole: tuple[str, str, tuple[str, ...]], levels: tuple[str, ...]) -> tuple[Cell, ...]:
        made = []
        for arm in arms:
            sources = [whole, *((GRADE, GRADES, (*levels, band)) for band in bands)]
            for analysis, method, key in sources:
                n, pct = (
                    numbers.find(analysis, method, stat, arm, levels=key) for stat in ("n", "pct")
                )
                made.append(count_cell(n, pct))
        return tuple(made)

    rows = [Row("Any event", cells(("AE.OVERVIEW", "count.kinds", ("any",)), ()))]
    for body_system, terms in ordered_classes(numbers, protocol, TERMS):
        rows.append(Row(sentence_case(body_system), heading=True))
        rows += [
            Row(sentence_case(levels[-1]), cells((TERMS, METHOD, levels), levels), 1)
            for levels in terms
        ]
    severe = protocol.adverse_events.grading == "severity"
    return Table(
        id="ae-grades",
        title=f"Treatment-emergent adverse events by worst {'severity' if severe else 'grade'}",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            *notes(protocol),
            *order_note(protocol),
            "Each patient stands once in a row, under the worst that they had of it.",
        ),
        folded=True,
    )


def _bands(numbers: Numbers) -> list[str]:
    """The bands of worst grade in printing order, mildest first."""
    found = {
        n.levels[-1]: n.orders[-1]
        for n in numbers.of(GRADE, GRADES)
        if n.variables and n.variables[-1] == "WORST"
    }
    return sorted(found, key=lambda band: found[band])
