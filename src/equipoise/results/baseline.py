# SPDX-License-Identifier: Apache-2.0
"""Who the patients were at baseline: continuous and categorical characteristics, no tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.errors import Fault, ResultError
from equipoise.protocol.model import Protocol
from equipoise.results.groups import (
    Group,
    arm_groups,
    both,
    group_size,
    in_arm,
    quoted,
    table_of,
)
from equipoise.results.number import number, percentage
from equipoise.results.schema import Level, Result, Scope, rowset
from equipoise.results.summaries import summarise
from equipoise.results.task import Task

MISSING = "Missing"


def baseline(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """One characteristic by arm and in total; percentages are of all patients, missing included."""
    adsl = table_of(adam, "ADSL")
    if task.variable not in adsl.columns:
        raise ResultError(
            Fault(
                what=f"the baseline variable {task.variable} is not in the data",
                where=f"ADSL; protocol: {task.protocol_ref}",
                mend="record it in SUPPDM, define a grouping for it, or take it out of `baseline`",
            )
        )
    scope = task.scope(run_id)
    groups = arm_groups(adsl, protocol, task.population, arm_variable="ARMCD", total=True)
    rows = adsl.filter(pl.col("USUBJID").is_in(list(groups[-1].members)))
    if task.method_id == "summary":
        return [item for group in groups for item in _continuous(task, scope, group, rows)]
    levels = _levels(task, rows)
    return [item for group in groups for item in _categorical(task, scope, group, rows, levels)]


def _continuous(task: Task, scope: Scope, group: Group, rows: pl.DataFrame) -> list[Result]:
    here = in_arm(scope, group)
    own = rows.filter(pl.col("USUBJID").is_in(list(group.members)))
    known = own.filter(pl.col(task.variable).is_not_null())
    unknown = own.filter(pl.col(task.variable).is_null())["USUBJID"]
    known_set = rowset(
        "ADSL", both(group.predicate, f"{task.variable} IS NOT NULL"), known["USUBJID"]
    )
    unknown_set = rowset("ADSL", both(group.predicate, f"{task.variable} IS NULL"), unknown)
    values = known[task.variable].cast(pl.Float64).to_numpy()
    return [
        group_size(scope, group),
        number(here, "n", known.height, rows=known_set),
        number(here, "n_missing", len(unknown), rows=unknown_set),
        *summarise(
            here,
            values,
            rows=known_set,
            unit=task.args["unit"],
            decimals=task.args["decimals"],
            quantile=task.args["quantile"],
        ),
    ]


def _levels(task: Task, rows: pl.DataFrame) -> list[tuple[str | None, str | None]]:
    """Levels in printing order with their warnings: declared, then others found, then missing."""
    found = rows[task.variable].cast(pl.String)
    declared = [str(level) for level in task.args["levels"]]
    others = sorted(set(found.drop_nulls()) - set(declared))
    warning = f"level of {task.variable} that the protocol does not declare"
    levels: list[tuple[str | None, str | None]] = [(level, None) for level in declared]
    levels += [(level, warning) for level in others]
    if found.null_count():
        levels.append((None, None))
    return levels


def _categorical(
    task: Task,
    scope: Scope,
    group: Group,
    rows: pl.DataFrame,
    levels: list[tuple[str | None, str | None]],
) -> list[Result]:
    size = group_size(scope, group)
    results = [size]
    text = rows[task.variable].dtype == pl.String
    column = task.variable if text else f"CAST({task.variable} AS VARCHAR)"
    own = rows.filter(pl.col("USUBJID").is_in(list(group.members)))
    value = pl.col(task.variable).cast(pl.String)
    for order, (level, warning) in enumerate(levels, start=1):
        condition = f"{column} IS NULL" if level is None else f"{column} = {quoted(level)}"
        keys = own.filter(value.eq_missing(pl.lit(level, pl.String)))["USUBJID"]
        item = Level(task.variable, MISSING if level is None else level, order)
        here = replace(in_arm(scope, group), levels=(item,))
        members = rowset("ADSL", both(group.predicate, condition), keys)
        count = number(here, "n", len(keys), rows=members, warning=warning)
        results += [count, percentage(count, size)]
    return results
