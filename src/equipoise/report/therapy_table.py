# SPDX-License-Identifier: Apache-2.0
"""Anticancer therapy before the trial's reference day and after it, by kind and name."""

from __future__ import annotations

from equipoise.protocol.model import Protocol
from equipoise.report.numbers import Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import Row, Table, count_cell
from equipoise.report.words import population_name, sentence_case

METHOD = "therapy"
TABLES = {
    "THERAPY.PRIOR": ("therapy-prior", "Prior anticancer therapy"),
    "THERAPY.SUBSEQUENT": ("therapy-subsequent", "Subsequent anticancer therapy"),
}
KINDS = {
    "ANY": "Any anticancer therapy",
    "MEDICATION": "Medication",
    "PROCEDURE": "Procedure",
}


def therapy_tables(numbers: Numbers, protocol: Protocol) -> list[Table]:
    """The tables whose therapy the data record; none where they record none."""
    return [
        _table(analysis, name, title, numbers, protocol)
        for analysis, (name, title) in TABLES.items()
        if numbers.of(analysis, METHOD)
    ]


def _table(analysis: str, name: str, title: str, numbers: Numbers, protocol: Protocol) -> Table:
    arms, columns = arm_columns(numbers, protocol, analysis, METHOD, total=True)
    found = {n.levels: n.orders for n in numbers.of(analysis, METHOD) if n.levels}
    rows = []
    for levels in sorted(found, key=lambda levels: (found[levels], levels)):
        words = KINDS.get(levels[0], levels[0]) if len(levels) == 1 else sentence_case(levels[1])
        cells = tuple(
            count_cell(
                numbers.find(analysis, METHOD, "n", arm, levels=levels),
                numbers.find(analysis, METHOD, "pct", arm, levels=levels),
            )
            for arm in arms
        )
        rows.append(Row(words, cells, 0 if levels[0] == "ANY" else len(levels)))
    day = "randomisation" if protocol.randomisation else "the first dose"
    side = f"up to the day of {day}" if name.endswith("prior") else f"after the day of {day}"
    return Table(
        id=name,
        title=title,
        population=population_name(protocol, protocol.analyses[0].population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            f"Records that the protocol names as anticancer therapy, begun {side}; a partial date "
            "counts as its first day. A patient counts once in each row.",
        ),
    )
