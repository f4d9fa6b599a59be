# SPDX-License-Identifier: Apache-2.0
"""Landmark rates of each experimental arm less the control's, with their limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.comparison import compared_rows
from equipoise.results.number import limit, number
from equipoise.results.observed_times import ArmTimes, observed_times
from equipoise.results.schema import Result, Rowset, Scope
from equipoise.results.task import Task
from equipoise.results.time_to_event import arm_curve
from equipoise.statistics.landmark import landmark_difference as survival_difference


def landmark_difference(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Differences in percentage points at each landmark; above 0 favours the experimental arm."""
    control = protocol.control
    assert control is not None  # the plan has no comparison without one
    arms = {item.group.arm: item for item in observed_times(task, adam, protocol)}
    results: list[Result] = []
    for arm in protocol.arms:
        if arm.id == control.id:
            continue
        pair = (arms[control.id], arms[arm.id])
        rows = compared_rows(task, protocol, list(pair))
        scope = replace(task.scope(run_id), comparator=arm.id, reference=control.id)
        for month in task.args["landmarks_months"]:
            results += _difference(task, scope, rows, pair, float(month))
    return results


def _difference(
    task: Task, scope: Scope, rows: Rowset, pair: tuple[ArmTimes, ArmTimes], month: float
) -> list[Result]:
    state, reason = "NA", "one of the arms has no patients"
    values: dict[str, float] = {}
    if all(arm.rows.height for arm in pair):
        found = survival_difference(
            arm_curve(task, pair[0]),
            arm_curve(task, pair[1]),
            month * task.args["days_per_month"],
            beyond=task.args["beyond"],
            conf_level=task.args["conf_level"],
        )
        state, reason = str(found.state), found.reason
        named = (("rate_diff", found.difference), ("lcl", found.lower), ("ucl", found.upper))
        values = {name: 100.0 * value for name, value in named} | {"p": found.p}

    def value(stat: str) -> float | None:
        return values[stat] if state == "ok" else None

    estimate = number(
        scope, "rate_diff", value("rate_diff"), rows=rows, state=state, reason=reason, time=month
    )
    level = task.args["conf_level"]
    return [
        estimate,
        *(
            limit(estimate, end, value(end), ci_level=level, state=state, reason=reason)
            for end in ("lcl", "ucl")
        ),
        number(scope, "p", value("p"), rows=rows, state=state, reason=reason, time=month),
    ]
