# SPDX-License-Identifier: Apache-2.0
"""A table as plain texts in their places: what PDF, RTF and DOCX print is one and the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from equipoise.report.numbers import Number, Numbers
from equipoise.report.origin import origin_labelled
from equipoise.report.print.style import Style, part_text
from equipoise.report.table import Cell, Column, Part, Rounded, Table, cell_numbers

NARROWEST, WIDEST_STUB, WIDEST = 6, 44, 52
ACROSS, LYING = 104, 156
"""Signs that stand side by side on an upright page, and on one that lies on its side."""
MOST_UPRIGHT = 7
"""Columns of numbers on an upright page."""
Piece = tuple[str, str]
"""A text, and the id of the result that it is, or nothing."""
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
    size_id: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the body; a heading without cells goes across the table.

    `pieces` are the same cells as texts and results in reading order.
    """

    label: str
    unit: str
    depth: int
    heading: bool
    cells: tuple[str, ...]
    pieces: tuple[tuple[Piece, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table ready to print.

    `weights` are the relative widths, the stub first; `across` says that they are meant for a page
    that lies on its side, and `weights_across` are those for such a page.
    """

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
    weights_across: tuple[int, ...]
    across: bool
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

    def pieces(cell: Cell) -> tuple[Piece, ...]:
        return tuple(
            (parts_text((part,), setting, figures=figures), _result_id(part)) for part in cell.parts
        )

    lines = []
    for row in table.rows:
        missing = len(table.columns) - len(row.cells) if row.cells else 0
        found = (*(pieces(cell) for cell in row.cells), *[()] * missing)
        lines.append(
            Line(
                label=plain(row.label),
                unit=plain(row.unit or ""),
                depth=row.depth,
                heading=row.heading,
                cells=tuple("".join(text for text, _ in cell) for cell in found),
                pieces=found,
            )
        )
    grouped = any(column.group for column in table.columns)
    heads = tuple(
        Head(plain(column.label)) if grouped else _sized(column, setting)
        for column in table.columns
    )
    paths = table.source == "protocol"
    upright = _weights(lines, heads, table.stub, width=ACROSS, paths=paths)
    lying = _weights(lines, heads, table.stub, width=LYING, paths=paths)
    across = _lies(lines, heads, upright, lying)
    return Grid(
        id=table.id,
        number=table.number,
        title=plain(table.title),
        subtitle=subtitle(table.population, setting),
        stub=plain(table.stub),
        groups=_groups(table.columns, setting) if grouped else (),
        heads=heads,
        lines=tuple(lines),
        notes=notes_of(table.footnotes, cell_numbers(table), setting, display=table.id),
        weights=lying if across else upright,
        weights_across=lying,
        across=across,
        centred=table.source == "results",
    )


def _result_id(part: Part) -> str:
    number = part.number if isinstance(part, Rounded) else part
    return number.result_id if isinstance(number, Number) else ""


def notes_of(
    footnotes: Iterable[str], printed: Iterable[Number], setting: Setting, *, display: str
) -> tuple[str, ...]:
    """Footnotes, then the ADaM tables behind the numbers, display and run, and what it is of."""
    numbers = list(printed)
    sources = sorted({number.dataset for number in numbers if number.dataset})
    source = f"Source: {', '.join(sources)}. " if sources else ""
    found = f"Display {display}, " if numbers else ""
    notes = [*footnotes, f"{source}{found}{'run' if found else 'Run'} {setting.run_id}."]
    if setting.label:
        notes.append(f"{setting.label}: {origin_labelled(setting.label).short}.")
    return tuple(plain(note) for note in notes)


def _sized(column: Column, setting: Setting) -> Head:
    """The heading of a column with the size of its group under it."""
    if column.size is None:
        return Head(plain(column.label))
    size = parts_text((column.size,), setting)
    return Head(plain(column.label), f"N={size}", size_id=column.size.result_id)


def _groups(columns: tuple[Column, ...], setting: Setting) -> tuple[Head, ...]:
    found = []
    for group, members in groupby(columns, key=lambda column: column.group):
        several = list(members)
        sized = next((_sized(column, setting) for column in several if column.size), Head(""))
        found.append(Head(plain(group or ""), sized.size, len(several), sized.size_id))
    return tuple(found)


def _weights(
    lines: Sequence[Line], heads: Sequence[Head], stub: str, *, width: int, paths: bool
) -> tuple[int, ...]:
    """Widths after the longest text of each column, within limits; `paths` cannot be broken."""
    longest = _longest_label(lines, stub)
    first = min(longest * 4 // 3 if paths else longest, WIDEST_STUB)
    rest = [
        min(max([NARROWEST, _head_length(head.text), *_lengths(lines, at)]) + 2, WIDEST)
        for at, head in enumerate(heads)
    ]
    if not paths:  # labels may wrap; numbers should not
        first = max(16, min(first, width - sum(rest)))
    return (first, *rest)


def _lies(
    lines: Sequence[Line], heads: Sequence[Head], upright: Sequence[int], lying: Sequence[int]
) -> bool:
    """Whether a page has to lie on its side: many columns, or labels of three lines and more."""
    squeezed = upright[0] < lying[0] and _longest_label(lines, "") > 2 * upright[0]
    return len(heads) > MOST_UPRIGHT or squeezed


def _longest_label(lines: Sequence[Line], stub: str) -> int:
    labels = [len(line.label) + len(line.unit) + 2 * line.depth for line in lines if line.cells]
    return max([len(stub), 16, *labels])


def _head_length(text: str) -> int:
    """A long heading may stand in two lines, broken between words."""
    words = [len(word) for word in text.split()]
    return max([-(-len(text) // 2) if len(text) > 14 else len(text), *words])


def _lengths(lines: Sequence[Line], at: int) -> list[int]:
    return [len(line.cells[at]) for line in lines if line.cells]
