# SPDX-License-Identifier: Apache-2.0
"""A table before it is drawn: rows of cells, each cell text and results in reading order."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from equipoise.report.numbers import Number, Numbers

ABSENT = "–"


@dataclass(frozen=True, slots=True)
class Rounded:
    """A result printed to other decimals than its own: beside a published figure."""

    number: Number
    text: str


Part = str | Number | Rounded


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a table. Text never holds a number: numbers are results."""

    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, the group heading above it, and the size of its group."""

    label: str
    size: Number | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its heading, how deep it is indented, and whether it opens a block."""

    label: str
    cells: tuple[Cell, ...] = ()
    depth: int = 0
    heading: bool = False
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of `results`; with other text in its cells of `published`, `protocol`, `listing`."""

    id: str
    title: str
    population: str
    stub: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    footnotes: tuple[str, ...] = ()
    source: str = "results"
    folded: bool = False
    number: int = 0
    kind: str = "table"


def count_cell(n: Number | None, pct: Number | None) -> Cell:
    """`n (%)`; a count of nobody stands alone."""
    if n is None:
        return Cell((ABSENT,))
    if pct is None or not n.value:
        return Cell((n,))
    return Cell((n, " (", pct, "%)" if pct.state == "ok" else ")"))


def estimate_cell(numbers: Numbers, estimate: Number | None, *, unit: str = "") -> Cell:
    """`estimate (lower, upper)`."""
    if estimate is None:
        return Cell((ABSENT,))
    limits = numbers.interval(estimate)
    mark = unit if estimate.state == "ok" else ""
    head: tuple[Part, ...] = (estimate, mark) if mark else (estimate,)
    if limits is None:
        return Cell(head)
    return Cell((*head, " (", limits[0], ", ", limits[1], ")"))


def pair_cell(first: Number | None, second: Number | None) -> Cell:
    """`first, second`: two quartiles, or the two ends of a range."""
    return Cell((first or ABSENT, ", ", second or ABSENT)) if first or second else Cell((ABSENT,))


def with_spread(middle: Number | None, *spread: Number | None) -> Cell:
    """`median (min, max)` or `mean (SD)`."""
    if middle is None:
        return Cell((ABSENT,))
    parts: list[Part] = [middle, " ("]
    for at, number in enumerate(spread):
        parts += [", " if at else "", number or ABSENT]
    return Cell((*(part for part in parts if part != ""), ")"))


def number_cell(number: Number | None) -> Cell:
    """One number alone."""
    return Cell((number or ABSENT,))


def cell_numbers(table: Table) -> list[Number]:
    """Every result the table prints, column sizes first."""
    sizes = [column.size for column in table.columns if column.size]
    parts = [part for row in table.rows for cell in row.cells for part in cell.parts]
    found = [part.number if isinstance(part, Rounded) else part for part in parts]
    return sizes + [part for part in found if isinstance(part, Number)]


STATE_NOTE = re.compile(r"\b(NR|NE|NA): [^.]*\.\s*")


def without_idle_notes(table: Table) -> Table:
    """The table with the footnotes that explain a state or a sign only where one is printed."""
    printed = cell_numbers(table)
    states = {number.state for number in printed}
    censored = any(number.value_text == "censored" for number in printed)

    def kept(note: str) -> str:
        if note.startswith("+: ") and not censored:
            return ""
        return STATE_NOTE.sub(lambda found: found[0] if found[1] in states else "", note).strip()

    notes = (kept(note) for note in table.footnotes)
    return replace(table, footnotes=tuple(note for note in notes if note))
