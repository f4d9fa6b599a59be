# SPDX-License-Identifier: Apache-2.0
"""Records that a patient has or has not, such as therapies: who had any, which kind and name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import arm_groups, both, group_size, in_arm, quoted, table_of
from equipoise.results.schema import Level, Result
from equipoise.results.tally import group_rows, tally
from equipoise.results.task import Task

ANY, UNSTATED = "ANY", "NOT STATED"


def occurrences(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients by planned arm and in total; a patient counts once in each row.

    Arguments of the task: `kind`, the variable of the kind, and `names`, those of the name, the
    first that is known. No rows where the table is not there: nobody knows.
    """
    if task.dataset not in adam:
        return []
    rows = adam[task.dataset]
    adsl = table_of(adam, "ADSL")
    groups = arm_groups(adsl, protocol, task.population, arm_variable="ARMCD", total=True)
    results: list[Result] = []
    levels = list(_levels(rows, task.args["kind"], task.args["names"]))
    for group in groups:
        size = group_size(task.scope(run_id), group)
        results.append(size)
        for level, condition in levels:
            here = replace(in_arm(task.scope(run_id), group), levels=level)
            results += tally(here, group_rows(rows, task.dataset, group, condition), size)
    return results


def _levels(
    rows: pl.DataFrame, kind: str, names: list[str]
) -> Iterator[tuple[tuple[Level, ...], str]]:
    """Any record, each kind, and under it each name; most frequent first."""
    named_by = _coalesced([name for name in names if name in rows.columns])
    kind_by = _coalesced([kind] if kind in rows.columns else [])
    known = rows.with_columns(_kind=pl.sql_expr(kind_by), _name=pl.sql_expr(named_by))
    yield (Level(kind, ANY, 1),), ""
    for at, found in enumerate(_by_frequency(known, "_kind"), start=2):
        whole = f"{kind_by} = {quoted(found)}"
        top = Level(kind, found, at)
        yield (top,), whole
        of_kind = known.filter(_kind=found)
        for order, name in enumerate(_by_frequency(of_kind, "_name"), start=1):
            yield (top, Level(names[0], name, order)), both(whole, f"{named_by} = {quoted(name)}")


def _coalesced(names: list[str]) -> str:
    return f"COALESCE({', '.join([*names, quoted(UNSTATED)])})"


def _by_frequency(rows: pl.DataFrame, column: str) -> list[str]:
    """Values by how many patients have them, ties in alphabetical order."""
    counts = rows.group_by(column).agg(pl.col("USUBJID").n_unique().alias("_n"))
    return counts.sort(["_n", column], descending=[True, False])[column].to_list()
