# SPDX-License-Identifier: Apache-2.0
"""How long the patients were followed: reverse Kaplan-Meier quartiles, by arm and in total."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import in_arm
from equipoise.results.number import number
from equipoise.results.observed_times import observed_times
from equipoise.results.schema import Result
from equipoise.results.task import Task
from equipoise.results.time_to_event import MONTH, MONTHS, quantile_results
from equipoise.statistics.follow_up import follow_up as compute_follow_up


def follow_up(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Median and quartiles of follow-up in months; the event censors it."""
    results = []
    for arm in observed_times(task, adam, protocol, total=True):
        scope = in_arm(task.scope(run_id), arm.group)
        names = ("followup_median", "followup_q1", "followup_q3")
        if not arm.rows.height:
            results += [
                number(
                    scope,
                    stat,
                    None,
                    rows=arm.where(),
                    state="NA",
                    reason="no patients",
                    unit=MONTHS,
                    fmt=MONTH,
                )
                for stat in names
            ]
            continue
        found = compute_follow_up(
            arm.days,
            arm.event,
            conf_type=task.args["conf_type"],
            conf_level=task.args["conf_level"],
            plateau=task.args["plateau"],
        )
        for stat, value in zip(names, (found.median, found.q1, found.q3), strict=True):
            results += quantile_results(task, scope, arm, stat, value)
    return results
