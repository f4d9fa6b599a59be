# SPDX-License-Identifier: Apache-2.0
"""Times known to lie between two assessments: where the median is, and the hazard ratio."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.errors import Fault, ResultError
from equipoise.protocol.model import Protocol
from equipoise.results.comparison import NO_PATIENTS, compared_rows, stratum_labels
from equipoise.results.groups import in_arm, table_of
from equipoise.results.number import limit, number
from equipoise.results.observed_times import ArmTimes, observed_times
from equipoise.results.schema import Result, Scope
from equipoise.results.task import Task
from equipoise.results.time_to_event import event_counts, no_times
from equipoise.statistics.interval_cox import IntervalCox, interval_cox
from equipoise.statistics.turnbull import turnbull, turnbull_quantile

Floats = NDArray[np.float64]
ENDS = ("median_from", "median_to")
NO_END = "the likelihood does not fall on this side"


def turnbull_summary(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Events, censorings and the interval that holds the median, in each arm."""
    return [
        result
        for arm in observed_times(task, adam, protocol)
        for result in _summary(task, in_arm(task.scope(run_id), arm.group), arm)
    ]


def interval_hazard(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Hazard ratios by profile likelihood; below 1 the experimental arm has the lower hazard."""
    control = protocol.control
    assert control is not None  # the plan has no comparison without one
    arms = {item.group.arm: item for item in observed_times(task, adam, protocol)}
    adsl = table_of(adam, "ADSL")
    return [
        result
        for arm in protocol.arms
        if arm.id != control.id
        for result in _hazard(task, adsl, protocol, [arms[control.id], arms[arm.id]], run_id)
    ]


def _summary(task: Task, scope: Scope, arm: ArmTimes) -> list[Result]:
    results = event_counts(scope, arm)
    if not arm.rows.height:
        return results + no_times(scope, arm, ENDS, state="NA", reason="no patients")
    found = turnbull_quantile(turnbull(*interval_days(arm.rows)), 0.5)
    if found.state != "ok":
        return results + no_times(scope, arm, ENDS, state=str(found.state), reason=found.reason)
    months = task.args["days_per_month"]
    values = zip(ENDS, (found.left, found.right), strict=True)
    return results + [number(scope, s, v / months, rows=arm.where()) for s, v in values]


def interval_days(rows: pl.DataFrame) -> tuple[Floats, Floats]:
    """The interval (lower, upper] of each time, on the scale of AVAL; upper inf where censored.

    A day that is known, as that of a death, is (day - 1, day].
    Raises        ResultError - ADTTE does not say between which assessments an event lies
    """
    absent = [name for name in ("LEFTDT", "RIGHTDT") if name not in rows.columns]
    if absent:
        raise ResultError(
            Fault(
                what=f"ADTTE lacks {', '.join(absent)}",
                where="ADTTE, for a rule set whose times are intervals",
                mend="derive ADTTE from SDTM, or leave the rule set out of `sensitivity`",
            )
        )
    left, right = (
        (pl.col(name) - pl.col("STARTDT")).dt.total_days().cast(pl.Float64) + 1.0
        for name in ("LEFTDT", "RIGHTDT")
    )
    days = rows.select(
        lower=pl.min_horizontal(left, right - 1.0), upper=right.fill_null(float("inf"))
    )
    return days["lower"].to_numpy(), days["upper"].to_numpy()


def _hazard(
    task: Task, adsl: pl.DataFrame, protocol: Protocol, arms: list[ArmTimes], run_id: str
) -> list[Result]:
    one, two = (item.group.arm for item in arms)
    scope = replace(task.scope(run_id), comparator=two, reference=one)
    behind = compared_rows(task, protocol, arms)
    rows = pl.concat([item.rows for item in arms])
    found, warning = None, None
    if all(item.rows.height for item in arms):
        stratum, unknown = stratum_labels(adsl, rows, list(task.args["strata"]))
        warning = f"{unknown} patients without a stratum form one of their own" if unknown else None
        group = np.repeat([0, 1], [item.rows.height for item in arms])
        level = task.args["conf_level"]
        found = interval_cox(*interval_days(rows), group, conf_level=level, stratum=stratum)
    state, reason = (str(found.state), found.reason) if found else ("NA", NO_PATIENTS)

    def value(stat: str) -> float | None:
        return float(getattr(found, stat)) if state == "ok" else None

    estimate = number(
        scope, "hr", value("hr"), rows=behind, state=state, reason=reason, warning=warning
    )
    return [
        estimate,
        *_limits(task, estimate, found, reason),
        *(
            number(scope, stat, value(stat), rows=behind, state=state, reason=reason)
            for stat in ("chi2", "p")
        ),
    ]


def _limits(task: Task, estimate: Result, found: IntervalCox | None, reason: str) -> list[Result]:
    """Both limits; one that the likelihood does not have is not estimable."""
    known = estimate.state == "ok" and found is not None
    ends = (found.lower, found.upper) if known and found else (math.nan, math.nan)
    results = []
    for stat, value in zip(("lcl", "ucl"), ends, strict=True):
        there = known and math.isfinite(value) and value > 0.0
        results.append(
            limit(
                estimate,
                stat,
                value if there else None,
                ci_level=task.args["conf_level"],
                state="ok" if there else "NE" if known else estimate.state,
                reason=None if there else NO_END if known else reason,
            )
        )
    return results
