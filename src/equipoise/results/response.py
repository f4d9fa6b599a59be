# SPDX-License-Identifier: Apache-2.0
"""Tumour response: the proportion that responded with its exact interval, and best responses."""

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
from equipoise.results.number import limit, number, percentage
from equipoise.results.schema import Level, Result, Rowset, rowset
from equipoise.results.task import Task
from equipoise.statistics.proportion import clopper_pearson

BEST = "BOR"
UNKNOWN, PENDING = "MISSING", "PENDING"


def response(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Responders of all patients of the population; who has no assessment did not respond.

    Nor did who awaits adjudication: their number is a warning of the denominator.
    """
    scope = task.scope(run_id)
    waiting = _pending(task, adam)
    results = []
    for group, responders in responders_by_arm(task, adam, protocol):
        size = group_size(scope, group, warning=_awaiting(len(waiting & group.members)))
        count = number(in_arm(scope, group), "n", len(responders.keys), rows=responders)
        share = percentage(count, size)
        results += [size, count, share, *_interval(task, share, count, size)]
    return results


def _pending(task: Task, adam: Mapping[str, pl.DataFrame]) -> frozenset[str]:
    """Patients whose read is not accepted yet."""
    rows = rows_where(table_of(adam, "ADRS"), "ADRS", task.where)
    return frozenset(rows.filter(AVALC=PENDING)["USUBJID"])


def _awaiting(count: int) -> str | None:
    if not count:
        return None
    if count == 1:
        return "1 patient awaits adjudication and counts as no response"
    return f"{count} patients await adjudication and count as no response"


def responders_by_arm(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol
) -> list[tuple[Group, Rowset]]:
    """Each arm with its rows of ADRS that have one of the levels counted as response."""
    levels = ", ".join(quoted(level) for level in task.args["levels"])
    return [
        (group, _rows(task, group, rows, f"AVALC IN ({levels})"))
        for group, rows in _by_arm(task, adam, protocol, total=False)
    ]


def _interval(task: Task, share: Result, count: Result, size: Result) -> list[Result]:
    level = task.args["conf_level"]
    if not size.value:
        return [
            limit(share, stat, None, ci_level=level, state="NA", reason=share.state_reason)
            for stat in ("lcl", "ucl")
        ]
    found = clopper_pearson(count.value or 0, size.value, conf_level=level)
    return [
        limit(share, "lcl", 100.0 * float(found.lower), ci_level=level),
        limit(share, "ucl", 100.0 * float(found.upper), ci_level=level),
    ]


def best_response(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients with each best response; without an assessment the response is MISSING.

    While the adjudicator has not accepted a read it is PENDING: the levels sum to N.
    """
    scope = task.scope(run_id)
    results = []
    for group, rows in _by_arm(task, adam, protocol, total=True):
        size = group_size(scope, group)
        results.append(size)
        for order, level in enumerate(task.args["levels"], start=1):
            here = replace(in_arm(scope, group), levels=(Level(BEST, level, order),))
            members = (
                _without(task, group, rows)
                if level == UNKNOWN
                else _rows(task, group, rows, f"AVALC = {quoted(level)}")
            )
            count = number(here, "n", len(members.keys), rows=members)
            results += [count, percentage(count, size)]
    return results


def _by_arm(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, total: bool
) -> list[tuple[Group, pl.DataFrame]]:
    adsl = table_of(adam, "ADSL")
    rows = rows_where(table_of(adam, "ADRS"), "ADRS", task.where)
    groups = arm_groups(adsl, protocol, task.population, arm_variable="ARMCD", total=total)
    return [(group, rows.filter(pl.col("USUBJID").is_in(list(group.members)))) for group in groups]


def _rows(task: Task, group: Group, rows: pl.DataFrame, condition: str) -> Rowset:
    keys = rows.filter(pl.sql_expr(condition))["USUBJID"]
    return rowset("ADRS", both(task.where, group.predicate, condition), keys)


def _without(task: Task, group: Group, rows: pl.DataFrame) -> Rowset:
    """Patients whose best response is MISSING, or who have no row of it at all."""
    known = rows.filter(pl.col("AVALC") != UNKNOWN)["USUBJID"]
    condition = both(task.where, f"AVALC <> {quoted(UNKNOWN)}")
    return rowset(
        "ADSL",
        both(group.predicate, f"USUBJID NOT IN (SELECT USUBJID FROM ADRS WHERE {condition})"),
        group.members - set(known),
    )
