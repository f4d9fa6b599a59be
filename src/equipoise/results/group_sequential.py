# SPDX-License-Identifier: Apache-2.0
"""The looks of a group-sequential trial: what they reached, their bounds, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from equipoise.protocol.model import Protocol, SurvivalDesign
from equipoise.results.comparison import compared_rows
from equipoise.results.groups import both, quoted, table_of
from equipoise.results.look_comparison import look_analysis, look_name
from equipoise.results.number import limit, number
from equipoise.results.observed_times import observed_times
from equipoise.results.plan_efficacy import plan_efficacy
from equipoise.results.schema import Level, Result, Rowset, Scope, rowset
from equipoise.results.task import SPECIFIED, Task

ADLOOK = "ADLOOK"
_PLANNED = {
    "look_events_planned": "EVENTSPL",
    "bound_z_planned": "BOUNDZPL",
    "futility_z_planned": "FUTZPL",
}
_REACHED = {
    "look_month": "MONTH",
    "look_events": "EVENTS",
    "look_fraction": "FRACTION",
    "look_z": "ZSTAT",
    "look_p": "PSTAT",
    "bound_z": "BOUNDZ",
    "bound_p": "BOUNDP",
    "bound_hr": "BOUNDHR",
    "alpha_spent": "ALPHA",
    "futility_z": "FUTZ",
    "power_trend": "CPTREND",
    "power_design": "CPDESIGN",
    "power_predictive": "PREDPOW",
    "p_adjusted": "PADJ",
}
_RATIOS = {
    "look_hr": ("HRLR", "RCILOW", "RCIHIGH"),
    "hr_adjusted": ("HRADJ", "HRADJLOW", "HRADJHIGH"),
}
_SHARES = ("look_fraction", "power_trend", "power_design", "power_predictive")
_DECISIONS = {
    "EFFICACY": (1, "efficacy shown"),
    "ALREADY SHOWN": (1, "efficacy shown before"),
    "FUTILITY": (-1, "below the futility bound"),
    "CONTINUE": (0, "go on"),
    "NOT SHOWN": (0, "efficacy not shown"),
}


def plan_looks(protocol: Protocol) -> Iterator[Task]:
    """The bounds of the looks, beside the log-rank test that they belong to."""
    design, analysis = protocol.design, look_analysis(protocol)
    assert isinstance(design, SurvivalDesign)  # look_analysis has refused every other
    tested = next(
        task
        for task in plan_efficacy(protocol)
        if (task.analysis_id, task.method_id) == (analysis.id, "logrank")
    )
    args = {
        "alpha": design.alpha,
        "spending": design.efficacy.family,
        "parameter": design.efficacy.parameter,
        "futility": design.futility.family if design.futility else None,
        "margin": None if design.margin == 1 else design.margin,
        "strata": list(analysis.strata),
        "conf_level": 1 - 2 * design.alpha,
        "adjusted": "stage-wise ordering",
    }
    yield replace(
        tested,
        method_id="group-sequential",
        label=f"{analysis.label}: looks and bounds",
        reason=SPECIFIED,
        protocol_ref="design",
        args={name: value for name, value in args.items() if value is not None},
        module="group_sequential",
    )


def group_sequential(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Every look of the plan by `LOOK`: held ones with what they showed, the others as planned.

    Notes         Look 2 at its own cut-off is not look 1 seen from there: ADLOOK holds what each
                  look saw. The rows behind a look are the patients randomised by its cut-off.
    """
    arms = observed_times(task, adam, protocol)
    rows = compared_rows(task, protocol, arms)
    starts = pl.concat([arm.rows for arm in arms]).select("USUBJID", "STARTDT")
    control = protocol.control
    assert control is not None  # two arms, or there is no design with looks
    other = next(arm.id for arm in protocol.arms if arm.id != control.id)
    looks = table_of(adam, ADLOOK).sort("LOOK")
    last = looks["LOOK"].item(-1)
    scope = replace(task.scope(run_id), comparator=other, reference=control.id)
    return [
        result
        for look in looks.iter_rows(named=True)
        for result in _look(
            replace(scope, levels=(Level("LOOK", look_name(look["LOOK"], last), look["LOOK"]),)),
            look,
            _by(rows, starts, look["LOOKDT"]),
            task,
        )
    ]


def _by(rows: Rowset, starts: pl.DataFrame, cutoff: date | None) -> Rowset:
    """The rows of the patients randomised by the cut-off; of a look to come, those there are."""
    if cutoff is None:
        return rows
    known = starts.filter(pl.col("STARTDT") <= cutoff)["USUBJID"]
    when = f"STARTDT <= DATE {quoted(cutoff.isoformat())}"
    return rowset("ADTTE", both(rows.predicate, when), known)


def _look(scope: Scope, look: Mapping[str, Any], rows: Rowset, task: Task) -> list[Result]:
    stats = _PLANNED | (_REACHED if look["HELDFL"] == "Y" else {})
    found = []
    for stat, column in stats.items():
        if look[column] is not None:
            value = float(look[column]) * (100 if stat in _SHARES else 1)
            found.append(number(scope, stat, value, rows=rows))
    if look["HELDFL"] == "N":
        return found
    found = [_dated(item, look) if item.stat == "look_month" else item for item in found]
    value, words = _DECISIONS[look["DECISION"]]
    decision = number(scope, "decision", value, rows=rows)
    found.append(replace(decision, value_text=look["DECISION"], display=words))
    for stat, (estimate, low, high) in _RATIOS.items():
        if look[estimate] is not None:
            ratio = number(scope, stat, look[estimate], rows=rows)
            found.append(ratio)
            for end, column in (("lcl", low), ("ucl", high)):
                if look[column] is not None:
                    level = task.args["conf_level"]
                    found.append(limit(ratio, end, look[column], ci_level=level))
    return found


def _dated(month: Result, look: Mapping[str, Any]) -> Result:
    return replace(month, value_text=look["LOOKDT"].isoformat())
