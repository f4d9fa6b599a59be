# SPDX-License-Identifier: Apache-2.0
"""Time to event within subgroups: each level's events, medians and hazard ratio, and interaction.

A level has no hazard ratio where an arm is missing or fewer than ten events happened: a choice of
this project. One test per factor asks whether the hazard ratio differs between its levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.protocol.model import Protocol
from equipoise.results.comparison import Pair, compared_rows, hazard_results
from equipoise.results.groups import both, quoted, rows_where, table_of
from equipoise.results.number import number
from equipoise.results.observed_times import ArmTimes, observed_times
from equipoise.results.schema import Level, Result, Scope, rowset
from equipoise.results.task import Task
from equipoise.results.time_to_event import arm_curve, no_times, quantile_results
from equipoise.statistics.cox import cox as fit_cox
from equipoise.statistics.normal import chi_square
from equipoise.statistics.quantile import normal_approximation_median, quantile

FACTOR = "FACTOR"


@dataclass(frozen=True, slots=True)
class Subgroup:
    """One level of a factor: its arms' times, in the protocol's order of arms."""

    factor: Level
    level: Level
    condition: str
    arms: tuple[ArmTimes, ...]


def subgroup_summary(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients, events and median of each arm in each level."""
    return [
        item
        for part in _subgroups(task, adam, protocol)
        for arm in part.arms
        for item in _arm_results(task, run_id, part, arm)
    ]


def subgroup_hazard(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Unstratified hazard ratio within each level, of each experimental arm and the control."""
    results: list[Result] = []
    for part in _subgroups(task, adam, protocol):
        for one, two in _pairs(part, protocol):
            scope = replace(
                task.scope(run_id),
                comparator=two.group.arm,
                reference=one.group.arm,
                levels=(part.factor, part.level),
            )
            pair = _compare(task, protocol, scope, part, one, two)
            short = _too_few(task, pair)
            results += hazard_results(task, pair, unless=short, more=())
    return results


def subgroup_interaction(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Per factor: likelihood ratio of the model with arm x factor against the one without.

    The test is of the levels that have a hazard ratio; patients of the others are left out.
    """
    results: list[Result] = []
    parts = _subgroups(task, adam, protocol)
    for factor in dict.fromkeys(part.factor for part in parts):
        levels = [part for part in parts if part.factor == factor]
        for at, (control, arm) in enumerate(_pairs(levels[0], protocol)):
            scope = replace(
                task.scope(run_id),
                comparator=arm.group.arm,
                reference=control.group.arm,
                levels=(factor,),
            )
            compared = [
                _compare(task, protocol, scope, part, *_pairs(part, protocol)[at])
                for part in levels
            ]
            results += _interaction(task, scope, levels, compared)
    return results


def _subgroups(task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol) -> list[Subgroup]:
    adsl = table_of(adam, "ADSL")
    arms = observed_times(task, adam, protocol)
    found = []
    for place, (variable, levels) in enumerate(task.args["levels"].items(), start=1):
        factor = Level(FACTOR, variable, place)
        rows_where(adsl, "ADSL", f"{variable} IS NOT NULL")  # says what is missing, and where
        known = adsl.select("USUBJID", pl.col(variable).cast(pl.String))
        for order, level in enumerate(levels, start=1):
            members = known.filter(pl.col(variable) == level)["USUBJID"].implode()
            condition = f"{variable} = {quoted(level)}"
            within = tuple(
                replace(
                    arm,
                    predicate=both(arm.predicate, condition),
                    rows=arm.rows.filter(pl.col("USUBJID").is_in(members)),
                )
                for arm in arms
            )
            found.append(Subgroup(factor, Level(variable, level, order), condition, within))
    return found


def _pairs(part: Subgroup, protocol: Protocol) -> list[tuple[ArmTimes, ArmTimes]]:
    """The control and each experimental arm of a level."""
    arms = {item.group.arm: item for item in part.arms}
    control = protocol.control
    assert control is not None  # the plan has no subgroups without one
    return [(arms[control.id], arms[a.id]) for a in protocol.arms if a.id != control.id]


def _compare(
    task: Task,
    protocol: Protocol,
    scope: Scope,
    part: Subgroup,
    control: ArmTimes,
    arm: ArmTimes,
) -> Pair:
    both_arms = [control, arm]
    rows = compared_rows(task, protocol, both_arms)
    return Pair(
        scope=scope,
        rows=rowset("ADTTE", both(rows.predicate, part.condition), rows.keys),
        days=np.concatenate([item.days for item in both_arms]),
        event=np.concatenate([item.event for item in both_arms]),
        arm=np.repeat([0, 1], [item.rows.height for item in both_arms]),
        stratum=None,
        warning=None,
        empty=any(not item.rows.height for item in both_arms),
    )


def _too_few(task: Task, pair: Pair) -> str | None:
    """Why a level has no hazard ratio, or None where it has one."""
    least = int(task.args["least_events"])
    if pair.empty:
        return "one of the arms has no patients in this subgroup"
    return f"fewer than {least} events in this subgroup" if pair.event.sum() < least else None


def _arm_results(task: Task, run_id: str, part: Subgroup, arm: ArmTimes) -> list[Result]:
    scope = replace(task.scope(run_id), arm=arm.group.arm, levels=(part.factor, part.level))
    events = arm.where("CNSR = 0")
    results = [
        number(scope, "N", arm.rows.height, rows=arm.where()),
        number(scope, "n_event", len(events.keys), rows=events),
    ]
    if not arm.rows.height:
        return results + no_times(scope, arm, ("median",), state="NA", reason="no patients")
    curve = arm_curve(task, arm)
    found = (
        normal_approximation_median(curve)
        if task.args["median_interval"] == "normal-approximation"
        else quantile(curve, 0.5, plateau=task.args["plateau"])
    )
    return results + quantile_results(task, scope, arm, "median", found)


def _interaction(
    task: Task, scope: Scope, levels: list[Subgroup], compared: list[Pair]
) -> list[Result]:
    used = [pair for pair in compared if _too_few(task, pair) is None]
    names = [p.level.level for p, pair in zip(levels, compared, strict=True) if pair in used]
    state, reason = "ok", ""
    values: dict[str, float] = {}
    if len(used) < 2:
        state, reason = "NE", "fewer than two levels have a hazard ratio"
    else:
        statistic, df = _likelihood_ratio(task, used)
        test = chi_square(statistic, df)
        values = {"chi2": test.statistic, "df": float(test.df), "p": test.p}
        if df == 0:
            state, reason = "NE", "the interaction is not determined"
    shown = names if len(used) > 1 else [part.level.level for part in levels]
    kept = used if len(used) > 1 else compared
    variable = levels[0].level.variable
    condition = both(
        _common_condition(kept[0], levels[compared.index(kept[0])]),
        f"{variable} IN ({', '.join(quoted(name) for name in shown)})",
    )
    rows = rowset("ADTTE", condition, [key for pair in kept for key in pair.rows.keys])
    left = [part.level.level for part in levels if part.level.level not in shown]
    warning = f"without {', '.join(left)}: too few events" if left else None
    return [
        number(
            scope,
            stat,
            values[stat] if state == "ok" else None,
            rows=rows,
            state=state,
            reason=reason,
            warning=warning,
        )
        for stat in ("chi2", "df", "p")
    ]


def _common_condition(pair: Pair, part: Subgroup) -> str:
    """The condition of the two arms, without that of the level."""
    return pair.rows.predicate.removesuffix(f" AND {part.condition}")


def _likelihood_ratio(task: Task, used: list[Pair]) -> tuple[float, int]:
    """Twice the gain in log partial likelihood by arm x level, and its degrees of freedom."""
    days = np.concatenate([pair.days for pair in used])
    event = np.concatenate([pair.event for pair in used])
    arm = np.concatenate([pair.arm for pair in used]).astype(np.float64)
    level = np.repeat(np.arange(len(used)), [pair.days.size for pair in used])
    dummies: NDArray[np.float64] = (level[:, None] == np.arange(1, len(used))).astype(np.float64)
    smaller = np.column_stack([arm, dummies])
    larger = np.column_stack([smaller, arm[:, None] * dummies])
    fits = [
        fit_cox(days, event, x, ties=task.args["ties"], conf_level=task.args["conf_level"])
        for x in (smaller, larger)
    ]
    gain = max(0.0, 2 * (fits[1].loglik - fits[0].loglik))
    return gain, fits[1].lrt.df - fits[0].lrt.df
