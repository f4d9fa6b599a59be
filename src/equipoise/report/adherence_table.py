# SPDX-License-Identifier: Apache-2.0
"""Adherence to the calendar of tumour assessments, by arm."""

from __future__ import annotations

from equipoise.protocol.model import Protocol
from equipoise.report.numbers import Number, Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import ABSENT, Cell, Row, Table, count_cell, number_cell
from equipoise.report.words import evaluator_name, lower_first, population_name

OF_ASSESSMENTS, OF_PATIENTS = "adherence", "adherence.patients"


def adherence_table(numbers: Numbers, protocol: Protocol) -> Table | None:
    """What became of the planned assessments, one block per evaluator."""
    shown = [
        item for item in protocol.evaluators if numbers.of(f"ADHERENCE.{item.id}", OF_ASSESSMENTS)
    ]
    if not shown:
        return None
    first = f"ADHERENCE.{shown[0].id}"
    arms, columns = arm_columns(numbers, protocol, first, OF_PATIENTS, total=True)
    rows: list[Row] = []
    for evaluator in shown:
        name = evaluator_name(protocol, evaluator.id)
        rows += _block(name, f"ADHERENCE.{evaluator.id}", numbers, arms)
    window = protocol.assessments.window_days
    return Table(
        id="adherence",
        title="Adherence to the calendar of tumour assessments",
        population=population_name(protocol, protocol.analyses[0].population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            "An assessment is due until progression by the evaluator, until imaging ends after "
            "progression by another or new anticancer therapy, until death or the last day known "
            "alive; it belongs to the "
            "nearest planned day. Percentages of assessments are of those due, percentages of "
            "patients of all patients.",
            f"On time: within {window} days of the planned day. Missed: no assessment is nearest "
            "to the planned day.",
        ),
    )


def _block(name: str, analysis: str, numbers: Numbers, arms: list[str]) -> list[Row]:
    due = tuple(
        number_cell(numbers.find(analysis, OF_ASSESSMENTS, "N_assess", arm)) for arm in arms
    )
    rows = [
        Row(f"Assessments by {lower_first(name)}", heading=True, unit="assessments, n (%)"),
        Row("Fell due", due, 1, unit="n"),
    ]
    for levels in numbers.levels(analysis, OF_ASSESSMENTS, "STATUS"):
        cells = tuple(_share(analysis, levels, numbers, arm) for arm in arms)
        rows.append(Row(levels[-1], cells, 1))
    rows.append(Row(f"Patients, by {lower_first(name)}", heading=True, unit="patients, n (%)"))
    for levels in numbers.levels(analysis, OF_PATIENTS, "ADHERENCE"):
        found = (
            [numbers.find(analysis, OF_PATIENTS, s, arm, levels=levels) for s in ("n", "pct")]
            for arm in arms
        )
        rows.append(Row(levels[-1], tuple(count_cell(*pair) for pair in found), 1))
    return rows


def _share(analysis: str, levels: tuple[str, ...], numbers: Numbers, arm: str) -> Cell:
    found: list[Number | None] = [
        numbers.find(analysis, OF_ASSESSMENTS, stat, arm, levels=levels)
        for stat in ("n_assess", "share_assess")
    ]
    return count_cell(*found) if found[0] else Cell((ABSENT,))
