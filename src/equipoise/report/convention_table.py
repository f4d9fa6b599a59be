# SPDX-License-Identifier: Apache-2.0
"""Two conventions side by side: the choices in which they differ, and the numbers that change."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.report.footnotes import PHRASES, method_name
from equipoise.report.numbers import Number, Numbers
from equipoise.report.table import Cell, Column, Row, Table
from equipoise.report.words import arm_name, sentence_case

CHOICES = {
    "conf_type": "Scale of survival intervals",
    "plateau": "Median on a plateau",
    "beyond": "After the last observed time",
    "median_interval": "Interval of the median",
    "ties": "Ties in the Cox model",
    "cmh_correction": "Continuity correction, Cochran-Mantel-Haenszel",
    "chi_square_correction": "Continuity correction, chi-square",
    "quartiles": "Quartiles",
}
CURVE = "kaplan-meier.curve"


def convention_tables(
    difference: pl.DataFrame | None, numbers: Numbers, protocol: Protocol
) -> list[Table]:
    """The choices that differ and the numbers that change; none without a second profile."""
    if difference is None or difference.is_empty():
        return []
    found = difference.filter(kind="number")
    printed = found.filter(printed=1)
    rows, drawn = _number_rows(printed, numbers, protocol)
    changed, small = sum(not row.heading for row in rows), found.height - printed.height
    told = (
        f"Beside these {changed} numbers, {drawn} along the curves are printed differently, and "
        f"{small} more differ by less than is printed."
        if changed
        else f"No number outside the curves is printed differently; {drawn} along the curves are, "
        f"and {small} differ by less than is printed."
    )
    note = f"The same data and protocol under both. {told} The table convention_difference has all."
    choices = [
        Row(CHOICES.get(name, name), (Cell((_words(name, a),)), Cell((_words(name, b),))))
        for name, a, b in difference.filter(kind="choice").select("name", "first", "second").rows()
    ]
    names = tuple(str(difference[f"{at}_convention"][0]) for at in ("first", "second"))
    made = [("choices", "Choices in which two conventions differ", "Choice", choices)]
    if changed:
        made.append(("numbers", "Numbers that change under another convention", "Number", rows))
    return [
        Table(
            id=f"convention-{name}",
            title=title,
            population=" against ".join(names),
            stub=stub,
            columns=tuple(Column(text) for text in names),
            rows=tuple(lines),
            footnotes=(note,) if name == made[-1][0] else (),
            source="published",
        )
        for name, title, stub, lines in made
    ]


def _number_rows(
    printed: pl.DataFrame, numbers: Numbers, protocol: Protocol
) -> tuple[list[Row], int]:
    """A row per number under a heading per method; those along the curves are only counted."""
    rows: list[Row] = []
    drawn, last = 0, ("", "")
    for name, second in printed.select("name", "second").rows():
        number = numbers.by_id.get(name)
        if number is None:
            continue
        if number.method_id == CURVE:
            drawn += 1
            continue
        if (number.analysis_id, number.method_id) != last:
            last = (number.analysis_id, number.method_id)
            rows.append(Row(_heading(number, protocol), heading=True))
        cells = (Cell((number,)), Cell((second,)))
        rows.append(Row(_label(number, numbers, protocol), cells, 1))
    return rows, drawn


def _words(name: str, value: str) -> str:
    phrase = PHRASES.get((name, value)) or PHRASES.get(("quantile", value))
    return phrase or value


def _heading(number: Number, protocol: Protocol) -> str:
    labels = {item.id: item.label for item in protocol.analyses}
    labels |= {f"BASELINE.{item.variable}": item.label for item in protocol.baseline}
    label = labels.get(number.analysis_id, sentence_case(number.analysis_id.replace(".", " ")))
    return f"{label}: {method_name(number.method_id)}"


def _label(number: Number, numbers: Numbers, protocol: Protocol) -> str:
    """What a number is and of whom, in words."""
    about = numbers.by_id[number.ci_of] if number.ci_of else number
    whom = number.arm or number.comparator
    parts = [
        about.stat_label + (f", {number.stat_label.lower()}" if number.ci_of else ""),
        ", ".join(sentence_case(level) for level in number.levels),
        f"{number.time:g} months" if number.time is not None else "",
        arm_name(protocol, whom) if whom else "",
    ]
    return "; ".join(part for part in parts if part)
