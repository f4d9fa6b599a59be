# SPDX-License-Identifier: Apache-2.0
"""Adverse events of each experimental arm less the control: differences of percentages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.adverse_events import Part, event_parts, received_groups
from equipoise.results.groups import Group, arm_received, population_condition, table_of
from equipoise.results.number import limit, number
from equipoise.results.response_comparison import compare_rates, difference_results
from equipoise.results.schema import Result, Scope
from equipoise.results.task import Task


def event_difference(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Above 0: more patients of the experimental arm had the event. Not adjusted for their number.

    Intervals are those of Miettinen and Nurminen, without strata.
    """
    control = protocol.control
    assert control is not None  # the plan has no comparison without one
    arms = received_groups(adam, protocol, task.population)
    groups = {group.arm: group for group in arms}
    results: list[Result] = []
    for part in event_parts(task, adam, arms):
        for arm in protocol.arms:
            if arm.id != control.id:
                pair = (groups[arm.id], groups[control.id])
                scope = replace(task.scope(run_id), levels=part[0])
                results += _difference(task, adam, protocol, scope, pair, part)
    return results


def _difference(
    task: Task,
    adam: Mapping[str, pl.DataFrame],
    protocol: Protocol,
    scope: Scope,
    pair: tuple[Group, Group],
    part: Part,
) -> list[Result]:
    _, condition, rows = part
    had = frozenset(rows["USUBJID"]) if rows is not None else frozenset()
    found = compare_rates(
        task,
        adam,
        scope,
        population_condition(protocol, task.population),
        arm_received(table_of(adam, "ADSL")),
        ((pair[0], had), (pair[1], had)),
    )
    if rows is not None:
        return difference_results(task, found)
    reason = f"not recorded: {condition}"
    estimate = number(found.scope, "rate_diff", None, rows=found.rows, state="NA", reason=reason)
    level = task.args["conf_level"]
    return [
        estimate,
        *(
            limit(estimate, end, None, ci_level=level, state="NA", reason=reason)
            for end in ("lcl", "ucl")
        ),
    ]
