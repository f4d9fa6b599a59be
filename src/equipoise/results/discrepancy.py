# SPDX-License-Identifier: Apache-2.0
"""Early and late discrepancy of progression: how one evaluator dates it beside another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.agreement import COMPARED, pair_rows, pair_rowset
from equipoise.results.groups import Group, both, in_arm, population_condition, quoted
from equipoise.results.number import limit, number, percentage
from equipoise.results.response_comparison import RatePair, difference_results
from equipoise.results.schema import Result, rowset
from equipoise.results.task import Task
from equipoise.statistics.proportion import clopper_pearson

# Rate: who is in its denominator, and which of them are in its numerator.
# Source: Amit et al., Eur J Cancer 2011;47:1772-1778, EDR = (b + a3) / (a + b) and LDR = (c + a2) /
# (b + c + a2 + a3); the paper was not at hand, these are the definitions analysis plans restate.
OF = {
    "early": (both(COMPARED, "PDDT1 IS NOT NULL"), "EARLYFL = 'Y'"),
    "late": (
        both(COMPARED, "PDCAT IN ('FIRST EARLIER', 'FIRST LATER', 'FIRST ONLY', 'SECOND ONLY')"),
        "LATEFL = 'Y'",
    ),
}


def discrepancy(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """The rate in each arm and in all, with its exact interval."""
    whole, part = _of(task)
    level = task.args["conf_level"]
    results = []
    for group, rows in pair_rows(task, adam, protocol, total=True):
        scope = in_arm(task.scope(run_id), group)
        behind = pair_rowset(task, group, rows, whole)
        size = number(scope, "N", len(behind.keys), rows=behind)
        counted = pair_rowset(task, group, rows, both(whole, part))
        count = number(scope, "n", len(counted.keys), rows=counted)
        share = percentage(count, size)
        results += [size, count, share]
        state, reason = ("ok", None) if size.value else ("NA", share.state_reason)
        ends: tuple[float | None, float | None] = (None, None)
        if size.value:
            found = clopper_pearson(count.value or 0, size.value, conf_level=level)
            ends = (100.0 * float(found.lower), 100.0 * float(found.upper))
        for stat, value in zip(("lcl", "ucl"), ends, strict=True):
            results.append(limit(share, stat, value, ci_level=level, state=state, reason=reason))
    return results


def discrepancy_difference(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """The rate in each experimental arm less that in the control.

    A negative difference of early rates, or a positive one of late rates, can mean that the first
    evaluator favours the experimental arm.
    """
    control = protocol.control
    assert control is not None  # the plan has no comparison without one
    arms = {
        group.arm: (group, rows) for group, rows in pair_rows(task, adam, protocol, total=False)
    }
    return [
        result
        for arm in protocol.arms
        if arm.id != control.id and arm.id in arms
        for result in difference_results(
            task, _pair(task, protocol, arms[arm.id], arms[control.id], run_id)
        )
    ]


def _of(task: Task) -> tuple[str, str]:
    return OF[task.method_id.split(".")[1]]


def _pair(
    task: Task,
    protocol: Protocol,
    one: tuple[Group, pl.DataFrame],
    two: tuple[Group, pl.DataFrame],
    run_id: str,
) -> RatePair:
    whole, part = _of(task)
    x1, n1, x2, n2 = (
        [rows.filter(pl.sql_expr(condition)).height]
        for _, rows in (one, two)
        for condition in (both(whole, part), whole)
    )
    ids = ", ".join(quoted(group.arm) for group, _ in (two, one))
    members = both(population_condition(protocol, task.population), f"ARMCD IN ({ids})")
    keys = [key for _, rows in (one, two) for key in rows.filter(pl.sql_expr(whole))["USUBJID"]]
    return RatePair(
        replace(task.scope(run_id), comparator=one[0].arm, reference=two[0].arm),
        rowset("ADCONC", both(task.where, members, whole), keys),
        x1=x1,
        n1=n1,
        x2=x2,
        n2=n2,
        warning=None,
    )
