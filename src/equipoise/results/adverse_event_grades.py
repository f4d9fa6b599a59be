# SPDX-License-Identifier: Apache-2.0
"""Adverse events by worst grade: each patient once per term, in the worst band they reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.adverse_events import event_parts, received_groups
from equipoise.results.groups import Group, both, group_size, in_arm, table_of
from equipoise.results.number import number, percentage
from equipoise.results.schema import Level, Result, Scope, rowset
from equipoise.results.task import Task

WORST, UNGRADED = "WORST", "Not graded"


def worst_grades(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients by worst band, of any event and of each term; `bands` run from worst to mildest."""
    arms = received_groups(adam, protocol, task.population)
    groups = arms[:-1]
    sizes = {group.arm: group_size(task.scope(run_id), group) for group in groups}
    results = list(sizes.values())
    bands: dict[str, str] = task.args["bands"]
    graded = set(pl.sql_expr(" OR ".join(bands.values())).meta.root_names())
    parts = event_parts(task, adam, arms)
    if not parts or not graded <= set(table_of(adam, "ADAE").columns):
        return results
    whole = pl.concat([rows for _, _, rows in parts if rows is not None])
    for levels, condition, rows in [((), "", whole), *parts]:
        assert rows is not None  # only kinds of events can be unknown
        scope = replace(task.scope(run_id), levels=levels)
        for group in groups:
            results += _bands(task, scope, group, sizes[group.arm], condition, rows, bands)
    return results


def _bands(
    task: Task,
    scope: Scope,
    group: Group,
    size: Result,
    condition: str,
    rows: pl.DataFrame,
    bands: Mapping[str, str],
) -> list[Result]:
    """Counts of one term and arm; who has only events without a grade is said to be so."""
    own = rows.filter(pl.col("USUBJID").is_in(list(group.members)))
    results: list[Result] = []
    worse: list[str] = []
    seen: set[str] = set()
    within = both(task.where, condition)
    for order, (band, graded) in enumerate([*bands.items(), (UNGRADED, "")], start=1):
        found = set(own.filter(pl.sql_expr(graded or "TRUE"))["USUBJID"]) - seen
        seen |= found
        if band == UNGRADED and not found:
            continue
        not_worse = (
            f"USUBJID NOT IN (SELECT USUBJID FROM ADAE WHERE "
            f"{both(within, '(' + ' OR '.join(worse) + ')')})"
            if worse
            else ""
        )
        predicate = both(within, group.predicate, graded, not_worse)
        place = len(bands) + 1 - order if band != UNGRADED else order
        here = replace(in_arm(scope, group), levels=(*scope.levels, Level(WORST, band, place)))
        count = number(here, "n", len(found), rows=rowset("ADAE", predicate, found))
        results += [count, percentage(count, size)]
        worse.append(graded)
    return results
