# SPDX-License-Identifier: Apache-2.0
"""Time to response of the patients who responded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.report.footnotes import method_words
from equipoise.report.numbers import Numbers
from equipoise.report.table import Column, Row, Table, number_cell, pair_cell, with_spread
from equipoise.report.words import population_name

METHOD = "responders"


def responders_tables(
    numbers: Numbers, protocol: Protocol, args: Mapping[tuple[str, str], Mapping[str, Any]]
) -> list[Table]:
    """One table per analysis of a time to response."""
    return [
        _table(item.id, item.label, item.population, numbers, protocol, args)
        for item in protocol.analyses
        if numbers.of(item.id, METHOD)
    ]


def _table(
    name: str,
    label: str,
    population: str,
    numbers: Numbers,
    protocol: Protocol,
    args: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Table:
    arms = [arm.id for arm in protocol.arms]

    def cells(*stats: str) -> list[list[Any]]:
        return [[numbers.find(name, METHOD, stat, arm) for stat in stats] for arm in arms]

    return Table(
        id=f"responders-{name}",
        title=label,
        population=f"{population_name(protocol, population)}, responders",
        stub="Months",
        columns=tuple(Column(arm.short) for arm in protocol.arms),
        rows=(
            Row("Responders", tuple(number_cell(c[0]) for c in cells("n"))),
            Row("Median (min, max)", tuple(with_spread(*c) for c in cells("median", "min", "max"))),
            Row("Quartiles", tuple(pair_cell(*c) for c in cells("q1", "q3"))),
            Row("Mean (SD)", tuple(with_spread(*c) for c in cells("mean", "sd"))),
        ),
        footnotes=(method_words(METHOD, args[name, METHOD]), "NA: too few responders."),
    )
