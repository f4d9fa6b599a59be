# SPDX-License-Identifier: Apache-2.0
"""Liver tests: patients by the peaks after the first dose, the quadrants of an eDISH plot."""

from __future__ import annotations

from equipoise.protocol.model import Protocol
from equipoise.report.numbers import Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import Row, Table, count_cell
from equipoise.report.words import population_name

ANALYSIS, METHOD = "LAB.LIVER", "liver-tests"


def liver_table(numbers: Numbers, protocol: Protocol) -> Table | None:
    """One row per limit; None where the two tests were not done with limits of normal."""
    found = numbers.levels(ANALYSIS, METHOD, "LIVER")
    if not found:
        return None
    arms, columns = arm_columns(numbers, protocol, ANALYSIS, METHOD, total=True)
    rows = [
        Row(
            levels[-1],
            tuple(
                count_cell(
                    numbers.find(ANALYSIS, METHOD, "n", arm, levels=levels),
                    numbers.find(ANALYSIS, METHOD, "pct", arm, levels=levels),
                )
                for arm in arms
            ),
        )
        for levels in found
    ]
    return Table(
        id="liver-tests",
        title="Liver tests: peaks after the first dose against the upper limit of normal",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            "N: patients with a result of ALT or AST and of bilirubin, each with its limit, after "
            "the first dose. The peaks of one row need not be of one day.",
            "The last row is the right upper quadrant of an eDISH plot; alkaline phosphatase and "
            "other causes are not looked at.",
        ),
    )
