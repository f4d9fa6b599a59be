# SPDX-License-Identifier: Apache-2.0
"""Response rates within subgroups: responders of each arm in each level, and their difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import (
    Group,
    both,
    in_arm,
    population_condition,
    quoted,
    rows_where,
    table_of,
)
from equipoise.results.number import number, percentage
from equipoise.results.response import responders_by_arm
from equipoise.results.response_comparison import compare_rates, difference_results
from equipoise.results.schema import Level, Result, rowset
from equipoise.results.task import Task

FACTOR = "FACTOR"
# The two levels of a subgroup, its condition on ADSL, and each arm there with who responded.
Part = tuple[tuple[Level, Level], str, dict[str, tuple[Group, frozenset[str]]]]


def subgroup_rates(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients and responders of each arm in each level of each factor."""
    results: list[Result] = []
    for levels, _, arms in _parts(task, adam, protocol):
        for group, responders in arms.values():
            here = replace(in_arm(task.scope(run_id), group), levels=levels, subset=levels[1].level)
            members = rowset("ADSL", group.predicate, group.members)
            size = number(here, "N", len(members.keys), rows=members)
            listed = ", ".join(quoted(level) for level in task.args["levels"])
            rows = rowset(
                "ADRS", both(task.where, group.predicate, f"AVALC IN ({listed})"), responders
            )
            count = number(here, "n", len(responders), rows=rows)
            results += [size, count, percentage(count, size)]
    return results


def subgroup_differences(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Each experimental arm less the control in each level; above 0 more of it respond."""
    control = protocol.control
    assert control is not None  # the plan has no comparison without one
    whole = population_condition(protocol, task.population)
    results: list[Result] = []
    for levels, condition, arms in _parts(task, adam, protocol):
        for arm in protocol.arms:
            if arm.id == control.id:
                continue
            scope = replace(task.scope(run_id), levels=levels)
            pair = (arms[arm.id], arms[control.id])
            within = both(whole, condition)
            found = compare_rates(task, adam, scope, within, "ARMCD", pair)
            results += difference_results(task, found)
    return results


def _parts(task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol) -> Iterator[Part]:
    adsl = table_of(adam, "ADSL")
    arms = responders_by_arm(task, adam, protocol)
    for place, (variable, levels) in enumerate(task.args["factors"].items(), start=1):
        rows_where(adsl, "ADSL", f"{variable} IS NOT NULL")  # says what is missing, and where
        known = adsl.select("USUBJID", pl.col(variable).cast(pl.String))
        for order, level in enumerate(levels, start=1):
            members = frozenset(known.filter(pl.col(variable) == level)["USUBJID"])
            condition = f"{variable} = {quoted(level)}"
            within = {
                group.arm: (
                    replace(
                        group,
                        predicate=both(group.predicate, condition),
                        members=group.members & members,
                    ),
                    frozenset(responders.keys) & members,
                )
                for group, responders in arms
            }
            factor = Level(FACTOR, variable, place)
            yield (factor, Level(variable, level, order)), condition, within
