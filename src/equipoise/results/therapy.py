# SPDX-License-Identifier: Apache-2.0
"""Anticancer therapy before or after the reference day: who had any, of which kind and name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import arm_groups, both, group_size, in_arm, quoted, table_of
from equipoise.results.schema import Level, Result
from equipoise.results.tally import group_rows, tally
from equipoise.results.task import Task

KIND, NAME, ANY = "ACLASS", "ADECOD", "ANY"
UNSTATED = "NOT STATED"
_NAMED = f"COALESCE(ADECOD, ATRT, {quoted(UNSTATED)})"


def therapy(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients by planned arm and in total; a patient counts once in each row.

    No rows where the table is not there: no data record such therapy, and nobody knows.
    """
    if task.dataset not in adam:
        return []
    rows = adam[task.dataset]
    adsl = table_of(adam, "ADSL")
    groups = arm_groups(adsl, protocol, task.population, arm_variable="ARMCD", total=True)
    results: list[Result] = []
    levels = list(_levels(rows))
    for group in groups:
        size = group_size(task.scope(run_id), group)
        results.append(size)
        for level, condition in levels:
            here = replace(in_arm(task.scope(run_id), group), levels=level)
            results += tally(here, group_rows(rows, task.dataset, group, condition), size)
    return results


def _levels(rows: pl.DataFrame) -> Iterator[tuple[tuple[Level, ...], str]]:
    """Any therapy, each kind, and under it each name; most frequent first."""
    yield (Level(KIND, ANY, 1),), ""
    named = rows.with_columns(_name=pl.sql_expr(_NAMED))
    for at, kind in enumerate(_by_frequency(named, KIND), start=2):
        whole = f"ACLASS = {quoted(kind)}"
        yield (Level(KIND, kind, at),), whole
        for order, name in enumerate(_by_frequency(named.filter(ACLASS=kind), "_name"), start=1):
            is_named = both(whole, f"{_NAMED} = {quoted(name)}")
            yield (Level(KIND, kind, at), Level(NAME, name, order)), is_named


def _by_frequency(rows: pl.DataFrame, column: str) -> list[str]:
    """Values by how many patients have them, ties in alphabetical order."""
    counts = rows.group_by(column).agg(pl.col("USUBJID").n_unique().alias("_n"))
    return counts.sort(["_n", column], descending=[True, False])[column].to_list()
