# SPDX-License-Identifier: Apache-2.0
"""How planned tumour assessments were kept: of assessments, and of patients who missed some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import (
    Group,
    arm_groups,
    both,
    group_size,
    in_arm,
    quoted,
    rows_where,
    table_of,
)
from equipoise.results.number import number, percentage
from equipoise.results.schema import Level, Result, Rowset, rowset
from equipoise.results.task import Task

STATUSES = {"On time": "ON TIME", "Early": "EARLY", "Late": "LATE", "Missed": "MISSED"}
PATIENTS = {
    "At least one assessment due": "",
    "At least one out of its window": "STATUS IN ('EARLY', 'LATE')",
    "At least one missed": "STATUS = 'MISSED'",
    "At least two in a row missed": "MISSRUN >= 2",
}


def adherence(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Planned assessments that fell due in each arm, and what became of them."""
    results = []
    for group, rows in _by_arm(task, adam, protocol):
        scope = in_arm(task.scope(run_id), group)
        due = _assessments(task, group, rows, "")
        size = number(scope, "N_assess", len(due.keys), rows=due)
        results.append(size)
        for order, (level, status) in enumerate(STATUSES.items(), start=1):
            here = replace(scope, levels=(Level("STATUS", level, order),))
            behind = _assessments(task, group, rows, f"STATUS = {quoted(status)}")
            count = number(here, "n_assess", len(behind.keys), rows=behind)
            results += [count, percentage(count, size, stat="share_assess")]
    return results


def adherence_of_patients(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients of the population with assessments due, out of their windows, and missed."""
    results = []
    for group, rows in _by_arm(task, adam, protocol):
        size = group_size(task.scope(run_id), group)
        results.append(size)
        for order, (level, condition) in enumerate(PATIENTS.items(), start=1):
            here = in_arm(task.scope(run_id), group)
            here = replace(here, levels=(Level("ADHERENCE", level, order),))
            kept = rows.filter(pl.sql_expr(condition)) if condition else rows
            predicate = both(task.where, group.predicate, condition)
            behind = rowset("ADSCHED", predicate, kept["USUBJID"])
            count = number(here, "n", len(behind.keys), rows=behind)
            results += [count, percentage(count, size)]
    return results


def _by_arm(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol
) -> list[tuple[Group, pl.DataFrame]]:
    """Each arm, and all, with its planned assessments; none where nobody derived them."""
    if "ADSCHED" not in adam:
        return []
    rows = rows_where(table_of(adam, "ADSCHED"), "ADSCHED", task.where)
    groups = arm_groups(
        table_of(adam, "ADSL"), protocol, task.population, arm_variable="ARMCD", total=True
    )
    return [(group, rows.filter(pl.col("USUBJID").is_in(list(group.members)))) for group in groups]


def _assessments(task: Task, group: Group, rows: pl.DataFrame, condition: str) -> Rowset:
    kept = rows.filter(pl.sql_expr(condition)) if condition else rows
    keys = kept.select(pl.format("{}:{}", "USUBJID", "AVISITN")).to_series()
    predicate = both(task.where, group.predicate, condition)
    return rowset("ADSCHED", predicate, keys, key="USUBJID:AVISITN")
