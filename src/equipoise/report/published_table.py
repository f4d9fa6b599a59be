# SPDX-License-Identifier: Apache-2.0
"""Published beside computed, and the items of the protocol that no publication states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.report.numbers import Numbers
from equipoise.report.table import ABSENT, Cell, Column, Part, Rounded, Row, Table
from equipoise.report.words import arm_name

# How the parts of one figure stand in its cell: before, and after.
PLACES = {"value": ("", ""), "text": ("", ""), "pct": ("", "%"), "p": ("; p ", "")}
INTERVALS = (("lcl", "ucl"), ("q1", "q3"))
VERDICTS = ("differs", "not computed", "agrees")
LONGEST_VALUE = 160

Figure = dict[str, dict[str, Any]]


def published_table(
    published: pl.DataFrame | None, numbers: Numbers, protocol: Protocol, *, note: str
) -> Table | None:
    """Each published figure with the computed value rounded to the same decimals."""
    if published is None or protocol.published is None or published.is_empty():
        return None
    rows: list[Row] = []
    last = ""
    for label, arm, parts in _figures(published):
        several = published.filter(pl.col("label") == label)["arm"].n_unique() > 1
        if label != last and (several or arm != "ALL") and len(protocol.arms) > 1:
            rows.append(Row(label, heading=True))
        alone = (arm == "ALL" and not several) or len(protocol.arms) == 1
        title = label if alone else "Overall" if arm == "ALL" else arm_name(protocol, arm)
        rows.append(Row(title, _cells(parts, numbers), depth=0 if alone else 1))
        last = label
    notes = ["Computed values are rounded to the decimals that the publication prints."]
    if note:
        notes.append(note)
    return Table(
        id="published",
        title="Published figures beside the computed",
        population=protocol.published.source,
        stub="Figure",
        columns=tuple(Column(text) for text in ("Published", "Computed", "Verdict")),
        rows=tuple(rows),
        footnotes=(*notes, *protocol.published.notes),
        source="published",
    )


def _figures(published: pl.DataFrame) -> Iterator[tuple[str, str, Figure]]:
    """The rows of the table by figure and arm, each part under its name."""
    groups = published.partition_by("figure", "arm", maintain_order=True)
    for group in groups:
        rows = group.to_dicts()
        yield rows[0]["label"], rows[0]["arm"], {row["part"]: row for row in rows}


def _cells(parts: Figure, numbers: Numbers) -> tuple[Cell, ...]:
    found = {row["verdict"] for row in parts.values()}
    verdict = next((item for item in VERDICTS if item in found), ABSENT)
    return (
        Cell(tuple(_assemble(parts, "published", numbers))),
        Cell(tuple(_assemble(parts, "computed", numbers))),
        Cell((verdict,)),
    )


def _assemble(parts: Figure, column: str, numbers: Numbers) -> list[Part]:
    """`n/of, value or pct, (lower, upper), p`: what the figure has of these."""

    def part(name: str) -> Part:
        row = parts[name]
        text = row[column] or ABSENT
        number = numbers.by_id.get(row["result_id"] or "")
        return Rounded(number, text) if column == "computed" and number else text

    cell: list[Part] = []
    if "n" in parts:
        cell += [part("n"), *(["/", part("of")] if "of" in parts else [])]
    for name in ("value", "text", "pct"):
        if name in parts:
            before, after = PLACES[name]
            cell += [
                ", " if cell else before,
                part(name),
                *([after] if _known(parts, name) else []),
            ]
    for low, high in INTERVALS:
        if low in parts:
            cell += [" (", part(low), ", ", part(high), ")"]
    if "p" in parts:
        cell += ["; p " if cell else "p ", part("p")]
    return [item for item in cell if item != ""]


def _known(parts: Figure, name: str) -> bool:
    return bool(PLACES[name][1]) and parts[name]["published"] is not None


def assumption_table(protocol: Protocol) -> Table | None:
    """What the protocol file assumes: where it stands, its value, and why."""
    if not protocol.assumptions:
        return None
    content = protocol.model_dump(mode="json", exclude_none=True)
    rows = tuple(
        Row(item.path, (Cell((_value_words(_at(content, item.path)),)), Cell((item.why,))))
        for item in protocol.assumptions
    )
    return Table(
        id="assumptions",
        title="Items of the protocol that no publication states",
        population=protocol.identity.id,
        stub="Place in the protocol",
        columns=(Column("Value"), Column("Why, and what would replace it")),
        rows=rows,
        source="protocol",
    )


def _at(content: Any, path: str) -> Any:
    """The part of the protocol at a path such as `endpoints.0.censoring`; None where absent."""
    for step in path.split("."):
        if isinstance(content, Mapping):
            content = content.get(step)
        elif isinstance(content, list) and step.isdigit() and int(step) < len(content):
            content = content[int(step)]
        else:
            return None
    return content


def _value_words(value: Any) -> str:
    text = _flat(value)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE].rsplit(" ", 1)[0] + " …"


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_flat(v)}" for key, v in value.items() if v not in ([], {}))
    if isinstance(value, list):
        return ", ".join(_flat(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | Decimal):
        return f"{value:g}"
    return ABSENT if value is None else str(value)
