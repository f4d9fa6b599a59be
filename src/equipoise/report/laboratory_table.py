# SPDX-License-Identifier: Apache-2.0
"""Shifts of laboratory grades: rows are grades at baseline, columns the worst grade later."""

from __future__ import annotations

from equipoise.protocol.model import Protocol
from equipoise.report.numbers import Numbers
from equipoise.report.table import Cell, Column, Row, Table, count_cell, number_cell
from equipoise.report.words import population_name

ANALYSIS, METHOD = "LAB.SHIFT", "shift"
GRADES = ("0", "1", "2", "3", "4")
BASELINES = {"MISSING": "Missing", "NOT GRADED": "Not graded"}


def shift_table(numbers: Numbers, protocol: Protocol) -> Table | None:
    """One block per CTCAE term, in it one per arm; None where there are no laboratory results."""
    terms = [levels[0] for levels in numbers.levels(ANALYSIS, METHOD, "CTCAE")]
    if not terms:
        return None
    rows: list[Row] = []
    for term in terms:
        rows.append(Row(term, heading=True))
        for arm in protocol.arms:
            size = numbers.find(ANALYSIS, METHOD, "N", arm.id, levels=(term,))
            blank = (Cell(),) * len(GRADES)
            rows.append(Row(arm.short, (number_cell(size), *blank), 1))
            rows += _arm_rows(numbers, term, arm.id)
    return Table(
        id="laboratory-shift",
        title="Shift of laboratory grades from baseline to the worst after the first dose",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="Term, arm and grade at baseline",
        columns=(
            Column("Patients"),
            *(Column(f"Grade {grade}", group="Worst grade") for grade in GRADES),
        ),
        rows=tuple(rows),
        footnotes=(
            "n (%) of the patients of the arm with a graded result after the first dose.",
            "CTCAE 5.0 by the numbers alone; grades that need signs or symptoms are left out. "
            "A missing baseline is not taken as grade 0.",
        ),
        folded=True,
    )


def _arm_rows(numbers: Numbers, term: str, arm: str) -> list[Row]:
    """The grades at baseline that somebody of the arm had."""
    rows = []
    for levels in numbers.levels(ANALYSIS, METHOD, "BTOXGR"):
        if levels[0] != term:
            continue
        whole = numbers.find(ANALYSIS, METHOD, "n", arm, levels=levels)
        if not whole or not whole.value:
            continue
        cells = []
        for key in (levels, *((*levels, grade) for grade in GRADES)):
            n = numbers.find(ANALYSIS, METHOD, "n", arm, levels=key)
            cells.append(count_cell(n, numbers.find(ANALYSIS, METHOD, "pct", arm, levels=key)))
        label = BASELINES.get(levels[1], f"Grade {levels[1]}")
        rows.append(Row(label, tuple(cells), 2))
    return rows
