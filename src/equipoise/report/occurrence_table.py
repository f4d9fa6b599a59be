# SPDX-License-Identifier: Apache-2.0
"""Anticancer therapy before and after the reference day, and deviations, by kind and name."""

from __future__ import annotations

from equipoise.protocol.model import Protocol
from equipoise.report.numbers import Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import Row, Table, count_cell
from equipoise.report.words import population_name, sentence_case

ANY_THERAPY = "Any anticancer therapy"
# Analysis, method, id and title of each table, and its first row.
TABLES = (
    ("DEVIATIONS", "deviations", "deviations", "Protocol deviations", "Any deviation"),
    ("THERAPY.PRIOR", "therapy", "therapy-prior", "Prior anticancer therapy", ANY_THERAPY),
    (
        "THERAPY.SUBSEQUENT",
        "therapy",
        "therapy-subsequent",
        "Subsequent anticancer therapy",
        ANY_THERAPY,
    ),
)
KINDS = {
    "MEDICATION": "Medication",
    "PROCEDURE": "Procedure",
}


def occurrence_tables(numbers: Numbers, protocol: Protocol) -> list[Table]:
    """The tables whose therapy the data record; none where they record none."""
    return [
        _table((analysis, method), name, title, first, numbers, protocol)
        for analysis, method, name, title, first in TABLES
        if numbers.of(analysis, method)
    ]


def _table(
    source: tuple[str, str],
    name: str,
    title: str,
    first: str,
    numbers: Numbers,
    protocol: Protocol,
) -> Table:
    arms, columns = arm_columns(numbers, protocol, *source, total=True)
    found = {n.levels: n.orders for n in numbers.of(*source) if n.levels}
    rows = []
    for levels in sorted(found, key=lambda levels: (found[levels], levels)):
        words = first if levels[0] == "ANY" else KINDS.get(levels[-1], sentence_case(levels[-1]))
        cells = tuple(
            count_cell(
                numbers.find(*source, "n", arm, levels=levels),
                numbers.find(*source, "pct", arm, levels=levels),
            )
            for arm in arms
        )
        rows.append(Row(words, cells, 0 if levels[0] == "ANY" else len(levels)))
    note = "Records of protocol deviations. A patient counts once in each row."
    day = "randomisation" if protocol.randomisation else "the first dose"
    side = f"up to the day of {day}" if name.endswith("prior") else f"after the day of {day}"
    if source[1] == "therapy":
        note = (
            f"Records that the protocol names as anticancer therapy, begun {side}; a partial date "
            "counts as its first day. A patient counts once in each row."
        )
    return Table(
        id=name,
        title=title,
        population=population_name(protocol, protocol.analyses[0].population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=(note,),
    )
