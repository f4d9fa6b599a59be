# SPDX-License-Identifier: Apache-2.0
"""Where the patients went: screened, enrolled, treated, in each analysis set, off study and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import (
    ENROLLED,
    TOTAL,
    Group,
    arm_groups,
    both,
    group_size,
    in_arm,
    quoted,
    table_of,
)
from equipoise.results.number import number, percentage
from equipoise.results.schema import Level, Result, rowset
from equipoise.results.task import Task

GROUPING = "DISPOSITION"


def disposition(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Counts of the enrolled by arm and in total; all percentages are of the enrolled."""
    adsl = table_of(adam, "ADSL")
    scope = task.scope(run_id)
    groups = arm_groups(adsl, protocol, ENROLLED, arm_variable="ARMCD", total=True)
    levels = _levels(adsl, protocol)
    results = _screening(task, adsl, groups[-1], run_id=run_id)
    first = 1 + len(results)
    for group in groups:
        size = group_size(scope, group)
        results.append(size)
        for order, (level, condition) in enumerate(levels, start=first):
            predicate = both(group.predicate, condition)
            keys = adsl.filter(pl.sql_expr(predicate))["USUBJID"]
            here = replace(in_arm(scope, group), levels=(Level(GROUPING, level, order),))
            count = number(here, "n", len(keys), rows=rowset("ADSL", predicate, keys))
            results += [count, percentage(count, size)]
    return results


def _screening(task: Task, adsl: pl.DataFrame, total: Group, *, run_id: str) -> list[Result]:
    """Counts of those screened and not enrolled; they have no arm and no percentage."""
    if len(total.members) == adsl.height:
        return []
    scope = replace(task.scope(run_id), arm=TOTAL)
    screened = replace(scope, levels=(Level(GROUPING, "Screened", 1),))
    failed = replace(scope, levels=(Level(GROUPING, "Not enrolled", 2),))
    outside = adsl.filter(~pl.col("USUBJID").is_in(list(total.members)))["USUBJID"]
    return [
        number(
            screened,
            "n",
            adsl.height,
            rows=rowset("ADSL", "USUBJID IS NOT NULL", adsl["USUBJID"]),
        ),
        number(
            failed,
            "n",
            len(outside),
            rows=rowset("ADSL", f"NOT COALESCE({total.predicate}, FALSE)", outside),
        ),
    ]


def _levels(adsl: pl.DataFrame, protocol: Protocol) -> list[tuple[str, str]]:
    """Levels in printing order, each with its condition on ADSL."""
    levels = [("Randomised", "RANDDT IS NOT NULL")] if protocol.randomisation else []
    levels.append(("Treated", "TRTSDT IS NOT NULL"))
    levels += [
        (f"Analysis set: {item.label}", f"{item.flag} = 'Y'") for item in protocol.analysis_sets
    ]
    levels += [
        ("On study", "(EOSSTT IS NULL OR EOSSTT = 'ONGOING')"),
        ("Completed study", "EOSSTT = 'COMPLETED'"),
        ("Discontinued study", "EOSSTT = 'DISCONTINUED'"),
    ]
    if "DCSREAS" in adsl.columns:
        reasons = (
            adsl.filter(EOSSTT="DISCONTINUED")["DCSREAS"]
            .drop_nulls()
            .value_counts()
            .sort(["count", "DCSREAS"], descending=[True, False])["DCSREAS"]
        )
        levels += [
            (
                f"Discontinued: {reason.lower()}",
                f"EOSSTT = 'DISCONTINUED' AND DCSREAS = {quoted(reason)}",
            )
            for reason in reasons
        ]
    levels.append(("Died", "DTHDT IS NOT NULL"))
    return levels
