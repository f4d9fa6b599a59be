# SPDX-License-Identifier: Apache-2.0
"""The survival curve as drawn: its steps, its censorings, and the numbers under it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import in_arm
from equipoise.results.number import limit, number
from equipoise.results.observed_times import ArmTimes, observed_times
from equipoise.results.schema import Result, Scope
from equipoise.results.task import Task
from equipoise.results.time_to_event import arm_curve
from equipoise.statistics.landmark import number_at_risk

TICK_MONTHS = (1, 3, 6, 12, 24, 60)
MOST_TICKS = 10


def curve(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """The steps of each arm's curve: survival at 0, at every event time and at the last time."""
    return [
        result
        for arm in observed_times(task, adam, protocol)
        if arm.rows.height
        for result in _steps(task, in_arm(task.scope(run_id), arm.group), arm)
    ]


def _steps(task: Task, scope: Scope, arm: ArmTimes) -> list[Result]:
    months = task.args["days_per_month"]
    found = arm_curve(task, arm)
    results = [number(scope, "surv", 1.0, rows=arm.where("AVAL <= 0 AND CNSR = 0"), time=0.0)]
    last = found.time.size - 1
    observed, event = arm.days, arm.event
    for at, days in enumerate(found.time):
        if found.n_event[at] or at == last:
            died = arm.chosen(f"AVAL = {days:g} AND CNSR = 0", (observed == days) & event)
            survival = number(
                scope, "surv", float(found.survival[at]), rows=died, time=days / months
            )
            results.append(survival)
            for stat, values in (("lcl", found.lower), ("ucl", found.upper)):
                ok = bool(np.isfinite(values[at]))
                results.append(
                    limit(
                        survival,
                        stat,
                        float(values[at]) if ok else None,
                        ci_level=task.args["conf_level"],
                        state="ok" if ok else "NE",
                        reason=None if ok else "the interval has no value at survival 0 or 1",
                    )
                )
        if found.n_censor[at]:
            rows = arm.chosen(f"AVAL = {days:g} AND CNSR <> 0", (observed == days) & ~event)
            results.append(number(scope, "n_cens", len(rows.keys), rows=rows, time=days / months))
    return [*results, _end(task, scope, arm)]


def _end(task: Task, scope: Scope, arm: ArmTimes) -> Result:
    """Where the drawn curve stops: the last time with the least number at risk, or the last of all.

    An arm that never had so many patients is drawn to its last time, and says so.
    """
    least, days = task.args["stop"], np.sort(arm.days)
    enough = isinstance(least, int) and least <= days.size
    stop = float(days[-least] if enough else days[-1])
    short = isinstance(least, int) and not enough
    return number(
        scope,
        "curve_end",
        stop / task.args["days_per_month"],
        rows=arm.where(f"AVAL >= {stop:g}"),
        unit="months",
        fmt="month1",
        warning=f"fewer than {least} patients: drawn to the last time" if short else None,
    )


def risk(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """At each tick those at risk (time >= t), and events and censorings before it: they make N."""
    arms = [arm for arm in observed_times(task, adam, protocol) if arm.rows.height]
    if not arms:
        return []
    months = task.args["days_per_month"]
    ticks = compute_ticks(max(arm.days.max() for arm in arms) / months)
    results = []
    for arm in arms:
        scope = in_arm(task.scope(run_id), arm.group)
        at = [tick * months for tick in ticks]
        found = number_at_risk(arm.days, arm.event, at)
        for index, tick in enumerate(ticks):
            for stat, counts, condition in (
                ("n_risk", found.n_risk, "AVAL >= {t}"),
                ("n_event_cum", found.n_event_before, "AVAL < {t} AND CNSR = 0"),
                ("n_cens_cum", found.n_censor_before, "AVAL < {t} AND CNSR <> 0"),
            ):
                rows = arm.where(condition.format(t=repr(at[index])))
                results.append(number(scope, stat, int(counts[index]), rows=rows, time=float(tick)))
    return results


def compute_ticks(last_month: float) -> tuple[int, ...]:
    """Ticks of the time axis up to the last time: every 1, 3, 6, 12 ... months, ten at most."""
    step = next((step for step in TICK_MONTHS if last_month // step < MOST_TICKS), TICK_MONTHS[-1])
    return tuple(range(0, int(last_month // step) * step + 1, step))
