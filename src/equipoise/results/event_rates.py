# SPDX-License-Identifier: Apache-2.0
"""First adverse events of a kind by exposure: patients per 100 person-years, and day of onset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.adverse_events import Part, event_parts, received_groups
from equipoise.results.groups import Group, both, in_arm, members_of, table_of
from equipoise.results.number import limit, number
from equipoise.results.schema import Level, Result, Scope, rowset
from equipoise.results.summaries import summarise
from equipoise.results.task import Task
from equipoise.statistics.rate import poisson_rate

DAYS_PER_YEAR = 365.25
ONSET = ("ONSET", "Days to the first event")


def event_rates(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients with a first event of each kind per 100 person-years at risk, and its study day.

    A patient is at risk from the first dose to the first event; without one to the end of the
    window after the last dose, death, or the last day known alive, whichever came first.
    Source: docs/methods/exposure-adjusted-rates.md
    """
    groups = received_groups(adam, protocol, task.population)
    adsl = table_of(adam, "ADSL")
    if "TRTEDT" not in adsl.columns:
        return []
    window = _window(adsl, days=task.args["emergent_days_after_last_dose"])
    return [
        result
        for part in event_parts(task, adam, groups)
        if part[2] is not None
        for group in groups
        for result in _of_group(task, run_id, group, part, window)
    ]


def _window(adsl: pl.DataFrame, *, days: int) -> pl.DataFrame:
    """USUBJID, TRTSDT and the last day on which an event would count."""
    followed = pl.coalesce("DTHDT", pl.max_horizontal("LSTALVDT", "TRTEDT"))
    until = pl.min_horizontal(pl.col("TRTEDT").dt.offset_by(f"{days}d"), followed)
    treated = adsl.filter(pl.col("TRTSDT").is_not_null(), pl.col("TRTEDT").is_not_null())
    return treated.select("USUBJID", "TRTSDT", _until=until)


def _of_group(
    task: Task, run_id: str, group: Group, part: Part, window: pl.DataFrame
) -> list[Result]:
    levels, condition, rows = part
    assert rows is not None
    scope = replace(in_arm(task.scope(run_id), group), levels=levels)
    own = rows.filter(arm=group.arm)
    first = own.group_by("USUBJID").agg(_first=pl.col("ASTDT").min())
    at_risk = window.filter(pl.col("USUBJID").is_in(list(group.members))).join(
        first, on="USUBJID", how="left"
    )
    end = pl.coalesce("_first", "_until")
    days = at_risk.select((end - pl.col("TRTSDT")).dt.total_days() + 1).to_series()
    had = rowset("ADAE", both(task.where, group.predicate, condition), own["USUBJID"])
    onset = at_risk.filter(pl.col("_first").is_not_null()).select(
        (pl.col("_first") - pl.col("TRTSDT")).dt.total_days() + 1
    )
    day = replace(scope, levels=(*levels, Level(ONSET[0], ONSET[1], 1)))
    return [
        *_rate(task, scope, group, len(had.keys), float(days.sum()) / DAYS_PER_YEAR),
        *summarise(
            day,
            onset.to_series().cast(pl.Float64).to_numpy(),
            rows=had,
            unit="days",
            decimals=0,
            quantile=task.args["quantile"],
            why_none="nobody had the event",
        ),
    ]


def _rate(task: Task, scope: Scope, group: Group, patients: int, years: float) -> list[Result]:
    """Person-years at risk, patients per 100 of them and the exact limits."""
    everyone, level = members_of(group), task.args["conf_level"]
    exposure = number(scope, "person_years", years, rows=everyone)
    if not years > 0:
        reason = "nobody was at risk"
        estimate = number(scope, "rate_py", None, rows=everyone, state="NA", reason=reason)
        none = {"ci_level": level, "state": "NA", "reason": reason}
        return [exposure, estimate, *(limit(estimate, e, None, **none) for e in ("lcl", "ucl"))]
    found = poisson_rate(patients, years, conf_level=level)
    estimate = number(scope, "rate_py", 100 * found.estimate, rows=everyone)
    limits = (("lcl", found.lower), ("ucl", found.upper))
    return [
        exposure,
        estimate,
        *(limit(estimate, end, 100 * v, ci_level=level) for end, v in limits),
    ]
