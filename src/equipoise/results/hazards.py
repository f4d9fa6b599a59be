# SPDX-License-Identifier: Apache-2.0
"""Whether hazards are proportional, and what does not need it: restricted mean times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from equipoise.errors import MethodError
from equipoise.protocol.model import Protocol
from equipoise.results.comparison import NO_PATIENTS, Pair, compared_pairs, compared_rows
from equipoise.results.groups import in_arm
from equipoise.results.number import limit, number
from equipoise.results.observed_times import ArmTimes, observed_times
from equipoise.results.schema import Result
from equipoise.results.task import Task
from equipoise.results.time_to_event import arm_curve
from equipoise.statistics.cox import fit_cox
from equipoise.statistics.proportional_hazards import proportional_hazards_test
from equipoise.statistics.rmst import rmst, rmst_difference


def proportional(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Score test that the log hazard ratio of each pair of arms does not move with time."""
    return [
        result
        for pair in compared_pairs(task, adam, protocol, run_id)
        for result in _test(task, pair)
    ]


def _test(task: Task, pair: Pair) -> list[Result]:
    state, reason = "NA", NO_PATIENTS
    values: dict[str, float] = {}
    if not pair.empty:
        try:
            fit = fit_cox(
                pair.days,
                pair.event,
                pair.arm.astype(np.float64),
                ties=task.args["ties"],
                conf_level=0.95,  # the test has no interval
                stratum=pair.stratum,
            )
            found = proportional_hazards_test(fit, transform=task.args["transform"]).overall
            state, values = "ok", {"chi2": found.statistic, "df": float(found.df), "p": found.p}
        except MethodError as error:
            state, reason = "NE", error.faults[0].what
    return [
        number(
            pair.scope, stat, values.get(stat), rows=pair.rows, state=state, reason=reason or None
        )
        for stat in ("chi2", "df", "p")
    ]


def restricted_mean(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Area under each arm's curve up to a horizon, and each arm's difference from the control.

    The horizon is the shortest of the arms' last observed times, so that every area is observed.
    """
    control = protocol.control
    assert control is not None  # the plan has no restricted means without one
    arms = {item.group.arm: item for item in observed_times(task, adam, protocol)}
    if any(not arm.rows.height for arm in arms.values()):
        return []
    tau = min(float(arm.days.max()) for arm in arms.values())
    if not tau > 0:
        return []
    results = [result for arm in arms.values() for result in _mean(task, run_id, arm, tau)]
    for arm in protocol.arms:
        if arm.id != control.id:
            pair = (arms[control.id], arms[arm.id])
            results += _difference(task, protocol, run_id, pair, tau)
    return results


def _beyond(task: Task) -> str:
    """What an area takes after the last observation: a rule on rates alone gives it nothing."""
    carried = task.args["beyond"] == "carry-forward"
    return "carry-forward" if carried else "not-estimable"


def _mean(task: Task, run_id: str, arm: ArmTimes, tau: float) -> list[Result]:
    months, level = task.args["days_per_month"], task.args["conf_level"]
    scope, rows = in_arm(task.scope(run_id), arm.group), arm.where()
    found = rmst(arm_curve(task, arm), tau=tau, beyond=_beyond(task))
    limits = (("lcl", found.lower), ("ucl", found.upper))
    estimate = number(scope, "rmst", found.estimate / months, rows=rows)
    made = [number(scope, "horizon", tau / months, rows=rows), estimate]
    for end, value in limits:
        known = bool(np.isfinite(value))
        made.append(
            limit(
                estimate,
                end,
                value / months if known else None,
                ci_level=level,
                state="ok" if known else "NE",
                reason=found.reason or None,
            )
        )
    return made


def _difference(
    task: Task, protocol: Protocol, run_id: str, pair: tuple[ArmTimes, ArmTimes], tau: float
) -> list[Result]:
    months, level = task.args["days_per_month"], task.args["conf_level"]
    scope = replace(task.scope(run_id), comparator=pair[1].group.arm, reference=pair[0].group.arm)
    rows = compared_rows(task, protocol, list(pair))
    found = rmst_difference(
        arm_curve(task, pair[0]),
        arm_curve(task, pair[1]),
        tau=tau,
        beyond=_beyond(task),
        conf_level=level,
    )
    state, reason = str(found.state), found.reason or None
    known = state == "ok"
    estimate = number(
        scope,
        "rmst_diff",
        found.difference / months if known else None,
        rows=rows,
        state=state,
        reason=reason,
    )
    ends = (("lcl", found.lower), ("ucl", found.upper))
    return [
        estimate,
        *(
            limit(
                estimate,
                end,
                value / months if known else None,
                ci_level=level,
                state=state,
                reason=reason,
            )
            for end, value in ends
        ),
        number(scope, "p", found.p if known else None, rows=rows, state=state, reason=reason),
    ]
