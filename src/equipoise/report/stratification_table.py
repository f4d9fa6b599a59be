# SPDX-License-Identifier: Apache-2.0
"""Stratification factors: as used for randomisation, as recorded, and how many differ."""

from __future__ import annotations

from equipoise.protocol.model import Protocol
from equipoise.report.numbers import Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import Row, Table, count_cell
from equipoise.report.words import level_words, population_name, variable_labels

ANALYSIS, METHOD = "STRATIFICATION", "stratification"
SOURCES = {"RANDOMISED": "as randomised", "RECORDED": "as recorded"}


def stratification_table(numbers: Numbers, protocol: Protocol) -> Table | None:
    """One block per factor; None where the data do not say what was used to randomise."""
    found = {n.levels: n.orders for n in numbers.of(ANALYSIS, METHOD) if n.levels}
    if not found:
        return None
    arms, columns = arm_columns(numbers, protocol, ANALYSIS, METHOD, total=True)
    labels = variable_labels(protocol)
    rows: list[Row] = []
    heading = ""
    for levels in sorted(found, key=lambda levels: (found[levels], levels)):
        variable, source, *level = levels
        if variable != heading:
            rows.append(Row(labels.get(variable, variable), heading=True))
            heading = variable
        words = (
            f"{level_words(variable, level[0])}, {SOURCES[source]}"
            if level
            else "Recorded otherwise than randomised"
        )
        cells = tuple(
            count_cell(
                numbers.find(ANALYSIS, METHOD, "n", arm, levels=levels),
                numbers.find(ANALYSIS, METHOD, "pct", arm, levels=levels),
            )
            for arm in arms
        )
        rows.append(Row(words, cells, 1))
    return Table(
        id="stratification",
        title="Stratification factors as randomised and as recorded",
        population=population_name(protocol, protocol.analyses[0].population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            "As randomised: STRAT1R and so on, what the randomisation system was told. Stratified "
            "analyses use the factors as recorded.",
        ),
    )
