# SPDX-License-Identifier: Apache-2.0
"""How long the patients were followed: reverse Kaplan-Meier quartiles, by arm and in total."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import in_arm
from equipoise.results.observed_times import ArmTimes, observed_times
from equipoise.results.schema import Result, Scope
from equipoise.results.task import Task
from equipoise.results.time_to_event import no_times, quantile_results
from equipoise.statistics.follow_up import follow_up as compute_follow_up

QUARTILES = ("followup_median", "followup_q1", "followup_q3")


def follow_up(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Median and quartiles of follow-up in months; the event censors it."""
    return [
        result
        for arm in observed_times(task, adam, protocol, total=True)
        for result in _quartiles(task, in_arm(task.scope(run_id), arm.group), arm)
    ]


def _quartiles(task: Task, scope: Scope, arm: ArmTimes) -> list[Result]:
    if not arm.rows.height:
        return no_times(scope, arm, QUARTILES, state="NA", reason="no patients")
    if arm.event.all():
        return no_times(scope, arm, QUARTILES, state="NR", reason="nobody is censored")
    found = compute_follow_up(
        arm.days,
        arm.event,
        conf_type=task.args["conf_type"],
        conf_level=task.args["conf_level"],
        plateau=task.args["plateau"],
    )
    values = (found.median, found.q1, found.q3)
    return [
        result
        for stat, value in zip(QUARTILES, values, strict=True)
        for result in quantile_results(task, scope, arm, stat, value)
    ]
