# SPDX-License-Identifier: Apache-2.0
"""Deaths by time since the last dose and by cause."""

from __future__ import annotations

from equipoise.protocol.model import Protocol
from equipoise.report.numbers import Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import Row, Table, count_cell
from equipoise.report.words import population_name, sentence_case

ANALYSIS, METHOD = "DEATHS", "deaths"


def deaths_table(numbers: Numbers, protocol: Protocol) -> Table | None:
    """Every death, then those soon after and long after the last dose, each with its causes."""
    if not numbers.of(ANALYSIS, METHOD):
        return None
    arms, columns = arm_columns(numbers, protocol, ANALYSIS, METHOD, total=True)
    rows: list[Row] = []
    for when in numbers.levels(ANALYSIS, METHOD, "DEATH"):
        causes = [
            levels
            for levels in numbers.levels(ANALYSIS, METHOD, "DTHCAUS")
            if levels[: len(when)] == when
        ]
        for levels in (when, *causes):
            cells = tuple(
                count_cell(
                    numbers.find(ANALYSIS, METHOD, "n", arm, levels=levels),
                    numbers.find(ANALYSIS, METHOD, "pct", arm, levels=levels),
                )
                for arm in arms
            )
            rows.append(Row(sentence_case(levels[-1]), cells, depth=len(levels) - 1))
    stated = any(n.levels[1:] == ("Adverse event",) for n in numbers.of(ANALYSIS, METHOD))
    note = "Adverse event: a death of which an adverse event is recorded as the outcome."
    return Table(
        id="deaths",
        title="Deaths",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            "Percentages of all patients of the column; every death up to the data cut-off.",
            *((note,) if stated else ()),
        ),
    )
