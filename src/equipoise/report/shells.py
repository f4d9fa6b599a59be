# SPDX-License-Identifier: Apache-2.0
"""Which results fill which cell: where the patients went, and who they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.protocol.model import Factor, Protocol
from equipoise.report.footnotes import method_words
from equipoise.report.numbers import TOTAL, Numbers
from equipoise.report.table import (
    Cell,
    Column,
    Row,
    Table,
    count_cell,
    number_cell,
    pair_cell,
    with_spread,
)
from equipoise.report.words import (
    level_words,
    population_name,
    reason_words,
)

Arguments = Mapping[tuple[str, str], Mapping[str, Any]]


def arm_columns(
    numbers: Numbers, protocol: Protocol, analysis: str, method: str, *, total: bool
) -> tuple[list[str], tuple[Column, ...]]:
    """The arms of a table and their columns, with the size of each; a total only of several."""
    arms = [(arm.id, arm.short) for arm in protocol.arms]
    if total and len(arms) > 1:
        arms.append((TOTAL, "Total"))
    columns = tuple(
        Column(label, size=numbers.find(analysis, method, "N", arm)) for arm, label in arms
    )
    return [arm for arm, _ in arms], columns


SET = "Analysis set: "


def populations_table(numbers: Numbers, protocol: Protocol) -> Table:
    """How many patients each analysis set has."""
    analysis, method = "DISPOSITION", "disposition"
    arms, columns = arm_columns(numbers, protocol, analysis, method, total=True)
    rows = [
        Row(levels[-1].removeprefix(SET), _counts(numbers, arms, levels))
        for levels in numbers.levels(analysis, method, "DISPOSITION")
        if levels[-1].startswith(SET)
    ]
    return Table(
        id="populations",
        title="Analysis sets",
        population=population_name(protocol, "ENROLLED"),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=(_enrolled(protocol),),
    )


def _counts(numbers: Numbers, arms: list[str], levels: tuple[str, ...]) -> tuple[Cell, ...]:
    return tuple(
        count_cell(
            numbers.find("DISPOSITION", "disposition", "n", arm, levels=levels),
            numbers.find("DISPOSITION", "disposition", "pct", arm, levels=levels),
        )
        for arm in arms
    )


def _enrolled(protocol: Protocol) -> str:
    return f"Percentages of all patients {'randomised' if protocol.randomisation else 'treated'}."


def disposition_table(numbers: Numbers, protocol: Protocol) -> Table:
    """Where the patients went, with percentages of all enrolled."""
    analysis, method = "DISPOSITION", "disposition"
    arms, columns = arm_columns(numbers, protocol, analysis, method, total=True)
    rows = []
    for levels in numbers.levels(analysis, method, "DISPOSITION"):
        if levels[-1].startswith(SET):
            continue
        reason = levels[-1].partition("Discontinued: ")[2]
        cells = _counts(numbers, arms, levels)
        words = reason_words(reason) if reason else levels[-1]
        rows.append(Row(words, cells, depth=int(bool(reason))))
    return Table(
        id="disposition",
        title="Disposition of patients in the study",
        population=population_name(protocol, "ENROLLED"),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=(_enrolled(protocol),),
    )


def baseline_table(numbers: Numbers, protocol: Protocol, args: Arguments) -> Table | None:
    """Who the patients were; no tests, because chance made the groups."""
    if not protocol.baseline:
        return None
    rows: list[Row] = []
    columns: tuple[Column, ...] = ()
    for factor in protocol.baseline:
        analysis = f"BASELINE.{factor.variable}"
        method = "summary" if factor.levels is None else "count"
        arms, found = arm_columns(numbers, protocol, analysis, method, total=True)
        columns = columns or found
        if factor.levels is None:
            rows += _continuous(factor, analysis, numbers, arms)
        else:
            rows += _categorical(factor, analysis, numbers, arms)
    continuous = next(
        (key for key in args if key[0].startswith("BASELINE.") and key[1] == "summary"), None
    )
    notes = [method_words("summary", args[continuous])] if continuous else []
    return Table(
        id="baseline",
        title="Baseline characteristics",
        population=population_name(protocol, protocol.analyses[0].population),
        stub="Characteristic",
        columns=columns,
        rows=tuple(rows),
        footnotes=(*notes, "Percentages of all patients of the column, missing values included."),
    )


def _continuous(factor: Factor, analysis: str, numbers: Numbers, arms: list[str]) -> list[Row]:
    def cells(*stats: str) -> list[Any]:
        return [[numbers.find(analysis, "summary", stat, arm) for stat in stats] for arm in arms]

    rows = [
        Row(factor.label, heading=True, unit=factor.unit),
        Row("Median (min, max)", tuple(with_spread(*c) for c in cells("median", "min", "max")), 1),
        Row("Quartiles", tuple(pair_cell(*c) for c in cells("q1", "q3")), 1),
        Row("Mean (SD)", tuple(with_spread(*c) for c in cells("mean", "sd")), 1),
    ]
    missing = [c[0] for c in cells("n_missing")]
    if any(number and number.value for number in missing):
        rows.append(Row("Missing", tuple(number_cell(number) for number in missing), 1))
    return rows


def _categorical(factor: Factor, analysis: str, numbers: Numbers, arms: list[str]) -> list[Row]:
    rows = [Row(factor.label, heading=True, unit="n (%)")]
    for levels in numbers.levels(analysis, "count", factor.variable):
        cells = tuple(
            count_cell(
                numbers.find(analysis, "count", "n", arm, levels=levels),
                numbers.find(analysis, "count", "pct", arm, levels=levels),
            )
            for arm in arms
        )
        rows.append(Row(level_words(factor.variable, levels[-1]), cells, 1))
    return rows
