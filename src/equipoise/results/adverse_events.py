# SPDX-License-Identifier: Apache-2.0
"""Treatment-emergent adverse events: patients with at least one, and events, by kind and term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import (
    Group,
    arm_groups,
    arm_received,
    both,
    group_size,
    in_arm,
    members_of,
    membership,
    quoted,
    rows_where,
    table_of,
)
from equipoise.results.number import number, percentage
from equipoise.results.schema import Level, Result, Scope, rowset
from equipoise.results.task import Task

UNCODED = "Not coded"
# Kinds of events that not every data set records.
FLAGS = {"ARELFL", "AESER", "ADISCFL", "AMODFL"}
# A row of a table: its levels, its condition on ADAE, and its events.
Part = tuple[tuple[Level, ...], str, pl.DataFrame | None]


def adverse_events(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Counts by arm received and in total; percentages are of the patients in the population.

    A patient counts once in each row however many events they had; `n_events` counts events.
    """
    groups = received_groups(adam, protocol, task.population)
    sizes = {group.arm: group_size(task.scope(run_id), group) for group in groups}
    results = list(sizes.values())
    for levels, condition, rows in event_parts(task, adam, groups):
        results += _counts(task, run_id, groups, sizes, levels, condition, rows)
    return results


def received_groups(
    adam: Mapping[str, pl.DataFrame], protocol: Protocol, population: str
) -> list[Group]:
    """The arms as received, and last their total."""
    adsl = table_of(adam, "ADSL")
    received = arm_received(adsl)
    return arm_groups(adsl, protocol, population, arm_variable=received, total=True)


def event_parts(task: Task, adam: Mapping[str, pl.DataFrame], groups: list[Group]) -> list[Part]:
    """The rows of the table that the task asks for, each with its events in each group.

    No rows where ADAE lacks the flag that tells which events are meant: nobody knows.
    """
    adae = table_of(adam, "ADAE")
    asked = set(pl.sql_expr(task.where).meta.root_names()) & FLAGS
    if not asked <= set(adae.columns):
        return []
    events = (
        rows_where(adae, "ADAE", task.where)
        .join(membership(groups), on="USUBJID", how="inner")
        .with_columns(KEY=pl.format("{}:{}", "USUBJID", pl.col("AESEQ").cast(pl.Int64)))
    )
    if "kinds" not in task.args:
        return by_term(events, task.args["by"])
    recorded = {name for name in adae.columns if adae[name].null_count() < max(adae.height, 1)}
    return _by_kind(events, task.args["kinds"], recorded)


def _by_kind(events: pl.DataFrame, kinds: Mapping[str, str], recorded: set[str]) -> list[Part]:
    """The events of each kind, which is a condition on ADAE; kinds overlap.

    A kind has no events table where ADAE lacks its variable: nobody knows, which is not 0.
    """
    found: list[Part] = []
    for order, (kind, condition) in enumerate(kinds.items(), start=1):
        expr = pl.sql_expr(condition or "TRUE")
        asked = set(expr.meta.root_names())
        grouped = {name for name in asked if name.startswith("CQ")}  # null: not in the group
        known = asked <= set(events.columns) and asked - grouped <= recorded
        level = Level("AEKIND", kind, order)
        found.append(((level,), condition, events.filter(expr) if known else None))
    return found


def by_term(events: pl.DataFrame, by: list[str]) -> list[Part]:
    """The events of each term, most frequent class first and within it most frequent term first.

    Frequency is the number of patients over all arms; ties are in alphabetical order.
    """
    order = events.select(by).unique()
    for depth in range(1, len(by) + 1):
        count = events.group_by(by[:depth]).agg(pl.col("USUBJID").n_unique().alias(f"_{depth}"))
        order = order.join(count, on=by[:depth], nulls_equal=True)
    keys = [key for depth, name in enumerate(by, start=1) for key in (f"_{depth}", name)]
    order = order.sort(keys, descending=[key.startswith("_") for key in keys])
    parts = events.partition_by(by, as_dict=True)
    ranks: list[dict[str, int]] = [{} for _ in by]
    found: list[Part] = []
    for terms in order.select(by).iter_rows():
        levels = tuple(
            Level(name, term or UNCODED, rank.setdefault(term, len(rank) + 1))
            for name, term, rank in zip(by, terms, ranks, strict=True)
        )
        condition = both(
            *(
                f"{name} IS NULL" if term is None else f"{name} = {quoted(term)}"
                for name, term in zip(by, terms, strict=True)
            )
        )
        found.append((levels, condition, parts[terms]))
    return found


def _counts(
    task: Task,
    run_id: str,
    groups: list[Group],
    sizes: Mapping[str, Result],
    levels: tuple[Level, ...],
    condition: str,
    rows: pl.DataFrame | None,
) -> list[Result]:
    """Patients, their percentage, and events of one row of the table, in each group."""
    results = []
    scope = replace(task.scope(run_id), levels=levels)
    if rows is None:
        return [item for group in groups for item in _unknown(scope, group, sizes, condition)]
    keys = {arm: part for (arm,), part in rows.partition_by("arm", as_dict=True).items()}
    empty = rows.clear()
    for group in groups:
        here = in_arm(scope, group)
        own = keys.get(group.arm, empty)
        predicate = both(task.where, group.predicate, condition)
        subjects = rowset("ADAE", predicate, own["USUBJID"])
        count = number(here, "n", len(subjects.keys), rows=subjects)
        events = rowset("ADAE", predicate, own["KEY"], key="USUBJID:AESEQ")
        results += [
            count,
            percentage(count, sizes[group.arm]),
            number(here, "n_events", own.height, rows=events),
        ]
    return results


def _unknown(
    scope: Scope, group: Group, sizes: Mapping[str, Result], condition: str
) -> list[Result]:
    """The row of a kind of event that the data do not record."""
    here, rows, reason = in_arm(scope, group), members_of(group), f"not recorded: {condition}"
    count = number(here, "n", None, rows=rows, state="NA", reason=reason)
    share = percentage(count, sizes[group.arm])
    return [count, share, number(here, "n_events", None, rows=rows, state="NA", reason=reason)]
