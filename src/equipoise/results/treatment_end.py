# SPDX-License-Identifier: Apache-2.0
"""How treatment ended: of all drugs together and of each, ongoing, completed, stopped and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.adverse_events import received_groups
from equipoise.results.groups import Group, both, group_size, in_arm, quoted, table_of
from equipoise.results.schema import Level, Result, Scope
from equipoise.results.tally import group_rows, tally
from equipoise.results.task import Task

DRUG, STATUS, REASON = "EXTRT", "EOTSTT", "DCTREAS"
ALL_DRUGS, GIVEN = "All study treatment", "GIVEN"
STATUSES = ("ONGOING", "COMPLETED", "DISCONTINUED")
UNSTATED = "NOT STATED"


def treatment_end(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Counts by arm received and in total; percentages are of those who were given the drug.

    No rows where there is no ADEOT: the data tell no end of a treatment, and nobody knows why.
    """
    if "ADEOT" not in adam:
        return []
    groups = received_groups(adam, protocol, task.population)
    results = [group_size(task.scope(run_id), group) for group in groups]
    sizes = {result.scope.arm: result for result in results}
    for order, (drug, name, condition, table) in enumerate(_blocks(adam, protocol), start=1):
        scope = replace(task.scope(run_id), dataset=name)
        for group in groups:
            results += _block(scope, group, Level(DRUG, drug, order), condition, table, sizes)
    return results


def _blocks(
    adam: Mapping[str, pl.DataFrame], protocol: Protocol
) -> list[tuple[str, str, str, pl.DataFrame]]:
    """All drugs, from ADSL; then each drug, from ADEOT, where some arm has more than one."""
    blocks = [(ALL_DRUGS, "ADSL", "TRTSDT IS NOT NULL", table_of(adam, "ADSL"))]
    ends = table_of(adam, "ADEOT")
    if max(len(arm.regimens) for arm in protocol.arms) < 2:
        return blocks
    planned = [protocol.regimens[name].drug.upper() for a in protocol.arms for name in a.regimens]
    found = ends["EXTRT"].unique().sort().to_list()
    drugs = [drug for drug in dict.fromkeys([*planned, *found]) if drug in found]
    return blocks + [(drug, "ADEOT", f"EXTRT = {quoted(drug)}", ends) for drug in drugs]


def _block(
    scope: Scope,
    group: Group,
    drug: Level,
    condition: str,
    table: pl.DataFrame,
    sizes: Mapping[str | None, Result],
) -> list[Result]:
    """Those given the drug, and of them each status; of the discontinued each reason."""
    here = in_arm(scope, group)

    def counted(levels: tuple[Level, ...], more: str, of: Result) -> list[Result]:
        rows = group_rows(table, scope.dataset, group, both(condition, more))
        subset = f"given {drug.level}" if more else None
        return tally(replace(here, levels=(drug, *levels), subset=subset), rows, of)

    given = counted((Level(STATUS, GIVEN, 1),), "", sizes[group.arm])
    if not given[0].value:
        return []
    results = [*given]
    for order, status in enumerate(STATUSES, start=2):
        level = Level(STATUS, status, order)
        results += counted((level,), f"EOTSTT = {quoted(status)}", given[0])
        if status == "DISCONTINUED":
            for at, reason in enumerate(_reasons(table, condition), start=1):
                stated = f"COALESCE(DCTREAS, {quoted(UNSTATED)}) = {quoted(reason)}"
                why = both("EOTSTT = 'DISCONTINUED'", stated)
                results += counted((level, Level(REASON, reason, at)), why, given[0])
    return results


def _reasons(table: pl.DataFrame, condition: str) -> list[str]:
    """Reasons of all arms, most frequent first; ties in alphabetical order."""
    stopped = table.filter(pl.sql_expr(condition), pl.col("EOTSTT") == "DISCONTINUED")
    counts = stopped[REASON].fill_null(UNSTATED).value_counts()
    return counts.sort(["count", REASON], descending=[True, False])[REASON].to_list()
