# SPDX-License-Identifier: Apache-2.0
"""A twin from a protocol and its published figures: people, times, images, treatment, tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator, Philox

from equipoise.errors import Fault, ProtocolError
from equipoise.protocol.model import Protocol, Simulation
from equipoise.sdtm.study import record_study
from equipoise.simulation.cutoff import FollowUp
from equipoise.simulation.disease import Latent
from equipoise.simulation.patient_table import Lives
from equipoise.simulation.streams import Streams
from equipoise.simulation.trial import tell_patients
from equipoise.simulation.tumour_course import Depth
from equipoise.statistics.observations import Ints
from equipoise.twins.harms import Harms, fatal_counts, make_harms
from equipoise.twins.imaging import make_scans, take_images
from equipoise.twins.people import People, make_people
from equipoise.twins.printed_counts import arm_sizes, response_counts
from equipoise.twins.printed_spans import special_days, time_targets
from equipoise.twins.read_times import (
    ReadTime,
    Special,
    Visits,
    make_visits,
    read_again,
    read_first,
    read_freely,
)
from equipoise.twins.search import Targets
from equipoise.twins.survival_times import SurvivalTime, name_deaths, survive

SUFFIX = "-TWIN"
_ATTEMPTS = 5
"""Constructions begun afresh before the nearest one is taken."""


@dataclass(frozen=True, slots=True)
class Twin:
    """SDTM tables of a twin, and by endpoint what its times still miss (0: nothing)."""

    tables: dict[str, pl.DataFrame]
    misfit: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the construction works from."""

    protocol: Protocol
    simulation: Simulation
    sizes: Mapping[str, int]
    people: People
    visits: Visits


def construct_twin(protocol: Protocol, *, seed: int) -> Twin:
    """Patients whose readout prints the published figures of the protocol, or comes near.

    Parameters    seed : 0 to 2^64 - 1; the same seed gives the same twin
    Raises        ProtocolError - when the protocol has no published figures or no simulation
    Notes         docs/methods/twin.md says in which order what is fixed, and what is free.
    """
    simulation = _ready(protocol)
    best = None
    for attempt in range(_ATTEMPTS):
        twin = _attempt(protocol, simulation, seed, attempt)
        if best is None or sum(twin.misfit.values()) < sum(best.misfit.values()):
            best = twin
        if not any(best.misfit.values()):
            break
    assert best is not None
    return best


def _attempt(protocol: Protocol, simulation: Simulation, seed: int, attempt: int) -> Twin:
    """One construction; each attempt of a seed draws from a stream of its own."""
    rng = Generator(Philox(key=np.array([seed, attempt], dtype=np.uint64)))
    sizes = arm_sizes(protocol)
    streams = Streams(seed=seed, replicates=(attempt + 1,), patients=sum(sizes.values()))
    people = make_people(protocol, simulation, sizes, streams, rng)
    plan = _Plan(protocol, simulation, sizes, people, make_visits(protocol, people, rng))
    names, reads = _read_times(plan, rng)
    survival = _survival(plan, reads, rng)
    tables = _tables(plan, reads, survival, streams, rng)
    found = [*(read.found for read in reads), survival.found]
    misfit = dict(zip([*names, "survival"], (item.misfit for item in found), strict=True))
    return Twin(tables, misfit)


def _ready(protocol: Protocol) -> Simulation:
    faults = [
        Fault(
            what=f"{protocol.identity.id} has no `{part}`: a twin needs it",
            where="the top level of the protocol",
            mend=mend,
        )
        for part, mend in (
            ("published", "enter the figures that the publication prints under `published`"),
            ("simulation", "declare enrolment, cut-off and what else is free under `simulation`"),
        )
        if getattr(protocol, part) is None
    ]
    if faults or protocol.simulation is None:
        raise ProtocolError(faults)
    return protocol.simulation


def _read_times(plan: _Plan, rng: Generator) -> tuple[list[str], list[ReadTime]]:
    """The progression-free time of every patient by every evaluator, the first one alone."""
    protocol, people, visits = plan.protocol, plan.people, plan.visits
    names: list[str] = []
    reads: dict[int, ReadTime] = {}
    free: list[int] = []
    for place, reader in enumerate(protocol.readers):
        evaluator = _told_by(protocol, reader.id)
        endpoint = next(
            (e for e in protocol.endpoints if e.kind == "pfs" and e.evaluator == evaluator), None
        )
        marked = response_counts(protocol, evaluator, "dcr", plan.sizes)
        targets = time_targets(protocol, endpoint.id if endpoint else "", marked=marked)
        special = _special(protocol, targets)
        names.append(endpoint.id if endpoint else reader.id)
        if not reads:
            first = read_first(people, visits, targets, special, _medians(plan, targets), rng)
            early = _early_deaths(plan, first)
            reads[place] = name_deaths(first, people, early, visits.planned, rng)
        elif endpoint is None and not len(marked):
            free.append(place)
        else:
            reads[place] = read_again(people, visits, reads[0], targets, special, rng)
    for place in free:  # after all whose figures are printed: no scan of theirs may move
        chance = plan.simulation.reads_differ.get(protocol.readers[place].id, 0.0)
        others = list(reads.values())
        reads[place] = read_freely(people, visits, reads[0], others, chance, rng)
    return names, [reads[place] for place in range(len(names))]


def _told_by(protocol: Protocol, reader: str) -> str:
    """Whose figures a reader has to print: of two, the first stands for what is accepted."""
    for item in protocol.evaluators:
        if item.adjudication is not None and item.adjudication.readers[0] == reader:
            return item.id
    return reader


def _special(protocol: Protocol, targets: Targets) -> list[Special]:
    return [
        Special(
            event=tuple(special_days(targets, arm, reverse=False)),
            censoring=tuple(special_days(targets, arm, reverse=True)),
        )
        for arm in range(len(protocol.arms))
    ]


def _medians(plan: _Plan, targets: Targets) -> list[float]:
    """Median days to progression of each arm: as printed, else as the simulation declares it."""
    months = plan.protocol.days_per_month
    medians = [
        plan.simulation.arms[arm.id].progression[0].median_months * months
        for arm in plan.protocol.arms
    ]
    for row in targets.quantiles:
        arm, side, reverse, level, first = int(row[0]), row[1], row[2], row[3], row[4]
        if arm >= 0 and side == 0 and reverse == 0 and level == 0.5 and first > 0:
            medians[arm] = float(first)
    return medians


def _early_deaths(plan: _Plan, first: ReadTime) -> list[int]:
    """Deaths without progression: at least the fatal adverse events, else the declared share."""
    fatal = fatal_counts(plan.protocol, plan.sizes)
    wanted = []
    for index, arm in enumerate(plan.protocol.arms):
        course = plan.simulation.arms[arm.id]
        before = 1 / course.death_before_progression[0].median_months
        share = before / (before + 1 / course.progression[0].median_months)
        events = int(first.event[plan.people.arm == index].sum())
        wanted.append(max(fatal[index], round(share * events)))
    return wanted


def _survival(plan: _Plan, reads: list[ReadTime], rng: Generator) -> SurvivalTime:
    protocol = plan.protocol
    endpoint = next((e.id for e in protocol.endpoints if e.kind == "os"), "")
    targets = time_targets(protocol, endpoint, marked=np.empty((0, 2)))
    medians = [
        plan.simulation.arms[arm.id].death_after_progression[0].median_months
        * protocol.days_per_month
        for arm in protocol.arms
    ]
    return survive(
        plan.people,
        reads,
        targets,
        _special(protocol, targets),
        medians,
        gap=int(np.max(np.diff(plan.visits.planned, prepend=0))),
        bound=any(item.kind == "pfs" for item in protocol.endpoints),
        rng=rng,
    )


def _tables(
    plan: _Plan,
    reads: list[ReadTime],
    survival: SurvivalTime,
    streams: Streams,
    rng: Generator,
) -> dict[str, pl.DataFrame]:
    """SDTM tables from the times: images first, then treatment and what it did."""
    protocol, simulation, people = plan.protocol, plan.simulation, plan.people
    scans = make_scans(simulation, people, plan.visits, reads, rng)
    printed = [
        response_counts(protocol, _told_by(protocol, item.id), "orr", plan.sizes)
        for item in protocol.readers
    ]
    images = take_images(protocol, simulation, people, scans, reads, printed, streams, rng)
    latent = _latent(reads, survival)
    follow = _follow_up(people, survival)
    harms = make_harms(
        protocol, simulation, people, latent, reads[0].dead, follow.death, plan.sizes,
        streams=streams, rng=rng,
    )  # fmt: skip
    lives = _lives(people, latent, follow, harms)
    imaged_to = np.where(scans.attended, scans.date, 0).max(axis=1)
    world = tell_patients(
        protocol, simulation, lives, images, streams,
        action=harms.action, imaged_to=imaged_to,
    )  # fmt: skip
    world = _unscheduled(protocol, world, people.entry.reference, scans.planned_day)
    return _named(protocol, record_study(protocol, world))


def _latent(reads: list[ReadTime], survival: SurvivalTime) -> Latent:
    """The times as observed: a twin has no truth behind them."""
    n = len(survival.day)
    progressed = (reads[0].event == 1) & ~reads[0].dead
    return Latent(
        progression=np.where(progressed, reads[0].day - 1.0, survival.day - 1.0),
        death=np.where(survival.died, survival.day - 1.0, np.inf),
        dropout=np.where(survival.left, survival.day - 1.0, np.inf),
        depth=Depth(np.ones(n), np.zeros(n), np.zeros(n)),
        growth_ratio=np.ones(n),
        grown=np.ones(n),
        crosses=np.zeros(n, dtype=np.bool_),
    )


def _follow_up(people: People, survival: SurvivalTime) -> FollowUp:
    last = people.entry.reference + survival.day - 1
    return FollowUp(
        death=last,
        observed_to=last,
        alive_to=last - survival.died,
        died=survival.died,
        left=survival.left,
    )


def _lives(people: People, latent: Latent, follow: FollowUp, harms: Harms) -> Lives:
    return Lives(
        entry=people.entry,
        covariates=people.covariates,
        arm=people.arm,
        latent=latent,
        toxicity=harms.toxicity,
        follow=follow,
        cutoff=np.full(people.count, people.cutoff),
    )


def _unscheduled(
    protocol: Protocol, world: dict[str, pl.DataFrame], reference: Ints, planned: Ints
) -> dict[str, pl.DataFrame]:
    """Visits outside their window say so."""
    window, told = protocol.assessments.window_days, dict(world)
    for name in ("reads", "lesions", "measurements"):
        table = world[name]
        scan, subject = table["scan"].to_numpy(), table["subject"].to_numpy()
        day = table["date"].to_physical().to_numpy() - reference[subject]
        off = (scan >= 0) & (np.abs(day - planned[np.maximum(scan, 0)]) > window)
        visit = pl.when(pl.Series(off)).then("UNSCHEDULED, " + pl.col("visit"))
        told[name] = table.with_columns(visit.otherwise("visit").alias("visit"))
    return told


def _named(protocol: Protocol, tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables of one trial, without a truth, under names that say what they are."""
    return {
        name: table.drop("REPID").with_columns(
            STUDYID=pl.lit(f"{protocol.identity.id}{SUFFIX}"),
            USUBJID=pl.col("USUBJID").str.replace("-SIM-", f"{SUFFIX}-", literal=True),
        )
        for name, table in tables.items()
        if name != "TRUTH"
    }
