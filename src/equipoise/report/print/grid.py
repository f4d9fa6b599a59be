# SPDX-License-Identifier: Apache-2.0
"""A table as plain texts in their places: what PDF, RTF and DOCX print is one and the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from equipoise.report.numbers import Number, Numbers
from equipoise.report.origin import origin_labelled
from equipoise.report.print.style import Style, part_text
from equipoise.report.table import Cell, Column, Part, Table, cell_numbers

NARROWEST, WIDEST_STUB, WIDEST = 8, 44, 52
ACROSS = 100
"""Signs that stand side by side on an upright page."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Setting:
    """What every format of one print shares: style, numbers, and what stands on every page."""

    style: Style
    numbers: Numbers
    study: str
    label: str
    cutoff: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Head:
    """A heading over `span` columns, and the size of its group."""

    text: str
    size: str = ""
    span: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the body; a heading without cells goes across the table."""

    label: str
    unit: str
    depth: int
    heading: bool
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table ready to print; `weights` are the relative widths, the stub first."""

    id: str
    number: int
    title: str
    subtitle: str
    stub: str
    groups: tuple[Head, ...]
    heads: tuple[Head, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    weights: tuple[int, ...]
    centred: bool


def plain(text: str) -> str:
    """Text without the control characters that no document format may hold."""
    return _CONTROL.sub(" ", text)


def parts_text(parts: Iterable[Part], setting: Setting, *, figures: bool = False) -> str:
    """The parts of a cell or sentence in one string."""
    texts = (part_text(part, setting.style, setting.numbers, figures=figures) for part in parts)
    return plain("".join(texts))


def subtitle(population: str, setting: Setting) -> str:
    """Second line of a title: whom it is about, and up to when."""
    return plain(f"{population} · {setting.cutoff}")


def grid_of(table: Table, setting: Setting) -> Grid:
    """The table in the style's texts; cells a row leaves out are empty."""
    figures = table.source == "published"

    def text(cell: Cell) -> str:
        return parts_text(cell.parts, setting, figures=figures)

    width = len(table.columns)
    lines = tuple(
        Line(
            label=plain(row.label),
            unit=plain(row.unit or ""),
            depth=row.depth,
            heading=row.heading,
            cells=(*(text(cell) for cell in row.cells), *[""] * (width - len(row.cells)))
            if row.cells
            else (),
        )
        for row in table.rows
    )
    grouped = any(column.group for column in table.columns)
    heads = tuple(
        Head(plain(column.label), "" if grouped else _size(column, setting))
        for column in table.columns
    )
    return Grid(
        id=table.id,
        number=table.number,
        title=plain(table.title),
        subtitle=subtitle(table.population, setting),
        stub=plain(table.stub),
        groups=_groups(table.columns, setting) if grouped else (),
        heads=heads,
        lines=lines,
        notes=notes_of(table.footnotes, cell_numbers(table), setting),
        weights=_weights(lines, heads, table.stub, paths=table.source == "protocol"),
        centred=table.source == "results",
    )


def notes_of(
    footnotes: Iterable[str], printed: Iterable[Number], setting: Setting
) -> tuple[str, ...]:
    """Footnotes, then the ADaM tables behind the numbers, the run, and what it is of."""
    sources = sorted({number.dataset for number in printed if number.dataset})
    source = f"Source: {', '.join(sources)}. " if sources else ""
    notes = [*footnotes, f"{source}Run {setting.run_id}."]
    if setting.label:
        notes.append(f"{setting.label}: {origin_labelled(setting.label).short}.")
    return tuple(plain(note) for note in notes)


def _size(column: Column, setting: Setting) -> str:
    return f"N={parts_text((column.size,), setting)}" if column.size else ""


def _groups(columns: tuple[Column, ...], setting: Setting) -> tuple[Head, ...]:
    found = []
    for group, members in groupby(columns, key=lambda column: column.group):
        several = list(members)
        sizes = [size for column in several if (size := _size(column, setting))]
        found.append(Head(plain(group or ""), sizes[0] if sizes else "", len(several)))
    return tuple(found)


def _weights(
    lines: tuple[Line, ...], heads: tuple[Head, ...], stub: str, *, paths: bool
) -> tuple[int, ...]:
    """Widths after the longest text of each column, within limits; `paths` cannot be broken."""
    labels = [len(line.label) + len(line.unit) + 2 * line.depth for line in lines if line.cells]
    longest = max([len(stub), 2 * NARROWEST, *labels])
    first = min(longest * 4 // 3 if paths else longest, WIDEST_STUB)
    rest = [
        min(max([NARROWEST, len(head.text), *_lengths(lines, at)]) + 2, WIDEST)
        for at, head in enumerate(heads)
    ]
    if not paths:  # labels may wrap; numbers should not
        first = max(2 * NARROWEST, min(first, ACROSS - sum(rest)))
    return (first, *rest)


def _lengths(lines: tuple[Line, ...], at: int) -> list[int]:
    return [len(line.cells[at]) for line in lines if line.cells]
