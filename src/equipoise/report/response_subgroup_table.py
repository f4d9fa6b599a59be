# SPDX-License-Identifier: Apache-2.0
"""Response rates of each arm within subgroups, with their differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.protocol.model import Analysis, Protocol
from equipoise.report.footnotes import method_words
from equipoise.report.numbers import Number, Numbers
from equipoise.report.table import ABSENT, Cell, Column, Row, Table, estimate_cell
from equipoise.report.words import level_words, population_name

RATE, DIFFERENCE = "clopper-pearson.subgroup", "rate-difference.subgroup"


def response_subgroup_tables(
    numbers: Numbers, protocol: Protocol, args: Mapping[tuple[str, str], Mapping[str, Any]]
) -> list[Table]:
    """One table per analysis of a response rate that names subgroups."""
    return [
        _table(analysis, numbers, protocol, args)
        for analysis in protocol.analyses
        if numbers.of(analysis.id, RATE) and protocol.control
    ]


def _table(
    analysis: Analysis,
    numbers: Numbers,
    protocol: Protocol,
    args: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Table:
    control = protocol.control
    assert control is not None
    compared = [arm for arm in protocol.arms if arm.id != control.id]
    level = f"{100 * analysis.conf_level:g}%\N{NO-BREAK SPACE}CI"
    several = len(compared) > 1
    of = "n\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}N (%)"
    columns = [Column(f"{arm.short}, {of}") for arm in protocol.arms]
    columns += [
        Column(f"Difference{f', {arm.short}' if several else ''}, % points ({level})")
        for arm in compared
    ]

    def row(label: str, rate: str, gap: str, levels: tuple[str, ...], depth: int) -> Row:
        cells = [
            _share(
                *(
                    numbers.find(analysis.id, rate, stat, arm.id, levels=levels)
                    for stat in ("n", "N", "pct")
                )
            )
            for arm in protocol.arms
        ]
        gaps = [
            estimate_cell(
                numbers, numbers.find(analysis.id, gap, "rate_diff", arm.id, levels=levels)
            )
            for arm in compared
        ]
        return Row(label, (*cells, *gaps), depth)

    plain = "rate-difference.unstratified" if analysis.strata else "rate-difference"
    rows = [row("All patients", "clopper-pearson", plain, (), 0)]
    for factor in analysis.subgroups:
        rows.append(Row(factor.label, heading=True))
        for value in factor.levels or ():
            words = level_words(factor.variable, value)
            rows.append(row(words, RATE, DIFFERENCE, (factor.variable, value), 1))
    own = {k: v for k, v in args[analysis.id, DIFFERENCE].items() if k not in ("factors", "levels")}
    return Table(
        id=f"response-subgroups-{analysis.id}",
        title=f"Subgroups: {analysis.label}",
        population=population_name(protocol, analysis.population),
        stub="Subgroup",
        columns=tuple(columns),
        rows=tuple(rows),
        footnotes=(
            "There is no test within a subgroup, and intervals are not adjusted for their number.",
            method_words(DIFFERENCE, own),
        ),
        folded=True,
    )


def _share(n: Number | None, size: Number | None, pct: Number | None) -> Cell:
    if n is None or size is None:
        return Cell((ABSENT,))
    if pct is None or pct.state != "ok" or not n.value:
        return Cell((n, " / ", size))
    return Cell((n, " / ", size, " (", pct, "%)"))
