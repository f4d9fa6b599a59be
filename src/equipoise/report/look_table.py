# SPDX-License-Identifier: Apache-2.0
"""The looks of a group-sequential trial side by side: reached, bound, statistic, decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.protocol.model import Analysis, Protocol
from equipoise.report.footnotes import method_words
from equipoise.report.numbers import Number, Numbers
from equipoise.report.table import Cell, Column, Row, Table, estimate_cell, number_cell
from equipoise.report.words import population_name

LOOKS = "group-sequential"

# Label, stat, unit; a heading has no stat. A row that no look fills is left out.
_ROWS = (
    ("Information", "", None),
    ("Data cut-off, months since the first randomisation", "look_month", None),
    ("Events planned", "look_events_planned", None),
    ("Events reached", "look_events", None),
    ("Share of the events planned for the last look", "look_fraction", "%"),
    ("Efficacy bound", "", None),
    ("Z as planned", "bound_z_planned", None),
    ("Z at the events reached", "bound_z", None),
    ("The same as a one-sided p-value", "bound_p", None),
    ("The same as a hazard ratio", "bound_hr", None),
    ("One-sided alpha spent", "alpha_spent", None),
    ("Futility bound", "", None),
    ("Z as planned", "futility_z_planned", None),
    ("Z at the events reached", "futility_z", None),
    ("Observed", "", None),
    ("Z, positive in favour of the experimental arm", "look_z", None),
    ("One-sided p-value of this look alone", "look_p", None),
    ("Log-rank hazard ratio", "look_hr", "repeated CI"),
    ("Decision by the bounds", "decision", None),
    ("Chance of success at the looks to come", "", None),
    ("Conditional power at the trend so far", "power_trend", "%"),
    ("Conditional power at the effect of the plan", "power_design", "%"),
    ("Predictive power", "power_predictive", "%"),
    ("Adjusted for the looks", "", None),
    ("Median-unbiased hazard ratio", "hr_adjusted", "CI"),
    ("One-sided p-value", "p_adjusted", None),
)


def held_looks(analysis: Analysis, numbers: Numbers) -> list[tuple[str, ...]]:
    """The looks of the plan in order, held or not."""
    return list(numbers.levels(analysis.id, LOOKS, "LOOK"))


def look_number(
    analysis: Analysis, numbers: Numbers, protocol: Protocol, stat: str, look: tuple[str, ...]
) -> Number | None:
    """One number of one look."""
    arm = next(a.id for a in protocol.arms if protocol.control and a.id != protocol.control.id)
    return numbers.find(analysis.id, LOOKS, stat, arm, levels=look)


def look_table(
    analysis: Analysis,
    numbers: Numbers,
    protocol: Protocol,
    args: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Table | None:
    """One column per look of the plan; None where the data are not those of a look."""
    looks = held_looks(analysis, numbers)
    if not looks:
        return None
    rows: list[Row] = []
    for label, stat, unit in _ROWS:
        if not stat:
            rows.append(Row(label, heading=True))
            continue
        found = [look_number(analysis, numbers, protocol, stat, look) for look in looks]
        if not any(found):
            continue
        cells = tuple(_cell(numbers, number) for number in found)
        rows.append(Row(label, cells, depth=1, unit=_unit(unit, numbers, found)))
    return Table(
        id=f"looks-{analysis.id}",
        title=f"Looks and bounds: {analysis.label}",
        population=population_name(protocol, analysis.population),
        stub="",
        columns=tuple(Column(_heading(analysis, numbers, protocol, look)) for look in looks),
        rows=tuple(_filled(rows)),
        footnotes=(
            method_words(LOOKS, args[analysis.id, LOOKS]),
            "The bound of a look is computed at the events it reached and never changed afterwards."
            " –: the look is still to come, or the number does not apply to it.",
        ),
    )


def _cell(numbers: Numbers, number: Number | None) -> Cell:
    return estimate_cell(numbers, number) if number else number_cell(None)


def _unit(unit: str | None, numbers: Numbers, found: list[Number | None]) -> str | None:
    """The level of an interval stands with its limits."""
    limits = next((pair for n in found if (pair := numbers.interval(n))), None)
    if unit is None or not unit.endswith("CI") or limits is None:
        return unit
    return f"{100 * (limits[0].ci_level or 0):g}% {unit}"


def _filled(rows: list[Row]) -> list[Row]:
    """Headings without a row below them go."""
    following = [*rows[1:], Row("", heading=True)]
    return [
        row
        for row, after in zip(rows, following, strict=True)
        if not (row.heading and after.heading)
    ]


def _heading(
    analysis: Analysis, numbers: Numbers, protocol: Protocol, look: tuple[str, ...]
) -> str:
    month = look_number(analysis, numbers, protocol, "look_month", look)
    return f"{look[0]}, {month.value_text}" if month else f"{look[0]}, to come"
