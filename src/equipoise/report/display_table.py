# SPDX-License-Identifier: Apache-2.0
"""What the readout shows, as tables: each display, and which results stand in its places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl

from equipoise.report.abstract import Paragraph
from equipoise.report.document import Document
from equipoise.report.flow import Flow
from equipoise.report.numbers import Number
from equipoise.report.sections import Block, Section, extent
from equipoise.report.summary import Card
from equipoise.report.table import Part, Rounded, Table

Place = tuple[int, int, str, str, Sequence[Part]]
DISPLAY: dict[str, Any] = {
    "output_id": pl.String,
    "order": pl.Int64,
    "kind": pl.String,
    "number": pl.Int64,
    "section": pl.String,
    "title": pl.String,
    "population": pl.String,
    "cutoff": pl.String,
    "footnotes": pl.List(pl.String),
}
CELL: dict[str, Any] = {
    "output_id": pl.String,
    "row": pl.Int64,
    "column": pl.Int64,
    "row_label": pl.String,
    "column_label": pl.String,
    "pattern": pl.String,
    "result_ids": pl.List(pl.String),
    "text": pl.String,
}


def display_tables(document: Document) -> dict[str, pl.DataFrame]:
    """The tables `display` and `display_cell` of a readout, as their contracts state.

    Returns       every place of every display that holds a result; the same places as on the page
    """
    cutoff = extent(document.run.get("cutoff"))
    shown = named_displays(document.cards, document.sections)
    displays, cells = [], []
    for order, (name, title, block) in enumerate(shown, start=1):
        found = list(places(block))
        if any(isinstance(part, Number | Rounded) for *_, parts in found for part in parts):
            displays.append(_display(name, order, title, block, cutoff))
            cells += [_cell(name, place) for place in found]
    return {
        "display": pl.DataFrame(displays, schema=DISPLAY, orient="row"),
        "display_cell": pl.DataFrame(
            [cell for cell in cells if cell["result_ids"]], schema=CELL, orient="row"
        ),
    }


def named_displays(
    cards: Iterable[Card], sections: Iterable[Section]
) -> list[tuple[str, str, Block | Card]]:
    """Every display in reading order: its output_id, its section, and what it is."""
    shown: list[tuple[str, str, Block | Card]] = [
        (f"key-{card.target}-{at}", "Summary", card) for at, card in enumerate(cards, start=1)
    ]
    for section in sections:
        for at, item in enumerate(section.blocks, start=1):
            name = f"{section.id}-{at}" if isinstance(item, Paragraph) else item.id
            shown.append((name, section.title, item))
    return shown


def _display(
    name: str, order: int, section: str, block: Block | Card, cutoff: str
) -> dict[str, Any]:
    titled = block.title or section
    return {
        "output_id": name,
        "order": order,
        "kind": "card" if isinstance(block, Card) else block.kind,
        "number": getattr(block, "number", None),
        "section": section,
        "title": titled,
        "population": getattr(block, "population", None),
        "cutoff": cutoff,
        "footnotes": list(getattr(block, "footnotes", ())),
    }


def _cell(name: str, place: Place) -> dict[str, Any]:
    row, column, row_label, column_label, parts = place
    pattern, text, ids = "", "", []
    for part in parts:
        if isinstance(part, str):
            pattern += part.replace("{", "{{").replace("}", "}}")
            text += part
            continue
        number = part.number if isinstance(part, Rounded) else part
        pattern += "{r}" if isinstance(part, Rounded) else "{}"
        text += part.text if isinstance(part, Rounded) else part.display
        ids.append(number.result_id)
    return {
        "output_id": name,
        "row": row,
        "column": column,
        "row_label": row_label,
        "column_label": column_label,
        "pattern": pattern,
        "result_ids": ids,
        "text": text,
    }


def places(block: Block | Card) -> Iterator[Place]:
    """Every place of a display: where it is, what stands beside and above it, and its parts."""
    if isinstance(block, Table):
        yield from _of_table(block)
    elif isinstance(block, Paragraph):
        for row, sentence in enumerate(block.sentences, start=1):
            yield row, 1, sentence.sentence_id, "", sentence.parts
    elif isinstance(block, Card):
        for row, line in enumerate(block.lines, start=1):
            yield row, 1, line.label, block.measure, line.cell.parts
    elif isinstance(block, Flow):
        boxes = [("", box) for box in block.top]
        boxes += [(str(arm), box) for arm, members in block.arms for box in members]
        for column, (_, box) in enumerate(boxes, start=1):
            for row, item in enumerate(box.items, start=1):
                yield row, column, item.label, box.title, (item.number,)
    else:
        for row, drawing in enumerate(block.drawings, start=1):
            for column, number in enumerate(drawing.numbers, start=1):
                yield row, column, number.stat_label, number.arm or "", (number,)


def _of_table(table: Table) -> Iterator[Place]:
    labels = [" / ".join(p for p in (c.group, c.label) if p) for c in table.columns]
    for at, column in enumerate(table.columns, start=1):
        if column.size:
            yield 0, at, "", labels[at - 1], ("N=", column.size)
    for row, line in enumerate(table.rows, start=1):
        for at, cell in enumerate(line.cells, start=1):
            yield row, at, line.label, labels[at - 1], cell.parts
