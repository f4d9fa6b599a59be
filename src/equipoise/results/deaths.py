# SPDX-License-Identifier: Apache-2.0
"""Deaths of treated patients: how many, how long after the last dose, and of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.adverse_events import received_groups
from equipoise.results.groups import Group, both, group_size, in_arm, quoted, table_of
from equipoise.results.number import number, percentage
from equipoise.results.schema import Level, Result, rowset
from equipoise.results.task import Task

WHEN, CAUSE = "DEATH", "DTHCAUS"
DIED = "DTHDT IS NOT NULL"
FATAL = "SELECT USUBJID FROM ADAE WHERE AFATALFL = 'Y'"


def deaths(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Deaths by arm received and in total, by time since the last dose, each with its causes.

    A cause is DTHCAUS of ADSL where that is recorded; else only whether an adverse event was fatal
    is known, and the other deaths have no recorded cause.
    """
    adsl = table_of(adam, "ADSL")
    groups = received_groups(adam, protocol, task.population)
    sizes = {group.arm: group_size(task.scope(run_id), group) for group in groups}
    results = list(sizes.values())
    times, causes = _times(task, adsl), _causes(adam, adsl)
    for order, (label, when) in enumerate(times.items(), start=1):
        levels: list[tuple[tuple[Level, ...], str]] = [((Level(WHEN, label, order),), "")]
        levels += [
            ((Level(WHEN, label, order), Level(CAUSE, cause, at)), condition)
            for at, (cause, condition) in enumerate(causes.items(), start=1)
        ]
        for group in groups:
            for level, condition in levels:
                predicate = both(group.predicate, DIED, when, condition)
                keys = _died(adam, adsl, group, when, condition)
                here = replace(in_arm(task.scope(run_id), group), levels=level)
                count = number(here, "n", len(keys), rows=rowset("ADSL", predicate, keys))
                results += [count, percentage(count, sizes[group.arm])]
    return results


def _times(task: Task, adsl: pl.DataFrame) -> dict[str, str]:
    """Rows of the table with their conditions; one only where ADSL has no last dose."""
    days = task.args["days_after_last_dose"]
    if "TRTEDT" not in adsl.columns:
        return {"Died": ""}
    limit = f"TRTEDT + INTERVAL '{days} days'"
    split = {
        f"Up to {days} days after the last dose": f"DTHDT <= {limit}",
        f"More than {days} days after the last dose": f"DTHDT > {limit}",
        "Date of the last dose not known": "TRTEDT IS NULL",
    }
    unknown = adsl.filter(pl.col("DTHDT").is_not_null(), pl.col("TRTEDT").is_null())
    if not unknown.height:
        split.popitem()
    return {"Died": "", **split}


def _causes(adam: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> dict[str, str]:
    """Causes with their conditions; none where nothing about causes is recorded."""
    if CAUSE in adsl.columns:
        died = adsl.filter(pl.col("DTHDT").is_not_null())
        found = died[CAUSE].drop_nulls().unique().sort().to_list()
        stated = {cause: f"{CAUSE} = {quoted(cause)}" for cause in found}
        return stated | ({"Not recorded": f"{CAUSE} IS NULL"} if died[CAUSE].null_count() else {})
    if "ADAE" in adam and "AFATALFL" in adam["ADAE"].columns:
        return {
            "Adverse event": f"USUBJID IN ({FATAL})",
            "Other, or not recorded": f"USUBJID NOT IN ({FATAL})",
        }
    return {}


def _died(
    adam: Mapping[str, pl.DataFrame],
    adsl: pl.DataFrame,
    group: Group,
    when: str,
    condition: str,
) -> list[str]:
    """The patients of the group who died, then and of that."""
    rows = adsl.filter(pl.col("USUBJID").is_in(list(group.members)), pl.col("DTHDT").is_not_null())
    rows = rows.filter(pl.sql_expr(when)) if when else rows
    if FATAL in condition:
        fatal = adam["ADAE"].filter(pl.col("AFATALFL") == "Y")["USUBJID"]
        had = pl.col("USUBJID").is_in(fatal.unique().to_list())
        rows = rows.filter(~had if "NOT IN" in condition else had)
    elif condition:
        rows = rows.filter(pl.sql_expr(condition))
    return rows["USUBJID"].to_list()
