# SPDX-License-Identifier: Apache-2.0
"""Time to event in each arm: events and their reasons, median, quartiles, range, landmark rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import in_arm, quoted
from equipoise.results.number import censored, limit, number, percentage
from equipoise.results.observed_times import ArmTimes, observed_times
from equipoise.results.schema import Level, Result, Scope
from equipoise.results.task import Task
from equipoise.statistics.kaplan_meier import KaplanMeier, kaplan_meier
from equipoise.statistics.landmark import landmark
from equipoise.statistics.quantile import Quantile, normal_approximation_median, quantile

QUANTILES = {"median": 0.5, "q25": 0.25, "q75": 0.75}


def time_to_event(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Kaplan-Meier summary of each arm."""
    return [
        result
        for arm in observed_times(task, adam, protocol)
        for result in _summary(task, in_arm(task.scope(run_id), arm.group), arm)
    ]


def arm_curve(task: Task, arm: ArmTimes) -> KaplanMeier:
    """The arm's curve, in days."""
    return kaplan_meier(
        arm.days, arm.event, conf_type=task.args["conf_type"], conf_level=task.args["conf_level"]
    )


def _summary(task: Task, scope: Scope, arm: ArmTimes) -> list[Result]:
    results = event_counts(scope, arm)
    if not arm.rows.height:
        stats = (*QUANTILES, "min", "max")
        return results + no_times(scope, arm, stats, state="NA", reason="no patients")
    curve = arm_curve(task, arm)
    for stat, fraction in QUANTILES.items():
        normal = task.args["median_interval"] == "normal-approximation" and stat == "median"
        plateau = task.args["plateau" if stat == "median" else "quartile_plateau"]
        found = (
            normal_approximation_median(curve)
            if normal
            else quantile(curve, fraction, plateau=plateau)
        )
        results += quantile_results(task, scope, arm, stat, found)
    return results + _range(task, scope, arm) + _rates(task, scope, arm, curve)


MONTHS = "months"
MONTH = "month1"


def no_times(
    scope: Scope, arm: ArmTimes, stats: Iterable[str], *, state: str, reason: str
) -> list[Result]:
    """Times that there are not, each with its state and reason."""
    rows = arm.where()
    return [
        number(scope, stat, None, rows=rows, state=state, reason=reason, unit=MONTHS, fmt=MONTH)
        for stat in stats
    ]


def quantile_results(
    task: Task, scope: Scope, arm: ArmTimes, stat: str, found: Quantile
) -> list[Result]:
    """A quantile in months and its limits, each with its own state."""
    months = task.args["days_per_month"]
    state = str(found.state)
    estimate = number(
        scope,
        stat,
        found.estimate / months if state == "ok" else None,
        rows=arm.where(),
        state=state,
        reason=found.reason or None,
        unit=MONTHS,
        fmt=MONTH,
    )
    results = [estimate]
    for end, value, limit_state in (
        ("lcl", found.lower, str(found.lower_state)),
        ("ucl", found.upper, str(found.upper_state)),
    ):
        results.append(
            limit(
                estimate,
                end,
                value / months if limit_state == "ok" else None,
                ci_level=task.args["conf_level"],
                state=limit_state,
                reason=f"the {end} curve does not cross this level"
                if limit_state == "NR"
                else None,
            )
        )
    return results


def event_counts(scope: Scope, arm: ArmTimes) -> list[Result]:
    """Patients, events, censorings, and the reasons of each."""
    absent = len(arm.group.members) - arm.rows.height
    warning = f"{absent} patients of the population have no time" if absent else None
    size = number(scope, "N", arm.rows.height, rows=arm.where(), warning=warning)
    results = [size]
    for stat, share, condition, variable in (
        ("n_event", "pct_event", "CNSR = 0", "EVNTDESC"),
        ("n_cens", "pct_cens", "CNSR <> 0", "CNSDTDSC"),
    ):
        rows = arm.where(condition)
        count = number(scope, stat, len(rows.keys), rows=rows)
        results += [count, percentage(count, size, stat=share)]
        reasons = arm.rows.filter(pl.sql_expr(condition))[variable].fill_null("Not stated")
        for order, reason in enumerate(sorted(reasons.unique()), start=1):
            here = replace(scope, levels=(Level(variable, reason, order),))
            text = f"COALESCE({variable}, 'Not stated') = {quoted(reason)}"
            own = arm.where(f"{condition} AND {text}")
            number_of = number(here, "n", len(own.keys), rows=own)
            results += [number_of, percentage(number_of, size)]
    return results


def _range(task: Task, scope: Scope, arm: ArmTimes) -> list[Result]:
    """Shortest and longest time; a `+` marks one that is censored."""
    months = task.args["days_per_month"]
    results = []
    for stat, days in (("min", arm.days.min()), ("max", arm.days.max())):
        here = arm.event[arm.days == days]
        rows = arm.where(f"AVAL = {days:g}")
        time = number(scope, stat, days / months, rows=rows, unit=MONTHS, fmt=MONTH)
        ends_with_event = here.any() if stat == "min" else here.all()
        results.append(time if ends_with_event else censored(time))
    return results


def _rates(task: Task, scope: Scope, arm: ArmTimes, curve: KaplanMeier) -> list[Result]:
    """Percentage without the event at each landmark, with its limits."""
    results = []
    for month in task.args["landmarks_months"]:
        days = month * task.args["days_per_month"]
        found = landmark(curve, days, beyond=task.args["beyond"])
        state = str(found.state)
        estimate = number(
            scope,
            "rate",
            100.0 * found.survival if state == "ok" else None,
            rows=arm.where(),
            state=state,
            reason=found.reason or None,
            time=float(month),
        )
        results.append(estimate)
        for stat, value in (("lcl", found.lower), ("ucl", found.upper)):
            ok = bool(np.isfinite(value))
            results.append(
                limit(
                    estimate,
                    stat,
                    100.0 * value if ok else None,
                    ci_level=task.args["conf_level"],
                    state="ok" if ok else "NE",
                    reason=found.reason or None,
                )
            )
    return results
