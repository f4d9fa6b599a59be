# SPDX-License-Identifier: Apache-2.0
"""Adverse events of special interest: counts, rates by exposure and day of onset by group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.report.adverse_event_table import (
    difference_columns,
    difference_notes,
    differences,
    notes,
)
from equipoise.report.footnotes import method_words
from equipoise.report.numbers import Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import Cell, Row, Table, count_cell, estimate_cell, with_spread
from equipoise.report.words import population_name, upper_first

ANALYSIS, COUNT, RATE = "AE.INTEREST", "count.kinds", "event-rate.kinds"
ONSET = "Days to the first event"


def special_interest_table(
    numbers: Numbers, protocol: Protocol, args: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Table | None:
    """One block per group that the protocol names; None where it names none, or none is coded."""
    known = {n.levels[-1] for n in numbers.of(ANALYSIS, COUNT) if n.levels and n.state == "ok"}
    groups = protocol.adverse_events.special_interest
    if not groups or not known:
        return None
    arms, columns = arm_columns(numbers, protocol, ANALYSIS, COUNT, total=True)
    blank = (Cell(),) * len(difference_columns(protocol))
    rows: list[Row] = []
    for group in groups:
        rows.append(Row(group.label, heading=True))
        kinds = [kind for kind in _kinds(numbers, group.label) if kind in known]
        rows += [_count_row(numbers, protocol, arms, group.label, kind) for kind in kinds]
        rate = tuple(
            estimate_cell(
                numbers, numbers.find(ANALYSIS, RATE, "rate_py", arm, levels=(group.label,))
            )
            for arm in arms
        )
        days = tuple(
            with_spread(
                *(
                    numbers.find(ANALYSIS, RATE, stat, arm, levels=(group.label, ONSET))
                    for stat in ("median", "min", "max")
                )
            )
            for arm in arms
        )
        level = f"{100 * args[ANALYSIS, RATE]['conf_level']:g}% CI"
        rows.append(Row("Patients per 100 person-years", (*rate, *blank), 1, unit=level))
        rows.append(Row("Day of the first event, median (min, max)", (*days, *blank), 1))
    named = "; ".join(f"{g.label}: {', '.join(g.terms).lower()}" for g in groups)
    return Table(
        id="ae-interest",
        title="Treatment-emergent adverse events of special interest",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="n (%) [events]",
        columns=(*columns, *difference_columns(protocol)),
        rows=tuple(rows),
        footnotes=(
            f"Groups and their terms, as the protocol names them: {named}.",
            "At risk: from the first dose to the first event; without one to the end of the window "
            "after the last dose, death or the last day known alive.",
            method_words(RATE, args[ANALYSIS, RATE]),
            *notes(protocol),
            *difference_notes(protocol),
        ),
    )


def _kinds(numbers: Numbers, label: str) -> list[str]:
    """The group as a whole, and its parts, in printing order."""
    found = {
        n.levels[-1]: n.orders[-1]
        for n in numbers.of(ANALYSIS, COUNT)
        if n.levels and (n.levels[-1] == label or n.levels[-1].startswith(f"{label}: "))
    }
    return sorted(found, key=lambda kind: found[kind])


def _count_row(numbers: Numbers, protocol: Protocol, arms: list[str], label: str, kind: str) -> Row:
    cells = []
    for arm in arms:
        n, pct, events = (
            numbers.find(ANALYSIS, COUNT, stat, arm, levels=(kind,))
            for stat in ("n", "pct", "n_events")
        )
        count = count_cell(n, pct)
        shown = events and events.value
        cells.append(Cell((*count.parts, " [", events, "]")) if events and shown else count)
    compared = differences(numbers, protocol, ANALYSIS, (kind,), method="rate-difference.kinds")
    words = "Any" if kind == label else upper_first(kind.removeprefix(f"{label}: "))
    return Row(words, (*cells, *compared), 1)
