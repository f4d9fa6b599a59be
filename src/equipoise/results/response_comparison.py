# SPDX-License-Identifier: Apache-2.0
"""Response rates of each experimental arm against the control: difference, odds ratio, test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.comparison import stratum_labels
from equipoise.results.groups import Group, both, population_condition, quoted, table_of
from equipoise.results.number import limit, number
from equipoise.results.response import responders_by_arm
from equipoise.results.schema import Result, Rowset, Scope, rowset
from equipoise.results.task import Task
from equipoise.statistics.normal import ChiSquare
from equipoise.statistics.score_intervals import MIETTINEN_NURMINEN, score_interval
from equipoise.statistics.stratified_proportions import (
    Common,
    Strata,
    cochran_mantel_haenszel,
    mantel_haenszel_odds_ratio,
    strata_counts,
    stratified_score_difference,
)
from equipoise.statistics.two_proportion_ratios import odds_ratio_woolf
from equipoise.statistics.two_proportions import (
    Contrast,
    pearson_chi_square,
    two_counts,
    yates_chi_square,
)

EMPTY = "one of the arms has no patients"


@dataclass(frozen=True, slots=True)
class RatePair:
    """Two arms' counts (k,) per stratum, k = 1 without strata, the experimental arm first.

    x1 of n1 responded in the experimental arm, x2 of n2 in the control.
    """

    scope: Scope
    rows: Rowset
    x1: list[int]
    n1: list[int]
    x2: list[int]
    n2: list[int]
    warning: str | None

    @property
    def comparable(self) -> bool:
        """Whether some stratum has patients of both arms."""
        return any(m and n for m, n in zip(self.n1, self.n2, strict=True))

    def strata(self) -> Strata:
        """The counts as the statistics take them; a stratum without one of the arms falls out."""
        return strata_counts(self.x1, self.n1, self.x2, self.n2)


def rate_difference(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Differences in percentage points, with limits; above 0 more of the experimental respond."""
    return [
        item
        for pair in _pairs(task, adam, protocol, run_id)
        for item in difference_results(task, pair)
    ]


def odds_ratio(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Odds ratios of response; above 1 more of the experimental arm respond."""
    results = []
    for pair in _pairs(task, adam, protocol, run_id):
        found: Common | Contrast | None = None
        if pair.comparable:
            level = task.args["conf_level"]
            if task.args["strata"]:
                found = mantel_haenszel_odds_ratio(pair.strata(), conf_level=level)
            else:
                counts = two_counts(pair.x1[0], pair.n1[0], pair.x2[0], pair.n2[0])
                found = odds_ratio_woolf(counts, conf_level=level)
        results += _contrast(task, pair, "or", found, scale=1.0, reason="a cell of the table is 0")
    return results


def association(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """The test of no difference: Cochran-Mantel-Haenszel with strata, chi-square without."""
    return [
        item for pair in _pairs(task, adam, protocol, run_id) for item in _association(task, pair)
    ]


def difference_results(task: Task, pair: RatePair) -> list[Result]:
    """The score interval of one pair, by Miettinen and Nurminen; 100 times the proportions'."""
    level, found = task.args["conf_level"], None
    if pair.comparable and task.args["strata"]:
        found = stratified_score_difference(pair.strata(), conf_level=level)
    elif pair.comparable:
        counts = two_counts(pair.x1[0], pair.n1[0], pair.x2[0], pair.n2[0])
        found = score_interval(
            counts, scale="difference", form=MIETTINEN_NURMINEN, conf_level=level
        )
    return _contrast(task, pair, "rate_diff", found, scale=100.0, reason="no finite interval")


def _contrast(
    task: Task,
    pair: RatePair,
    stat: str,
    found: Contrast | Common | None,
    *,
    scale: float,
    reason: str,
) -> list[Result]:
    """An estimate and its limits; each that is not finite is not estimable, for that reason."""
    values = (found.estimate, found.lower, found.upper) if found else (None, None, None)
    states = [
        ("NA", EMPTY) if v is None else ("ok", None) if math.isfinite(v) else ("NE", reason)
        for v in values
    ]
    kept = [scale * v if v is not None and math.isfinite(v) else None for v in values]
    estimate = number(
        pair.scope,
        stat,
        kept[0],
        rows=pair.rows,
        state=states[0][0],
        reason=states[0][1],
        warning=pair.warning,
    )
    level = task.args["conf_level"]
    lower, upper = (
        limit(estimate, end, value, ci_level=level, state=state, reason=why)
        for end, value, (state, why) in zip(("lcl", "ucl"), kept[1:], states[1:], strict=True)
    )
    return [estimate, lower, upper]


def _association(task: Task, pair: RatePair) -> list[Result]:
    found: ChiSquare | None = None
    if pair.comparable:
        if task.args["strata"]:
            correction = float(task.args["cmh_correction"])
            found = cochran_mantel_haenszel(pair.strata(), correction=correction)
        else:
            counts = two_counts(pair.x1[0], pair.n1[0], pair.x2[0], pair.n2[0])
            corrected = float(task.args["chi_square_correction"]) > 0
            found = (yates_chi_square if corrected else pearson_chi_square)(counts)
    state, reason = "NA", EMPTY
    if found:
        known = found.df > 0
        state, reason = ("ok", "") if known else ("NE", "all patients have the same outcome")
    values = {"chi2": found.statistic, "df": found.df, "p": found.p} if found else {}
    return [
        number(
            pair.scope,
            stat,
            float(values[stat]) if state == "ok" else None,
            rows=pair.rows,
            state=state,
            reason=reason,
            warning=pair.warning,
        )
        for stat in ("chi2", "df", "p")
    ]


def _pairs(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, run_id: str
) -> list[RatePair]:
    control = protocol.control
    assert control is not None  # the plan has no comparison without one
    found = {
        group.arm: (group, frozenset(members.keys))
        for group, members in responders_by_arm(task, adam, protocol)
    }
    condition = population_condition(protocol, task.population)
    return [
        compare_rates(
            task,
            adam,
            task.scope(run_id),
            condition,
            "ARMCD",
            (found[arm.id], found[control.id]),
        )
        for arm in protocol.arms
        if arm.id != control.id
    ]


def compare_rates(
    task: Task,
    adam: Mapping[str, pl.DataFrame],
    scope: Scope,
    condition: str,
    arm_variable: str,
    arms: tuple[tuple[Group, frozenset[str]], tuple[Group, frozenset[str]]],
) -> RatePair:
    """The counts of two arms, by stratum where the task has strata.

    Parameters    condition : who is in the population, on ADSL
                  arms : the experimental arm, then the control, each with who responded
    """
    one, two = arms
    strata = list(task.args["strata"])
    members = pl.DataFrame({"USUBJID": sorted(one[0].members | two[0].members)})
    labels, unknown = stratum_labels(table_of(adam, "ADSL"), members, strata)
    subjects = members["USUBJID"].to_list()
    stratum = labels if labels is not None else np.zeros(len(subjects), dtype=np.int64)
    counts: list[list[int]] = [[], [], [], []]
    for value in np.unique(stratum):
        here = {s for s, own in zip(subjects, stratum, strict=True) if own == value}
        for at, (group, responders) in enumerate((one, two)):
            counts[2 * at].append(len(responders & group.members & here))
            counts[2 * at + 1].append(len(group.members & here))
    ids = ", ".join(quoted(group.arm) for group, _ in (two, one))
    return RatePair(
        replace(scope, comparator=one[0].arm, reference=two[0].arm),
        rowset("ADSL", both(condition, f"{arm_variable} IN ({ids})"), subjects),
        x1=counts[0],
        n1=counts[1],
        x2=counts[2],
        n2=counts[3],
        warning=f"{unknown} patients without a stratum form one of their own" if unknown else None,
    )
