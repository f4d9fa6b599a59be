# SPDX-License-Identifier: Apache-2.0
"""Disposition of treatment: who is still treated, who completed, who stopped and why."""

from __future__ import annotations

from equipoise.protocol.model import Protocol
from equipoise.report.numbers import Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import Row, Table, count_cell
from equipoise.report.words import population_name, reason_words, sentence_case

ANALYSIS, METHOD = "TREATMENT.END", "treatment-end"
STATUSES = {
    "GIVEN": "Given",
    "ONGOING": "Ongoing",
    "COMPLETED": "Completed",
    "DISCONTINUED": "Discontinued",
}


def treatment_end_table(numbers: Numbers, protocol: Protocol) -> Table | None:
    """One block for all treatment and one per drug; None where no end of treatment is recorded."""
    found = {n.levels: n.orders for n in numbers.of(ANALYSIS, METHOD) if n.levels}
    if not found:
        return None
    arms, columns = arm_columns(numbers, protocol, ANALYSIS, METHOD, total=True)
    rows: list[Row] = []
    for levels in sorted(found, key=lambda levels: (found[levels], levels)):
        drug, status, *reason = levels
        if status == "GIVEN":
            rows.append(Row(sentence_case(drug), heading=True))
        words = reason_words(sentence_case(reason[0])) if reason else STATUSES[status]
        cells = tuple(
            count_cell(
                numbers.find(ANALYSIS, METHOD, "n", arm, levels=levels),
                numbers.find(ANALYSIS, METHOD, "pct", arm, levels=levels),
            )
            for arm in arms
        )
        rows.append(Row(words, cells, 2 if reason else 1))
    return Table(
        id="treatment-end",
        title="Disposition of treatment",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            "Given: percentages of the patients of the column; all others: of those given the "
            "drug. –: no patient of the arm was given the drug.",
            "All study treatment: ongoing while some drug is; completed where every drug was; "
            "else discontinued, for the reason of the last drug that was stopped.",
        ),
    )
