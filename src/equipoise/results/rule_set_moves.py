# SPDX-License-Identifier: Apache-2.0
"""Whose times end otherwise under another censoring rule set: what moved, and by which rules."""

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
from equipoise.results.plan_sensitivity import CHANGES
from equipoise.results.schema import Level, Result, rowset
from equipoise.results.task import Task

MOVED = "MOVED"
ANY = "Moved"
Part = tuple[tuple[Level, ...], str]


def rule_set_moves(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients of the population who move, by what moved and by the two rules that decided.

    None where ADTTECMP is not there: nobody compared the rule sets.
    """
    if "ADTTECMP" not in adam:
        return []
    moves = rows_where(table_of(adam, "ADTTECMP"), "ADTTECMP", task.where)
    groups = arm_groups(
        table_of(adam, "ADSL"), protocol, task.population, arm_variable="ARMCD", total=True
    )
    members = frozenset().union(*(group.members for group in groups))
    parts = _parts(moves.filter(pl.col("USUBJID").is_in(list(members))))
    return [result for group in groups for result in _counts(task, run_id, group, moves, parts)]


def _parts(moves: pl.DataFrame) -> list[Part]:
    """Everybody who moves; then each kind of change, and under it each pair of rules."""
    found: list[Part] = [((Level(MOVED, ANY, 1),), "")]
    for order, change in enumerate(CHANGES, start=2):
        kind = Level(MOVED, change, order)
        condition = f"CHANGE = {quoted(change)}"
        found.append(((kind,), condition))
        pairs = (
            moves.filter(CHANGE=change)
            .group_by("RULE1", "RULE2")
            .len()
            .sort(["len", "RULE1", "RULE2"], descending=[True, False, False])
        )
        for place, (one, two) in enumerate(pairs.select("RULE1", "RULE2").iter_rows(), start=1):
            why = Level("RULES", f"{one} → {two}", place)
            rules = f"RULE1 = {quoted(one)} AND RULE2 = {quoted(two)}"
            found.append(((kind, why), both(condition, rules)))
    return found


def _counts(
    task: Task, run_id: str, group: Group, moves: pl.DataFrame, parts: list[Part]
) -> list[Result]:
    scope = in_arm(task.scope(run_id), group)
    size = group_size(scope, group)
    own = moves.filter(pl.col("USUBJID").is_in(list(group.members)))
    results = [size]
    for levels, condition in parts:
        rows = own.filter(pl.sql_expr(condition)) if condition else own
        predicate = both(task.where, group.predicate, condition)
        behind = rowset("ADTTECMP", predicate, rows["USUBJID"])
        count = number(replace(scope, levels=levels), "n", len(behind.keys), rows=behind)
        results += [count, percentage(count, size)]
    return results
