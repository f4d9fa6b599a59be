# SPDX-License-Identifier: Apache-2.0
"""Agreement of two evaluators: best responses crossed, dates of progression, ends of the times."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import (
    TOTAL,
    Group,
    arm_groups,
    both,
    in_arm,
    quoted,
    rows_where,
    table_of,
)
from equipoise.results.number import limit, number, percentage
from equipoise.results.schema import Level, Result, Rowset, Scope, rowset
from equipoise.results.task import Task
from equipoise.statistics.contingency import cohen_kappa

COMPARED = "STATUS = 'COMPARED'"
TIMED = "CNSR1 IS NOT NULL AND CNSR2 IS NOT NULL"
PROGRESSION = {
    "Same date": "SAME DATE",
    "First earlier": "FIRST EARLIER",
    "First later": "FIRST LATER",
    "First only": "FIRST ONLY",
    "Second only": "SECOND ONLY",
    "Neither": "NEITHER",
}
ENDS = {
    "Both with event": "CNSR1 = 0 AND CNSR2 = 0",
    "First with event, second censored": "CNSR1 = 0 AND CNSR2 <> 0",
    "First censored, second with event": "CNSR1 <> 0 AND CNSR2 = 0",
    "Both censored": "CNSR1 <> 0 AND CNSR2 <> 0",
    "Same end on the same date": "ENDAGR = 'Y'",
}
ALL = "All"  # the margin of a table of two evaluators
NO_ERROR = "kappa has no standard error where all agree"
ONE_LEVEL = "all reads are the same, so that chance alone would agree"


def pair_rows(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, total: bool
) -> list[tuple[Group, pl.DataFrame]]:
    """Each arm, and all of them if asked for, with the rows of ADCONC of the two evaluators.

    None where ADCONC is not there: nobody compared them.
    """
    if "ADCONC" not in adam:
        return []
    rows = rows_where(table_of(adam, "ADCONC"), "ADCONC", task.where)
    groups = arm_groups(
        table_of(adam, "ADSL"), protocol, task.population, arm_variable="ARMCD", total=total
    )
    return [(group, rows.filter(pl.col("USUBJID").is_in(list(group.members)))) for group in groups]


def pair_rowset(task: Task, group: Group, rows: pl.DataFrame, condition: str) -> Rowset:
    """The rows of a group for which a further condition holds."""
    keys = rows.filter(pl.sql_expr(condition))["USUBJID"]
    return rowset("ADCONC", both(task.where, group.predicate, condition), keys)


def agreement(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Counts and percentages of those compared, and kappa, in each arm and in all.

    Best responses of all arms together are also crossed, every cell with its patients.
    """
    scope = task.scope(run_id)
    results = []
    for group, rows in pair_rows(task, adam, protocol, total=True):
        here = in_arm(scope, group)
        if task.method_id == "agreement.progression":
            results += _progression(task, here, group, rows)
        elif task.method_id == "agreement.endpoint":
            results += _endpoint(task, here, group, rows)
        else:
            results += _responses(task, here, group, rows)
    return results


def _size(task: Task, scope: Scope, group: Group, rows: pl.DataFrame, condition: str) -> Result:
    behind = pair_rowset(task, group, rows, condition)
    return number(scope, "N", len(behind.keys), rows=behind)


def _count(
    task: Task,
    scope: Scope,
    group: Group,
    rows: pl.DataFrame,
    condition: str,
    levels: tuple[Level, ...],
    size: Result | None,
) -> list[Result]:
    behind = pair_rowset(task, group, rows, condition)
    count = number(replace(scope, levels=levels), "n", len(behind.keys), rows=behind)
    return [count] if size is None else [count, percentage(count, size)]


def _progression(task: Task, scope: Scope, group: Group, rows: pl.DataFrame) -> list[Result]:
    size = _size(task, scope, group, rows, COMPARED)
    results = [size]
    for order, (level, category) in enumerate(PROGRESSION.items(), start=1):
        condition = both(COMPARED, f"PDCAT = {quoted(category)}")
        label = (Level("PDCAT", level, order),)
        results += _count(task, scope, group, rows, condition, label, size)
    return results


def _endpoint(task: Task, scope: Scope, group: Group, rows: pl.DataFrame) -> list[Result]:
    size = _size(task, scope, group, rows, both(COMPARED, TIMED))
    results = [size]
    for order, (level, holds) in enumerate(ENDS.items(), start=1):
        condition = both(COMPARED, TIMED, holds)
        label = (Level("CNSR", level, order),)
        results += _count(task, scope, group, rows, condition, label, size)
    timed = rows.filter(pl.sql_expr(both(COMPARED, TIMED)))
    one, two = ((timed[name] == 0).to_numpy() for name in ("CNSR1", "CNSR2"))
    cells = [[int((one & two).sum()), int((one & ~two).sum())]]
    cells.append([int((~one & two).sum()), int((~one & ~two).sum())])
    return results + _kappa(task, scope, size, np.array(cells))


def _responses(task: Task, scope: Scope, group: Group, rows: pl.DataFrame) -> list[Result]:
    one, two = f"{task.variable}1", f"{task.variable}2"
    size = _size(task, scope, group, rows, COMPARED)
    results = [size]
    status = (Level("STATUS", "PENDING", 1),)
    results += _count(task, scope, group, rows, "STATUS = 'PENDING'", status, None)
    same = both(COMPARED, f"{task.variable}AGR = 'Y'")
    agree = (Level("AGREEMENT", "Same", 1),)
    results += _count(task, scope, group, rows, same, agree, size)
    compared = rows.filter(pl.sql_expr(COMPARED))
    seen = {*compared[one].drop_nulls(), *compared[two].drop_nulls()}
    known = [name for name in task.args["levels"] if name in seen]
    cells = np.zeros((len(known), len(known)), dtype=np.int64)
    for (row, column), part in compared.partition_by(one, two, as_dict=True).items():
        cells[known.index(row), known.index(column)] = part.height
    results += _kappa(task, scope, size, cells)
    if group.arm == TOTAL:
        results += _crossed(task, scope, group, rows, known, size)
    return results


def _crossed(
    task: Task, scope: Scope, group: Group, rows: pl.DataFrame, known: list[str], size: Result
) -> list[Result]:
    """Every cell of the table and its margins, whose level is All."""
    one, two = f"{task.variable}1", f"{task.variable}2"
    results = []
    for order, first in enumerate([*known, ALL], start=1):
        for place, second in enumerate([*known, ALL], start=1):
            levels = (Level(one, first, order), Level(two, second, place))
            cell = both(
                COMPARED,
                f"{one} = {quoted(first)}" if first != ALL else "",
                f"{two} = {quoted(second)}" if second != ALL else "",
            )
            results += _count(task, scope, group, rows, cell, levels, size)
    return results


def _kappa(task: Task, scope: Scope, size: Result, cells: np.ndarray) -> list[Result]:
    """Kappa of the rows that the size counts, and its limits, which end where kappa does."""
    level = task.args["conf_level"]
    values = (math.nan, math.nan, math.nan)
    if cells.sum():
        found = cohen_kappa(cells, conf_level=level)
        lower, upper = np.clip((found.lower, found.upper), -1.0, 1.0).tolist()
        values = (found.kappa, lower, upper)
    ok = math.isfinite(values[0])
    unknown = ("NE", ONE_LEVEL) if size.value else ("NA", "no patients")
    state, reason = ("ok", None) if ok else unknown
    estimate = number(
        scope, "kappa", values[0] if ok else None, rows=size.rowset, state=state, reason=reason
    )
    results = [estimate]
    for end, value in zip(("lcl", "ucl"), values[1:], strict=True):
        there = ok and math.isfinite(value)
        why = ("ok", None) if there else ("NE", NO_ERROR) if ok else unknown
        known = value if there else None
        results.append(limit(estimate, end, known, ci_level=level, state=why[0], reason=why[1]))
    return results
