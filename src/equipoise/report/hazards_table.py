# SPDX-License-Identifier: Apache-2.0
"""Beside the hazard ratio: proportional hazards, restricted means, a model with covariates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.protocol.model import Analysis, Arm, Protocol
from equipoise.report.footnotes import method_words
from equipoise.report.numbers import Number, Numbers
from equipoise.report.table import Cell, Column, Row, Table, estimate_cell, number_cell
from equipoise.report.words import level_words, population_name

TEST, MEAN, MODEL = "cox.proportional", "rmst", "cox.multivariable"
Arguments = Mapping[tuple[str, str], Mapping[str, Any]]


def hazards_table(
    analysis: Analysis, numbers: Numbers, protocol: Protocol, args: Arguments
) -> Table | None:
    """Restricted mean of each arm, its difference, and the test; None without a comparison."""
    control = protocol.control
    if control is None or not numbers.of(analysis.id, TEST):
        return None
    level = f"{100 * analysis.conf_level:g}% CI"

    def compared(method: str, stat: str) -> list[Number | None]:
        return [
            None if arm.id == control.id else numbers.find(analysis.id, method, stat, arm.id)
            for arm in protocol.arms
        ]

    def of_arms(stat: str) -> list[Number | None]:
        """The arm's own number: a comparison bears the same key, but another stat."""
        return [numbers.find(analysis.id, MEAN, stat, arm.id) for arm in protocol.arms]

    def estimates(found: list[Number | None]) -> tuple[Cell, ...]:
        return tuple(estimate_cell(numbers, one) if one else Cell() for one in found)

    def plain(found: list[Number | None]) -> tuple[Cell, ...]:
        return tuple(number_cell(one) if one else Cell() for one in found)

    rows = []
    if numbers.of(analysis.id, MEAN):
        rows += [
            Row("Restricted mean time", heading=True, unit="months"),
            Row("Up to", plain(of_arms("horizon")), 1),
            Row("Mean", estimates(of_arms("rmst")), 1, unit=level),
            Row(
                f"Difference from {control.short}",
                estimates(compared(MEAN, "rmst_diff")),
                1,
                unit=level,
            ),
            Row("p-value of the difference", plain(compared(MEAN, "p")), 1),
        ]
    rows += [
        Row(f"Proportional hazards, compared with {control.short}", heading=True),
        Row("Chi-square", plain(compared(TEST, "chi2")), 1),
        Row("Degrees of freedom", plain(compared(TEST, "df")), 1),
        Row("p-value", plain(compared(TEST, "p")), 1),
    ]
    used = [method for method in (MEAN, TEST) if numbers.of(analysis.id, method)]
    return Table(
        id=f"hazards-{analysis.id}",
        title=f"{analysis.label}: restricted mean time and proportional hazards",
        population=population_name(protocol, analysis.population),
        stub="Statistic",
        columns=tuple(Column(arm.short) for arm in protocol.arms),
        rows=tuple(rows),
        footnotes=(
            "A small p-value speaks against proportional hazards; a large one does not prove them.",
            *(method_words(method, args[analysis.id, method]) for method in used),
            "NE: not estimable. NA: not applicable.",
        ),
        folded=True,
    )


def multivariable_tables(
    analysis: Analysis, numbers: Numbers, protocol: Protocol, args: Arguments
) -> list[Table]:
    """One table per experimental arm; none where the analysis names no covariates."""
    control = protocol.control
    if control is None or not numbers.of(analysis.id, MODEL):
        return []
    return [
        _model_table(analysis, arm, control, numbers, protocol, args)
        for arm in protocol.arms
        if arm.id != control.id
    ]


def _model_table(
    analysis: Analysis,
    arm: Arm,
    control: Arm,
    numbers: Numbers,
    protocol: Protocol,
    args: Arguments,
) -> Table:
    def row(label: str, levels: tuple[str, ...], depth: int) -> Row:
        hazard, p = (
            numbers.find(analysis.id, MODEL, stat, arm.id, levels=levels) for stat in ("hr", "p")
        )
        return Row(label, (estimate_cell(numbers, hazard), number_cell(p)), depth)

    rows = [row(f"{arm.short} v {control.short}", ("ARM",), 0)]
    for factor in analysis.covariates:
        unit = f", per {factor.unit.removesuffix('s')}" if factor.unit else ""
        if not factor.levels:
            rows.append(row(f"{factor.label}{unit}", (factor.variable,), 0))
            continue
        first, *others = [(x, level_words(factor.variable, x)) for x in factor.levels]
        rows.append(Row(factor.label, heading=True, unit=f"compared with {first[1]}"))
        rows += [row(words, (factor.variable, level), 1) for level, words in others]
    size = numbers.find(analysis.id, MODEL, "N", arm.id)
    left_out = (f"{size.warning[:1].upper()}{size.warning[1:]}.",) if size and size.warning else ()
    return Table(
        id=f"multivariable-{analysis.id}-{arm.id}",
        title=f"{analysis.label}: arm and covariates in one model",
        population=population_name(protocol, analysis.population),
        stub="Covariate",
        columns=(
            Column(f"Hazard ratio ({100 * analysis.conf_level:g}% CI)", size=size),
            Column("p"),
        ),
        rows=tuple(rows),
        footnotes=(
            method_words(MODEL, args[analysis.id, MODEL]),
            "Each hazard ratio is adjusted for all others. p: Wald, not adjusted for their number.",
            *left_out,
        ),
        folded=True,
    )
