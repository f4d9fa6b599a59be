# SPDX-License-Identifier: Apache-2.0
"""The event times of a protocol: what its simulation assumes, as an event-time trial.

Kept: arm sizes, uniform enrolment, hazards of progression and of death before it, dropout, the scan
calendar, the strata of the primary analysis with their expected sizes, the cut-off date. Left out,
as they have no event time: missed and unreadable scans, disagreeing readers, visit windows, and the
chance in stratum sizes; a death before progression is dated at the next scan.
"""

from __future__ import annotations

import itertools
import math
from datetime import date
from typing import Any

import polars as pl

from equipoise.errors import Fault, MethodError
from equipoise.grouping import derive_groupings
from equipoise.operating.trial import (
    Accrual,
    ArmTimes,
    EventTimeTrial,
    Hazard,
    Looks,
    Scans,
    Stratum,
)
from equipoise.protocol.model import Course, Protocol, Simulation

MONTHS_PER_YEAR = 12


def progression_trial(protocol: Protocol, *, analysis: str) -> EventTimeTrial:
    """Progression-free survival of a two-arm protocol, stratified as `analysis` is.

    Raises        MethodError - when the protocol has no simulation, or not two arms
    """
    world = _world(protocol)
    control, experimental = (
        next((arm.id for arm in protocol.arms if arm.role == role), None)
        for role in ("control", "experimental")
    )
    if len(protocol.arms) != 2 or control is None or experimental is None:
        raise _no_trial(protocol, "two arms, one of them the control")
    days = (date.fromisoformat(world.enrolment.last) - _first(world)).days
    shares = _stratum_shares(protocol, world, analysis)
    sizes = [
        _largest_remainder(world.arms[arm].patients, list(shares.values()))
        for arm in (control, experimental)
    ]
    dropout = -math.log1p(-world.dropout_per_year) / MONTHS_PER_YEAR
    strata = tuple(
        Stratum(
            name=name,
            control=_arm(world.arms[control], n, dropout),
            experimental=_arm(world.arms[experimental], m, dropout),
        )
        for name, n, m in zip(shares, *sizes, strict=True)
        if n > 0 and m > 0
    )
    patients = sum(s.control.patients + s.experimental.patients for s in strata)
    accrual = (Accrual(months=days / protocol.days_per_month, patients=patients),)
    return EventTimeTrial(accrual=accrual, strata=strata, scans=_scans(protocol))


def planned_look(protocol: Protocol, trial: EventTimeTrial) -> Looks:
    """One look: at the events of `cutoff_at`, at the latest on the cut-off date.

    Without `cutoff_at`, or where its events are not progressions, the count never comes.
    """
    world = _world(protocol)
    days = (date.fromisoformat(world.cutoff) - _first(world)).days
    wanted, events = world.cutoff_at, trial.patients
    kinds = {endpoint.id: endpoint.kind for endpoint in protocol.endpoints}
    if wanted is not None and kinds.get(wanted.endpoint) == "pfs":
        events = wanted.events
    return Looks(events=(events,), latest_month=days / protocol.days_per_month)


def protocol_base(protocol: Protocol, *, analysis: str) -> dict[str, Any]:
    """The base of a scenario grid: the simulated trial, read at the looks of the design.

    Raises        MethodError - when the protocol plans no looks for event times
    """
    from equipoise.design.plan import plan_design

    trial = progression_trial(protocol, analysis=analysis)
    if protocol.design is None or protocol.design.kind != "time-to-event":
        raise _no_trial(protocol, "a `design` of kind time-to-event")
    looks = plan_design(protocol).tables["LOOKS"]
    return {
        "trial": trial.model_dump(mode="json"),
        "looks": {"events": looks["events"].to_list()},
        "bounds": {
            "efficacy": looks["efficacy_z"].to_list(),
            "futility": looks["futility_z"].to_list(),
        },
    }


def without_effect(trial: EventTimeTrial) -> EventTimeTrial:
    """The same trial where the experimental arm fares as the control arm of its stratum."""
    strata = tuple(
        s.model_copy(
            update={
                "experimental": s.control.model_copy(update={"patients": s.experimental.patients})
            }
        )
        for s in trial.strata
    )
    return trial.model_copy(update={"strata": strata})


def _world(protocol: Protocol) -> Simulation:
    if protocol.simulation is None:
        raise _no_trial(protocol, "a `simulation` section")
    return protocol.simulation


def _first(world: Simulation) -> date:
    return date.fromisoformat(world.enrolment.first)


def _no_trial(protocol: Protocol, needs: str) -> MethodError:
    return MethodError(
        Fault(
            what=f"An event-time trial needs {needs}.",
            where=f"protocol {protocol.identity.id}",
            mend="state the trial in a scenario grid instead.",
        )
    )


def progression_hazard(course: Course) -> tuple[Hazard, ...]:
    """Progression or death, whichever comes first: their hazards add."""
    starts = sorted({p.from_month for p in (*course.progression, *course.death_before_progression)})
    return tuple(
        Hazard(
            from_month=start,
            per_month=sum(
                math.log(2) / [p.median_months for p in law if p.from_month <= start][-1]
                for law in (course.progression, course.death_before_progression)
            ),
        )
        for start in starts
    )


def _arm(course: Course, patients: int, dropout: float) -> ArmTimes:
    response = course.partial_response + course.complete_response
    return ArmTimes(
        patients=patients,
        hazard=progression_hazard(course),
        dropout_per_month=dropout,
        response=response,
    )


def _scans(protocol: Protocol) -> tuple[Scans, ...]:
    month = protocol.days_per_month
    return tuple(
        Scans(
            every_months=interval.every_days / month,
            until_month=None if interval.until_day is None else interval.until_day / month,
        )
        for interval in protocol.assessments.schedule
    )


def _stratum_shares(protocol: Protocol, world: Simulation, analysis: str) -> dict[str, float]:
    """Expected share of each stratum, from the independent characteristics of the simulation."""
    names = next((a.strata for a in protocol.analyses if a.id == analysis), None)
    if names is None:
        raise _no_trial(protocol, f"an analysis named {analysis}")
    sources = {g.variable: g.of for g in protocol.groupings}
    wanted = sorted({sources.get(name, name) for name in names} & set(world.categorical))
    cells = list(itertools.product(*(world.categorical[v].items() for v in wanted)))
    rows = [
        {v: level for v, (level, _) in zip(wanted, cell, strict=True)}
        | {"share": math.prod(p for _, p in cell)}
        for cell in cells
    ]
    frame = derive_groupings(pl.DataFrame(rows), protocol.groupings)
    named = (
        frame.with_columns(pl.concat_str(names, separator=", ").alias("stratum"))
        if names
        else (frame.with_columns(pl.lit("all").alias("stratum")))
    )
    shares = named.group_by("stratum", maintain_order=True).agg(pl.col("share").sum())
    return dict(shares.iter_rows())


def _largest_remainder(total: int, shares: list[float]) -> list[int]:
    """`total` divided in proportion to `shares`, in whole patients."""
    exact = [total * share / sum(shares) for share in shares]
    sizes = [math.floor(x) for x in exact]
    order = sorted(range(len(exact)), key=lambda k: sizes[k] - exact[k])
    for k in order[: total - sum(sizes)]:
        sizes[k] += 1
    return sizes
