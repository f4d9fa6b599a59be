# SPDX-License-Identifier: Apache-2.0
"""The appendix of a print: under every display the ids of the results that stand in its places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from equipoise.report.display_table import named_displays, places
from equipoise.report.figures import Figure
from equipoise.report.numbers import Number
from equipoise.report.print.grid import plain
from equipoise.report.sections import Block, Section
from equipoise.report.summary import Card
from equipoise.report.table import ABSENT, Part, Rounded, Table

KINDS = {"card": "Key results", "paragraph": "Abstract", "table": "Table"}


def result_ids(cards: Iterable[Card], sections: Iterable[Section]) -> list[dict[str, Any]]:
    """Every display that prints a result, in reading order.

    Returns       per display: output_id, heading, columns, and lines of row, label and cells; a
                  cell holds the ids in the order in which its numbers are printed, a place without
                  a result a dash. The same ids stand in the table display_cell.
    """
    found = []
    for name, section, block in named_displays(cards, sections):
        lines = _table_lines(block) if isinstance(block, Table) else _lines(block)
        if any(line["ids"] for line in lines):
            found.append(
                {
                    "output_id": plain(name),
                    "heading": plain(_heading(block, section)),
                    "columns": [plain(text) for text in _columns(block)],
                    "lines": [
                        {"label": plain(line["label"]), "cells": line["cells"]}
                        for line in lines
                        if line["ids"]
                    ],
                }
            )
    return found


def _heading(block: Block | Card, section: str) -> str:
    number = getattr(block, "number", 0)
    if isinstance(block, Card):
        return f"Key results: {block.title}"
    kind = KINDS.get(block.kind, "Figure")
    return f"{kind} {number}. {block.title}" if number else f"{section}"


def _columns(block: Block | Card) -> list[str]:
    if not isinstance(block, Table) or len(block.columns) == 1:
        return []
    return [", ".join(part for part in (c.group, c.label) if part) for c in block.columns]


def _table_lines(table: Table) -> list[dict[str, Any]]:
    """A line per row, the sizes of the columns first; a cell per column."""
    sizes: list[tuple[str, list[Sequence[Part]]]] = [
        ("N", [(c.size,) if c.size else () for c in table.columns])
    ]
    width = len(table.columns)
    rows = [
        (row.label, [*(cell.parts for cell in row.cells), *[()] * (width - len(row.cells))])
        for row in table.rows
    ]
    return [
        {"label": label, "cells": [_ids(p) or ABSENT for p in cells], "ids": any(map(_ids, cells))}
        for label, cells in sizes + rows
    ]


def _lines(block: Block | Card) -> list[dict[str, Any]]:
    """A line per label of a figure, sentence or card; of a figure's drawings the first counts."""
    found = [p for p in places(block) if not isinstance(block, Figure) or p[0] == 1]
    lines = []
    for label, group in groupby(found, key=lambda place: (place[3], place[2])):
        ids = " ".join(text for place in group if (text := _ids(place[4])))
        lines.append({"label": ", ".join(filter(None, label)), "cells": [ids], "ids": bool(ids)})
    return lines


def _ids(parts: Iterable[Part]) -> str:
    numbers = (part.number if isinstance(part, Rounded) else part for part in parts)
    return " ".join(number.result_id for number in numbers if isinstance(number, Number))
