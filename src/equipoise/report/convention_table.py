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
    """A table of the choices and one of the numbers; none where no second profile was asked for."""
    if difference is None or difference.is_empty():
        return []
    one, two = (str(difference[f"{at}_convention"][0]) for at in ("first", "second"))
    columns = (Column(one), Column(two))
    choices = [
        Row(CHOICES.get(name, name), (Cell((_words(name, a),)), Cell((_words(name, b),))))
        for name, a, b in difference.filter(kind="choice").select("name", "first", "second").rows()
    ]
    found = difference.filter(kind="number")
    drawn, rows = 0, list[Row]()
    last: tuple[str, str] | None = None
    for name, second in found.filter(printed=1).select("name", "second").rows():
        number = numbers.by_id.get(name)
        if number is None:
            continue
        if number.method_id == CURVE:
            drawn += 1
            continue
        if (number.analysis_id, number.method_id) != last:
            last = (number.analysis_id, number.method_id)
            rows.append(Row(_heading(number, protocol), heading=True))
        label = _label(number, numbers, protocol)
        rows.append(Row(label, (Cell((number,)), Cell((second,))), 1))
    small = found.height - found.filter(printed=1).height
    shared = {"population": f"{one} against {two}", "columns": columns, "source": "published"}
    return [
        Table(
            id="convention-choices",
            title="Choices in which two conventions differ",
            stub="Choice",
            rows=tuple(choices),
            **shared,  # type: ignore[arg-type]
        ),
        Table(
            id="convention-numbers",
            title="Numbers that change under another convention",
            stub="Number",
            rows=tuple(rows),
            footnotes=(
                f"The same data and protocol under both. Beside these {len(rows) and _count(rows)} "
                f"numbers, {drawn} along the curves are printed differently, and {small} more "
                "differ by less than is printed. The table convention_difference holds all.",
            ),
            **shared,  # type: ignore[arg-type]
        ),
    ]


def _count(rows: list[Row]) -> int:
    return sum(not row.heading for row in rows)


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
