# SPDX-License-Identifier: Apache-2.0
"""The numbers of the forest figure as a table: who, events, median, hazard ratio, interaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.protocol.model import Analysis, Arm, Protocol
from equipoise.report.footnotes import method_words
from equipoise.report.forest_lines import RATIO, TEST, Line, forest_lines
from equipoise.report.numbers import Number, Numbers
from equipoise.report.table import (
    ABSENT,
    Cell,
    Column,
    Row,
    Table,
    estimate_cell,
    number_cell,
)
from equipoise.report.words import population_name


def subgroup_tables(
    analysis: Analysis,
    numbers: Numbers,
    protocol: Protocol,
    args: Mapping[tuple[str, str], Mapping[str, Any]],
) -> list[Table]:
    """One table per experimental arm; none where the analysis has no subgroups."""
    control = protocol.control
    if control is None or not numbers.of(analysis.id, RATIO):
        return []
    return [
        _table(analysis, (arm, control), numbers, protocol, args)
        for arm in protocol.arms
        if arm.id != control.id
    ]


def _table(
    analysis: Analysis,
    arms: tuple[Arm, Arm],
    numbers: Numbers,
    protocol: Protocol,
    args: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Table:
    arm, control = arms
    level = f"{100 * analysis.conf_level:g}% CI"
    columns = [
        Column(label, group=item.short)
        for item in (arm, control)
        for label in ("Events / N", f"Median, months ({level})")
    ]
    columns += [Column(f"Hazard ratio ({level})", group="Compared"), Column("p", group="Compared")]
    lines = forest_lines(analysis, arm.id, numbers, protocol)
    notes = []
    for method in (RATIO, TEST):
        own = {k: v for k, v in args[analysis.id, method].items() if k not in ("levels", "strata")}
        notes.append(method_words(method, own))
    kind = "stratified, " if analysis.strata else ""
    return Table(
        id=f"subgroups-{analysis.id}-{arm.id}",
        title=f"Subgroups: {analysis.label}",
        population=population_name(protocol, analysis.population),
        stub="Subgroup",
        columns=tuple(columns),
        rows=tuple(_row(line, numbers, len(columns)) for line in lines),
        footnotes=(
            f"All patients: {kind}as the planned analysis; subgroups: unstratified. p: interaction "
            "of arm and factor; there is no test within a subgroup.",
            *notes,
            "NR: not reached. NE: not estimable.",
        ),
        folded=True,
    )


def _row(line: Line, numbers: Numbers, width: int) -> Row:
    if not line.arms:
        blank = (Cell(),) * (width - 1)
        return Row(line.label, (*blank, number_cell(line.test)), heading=True)
    cells: list[Cell] = []
    for events, size, median in line.arms:
        cells += [_pair(events, size), estimate_cell(numbers, median)]
    return Row(line.label, (*cells, estimate_cell(numbers, line.hazard)), line.depth)


def _pair(events: Number | None, size: Number | None) -> Cell:
    return Cell((events or ABSENT, " / ", size or ABSENT))
