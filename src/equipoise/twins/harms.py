# SPDX-License-Identifier: Apache-2.0
"""Adverse events of a twin: drawn as in a simulation, then as many of each kind as printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.disease import Latent
from equipoise.simulation.safety import (
    NEVER,
    WITHDRAWN,
    Toxicity,
    draw_actions,
    simulate_toxicity,
)
from equipoise.simulation.streams import BoolArray, Streams
from equipoise.statistics.observations import Ints
from equipoise.twins.people import People
from equipoise.twins.printed_counts import Wanted, wanted_counts

OVERVIEW, TERM, GRADE34 = "AE.OVERVIEW", "AE.TERM", "AE.TERM.GRADE34"
ANY, HIGH, STOPPED, FATAL = "any", "grade 3 or more", "leading to discontinuation", "fatal"
_FATAL_LASTS = 7


@dataclass(frozen=True, slots=True)
class Harms:
    """Worst grades with what kills, and the event for which something was done (patients, 3)."""

    toxicity: Toxicity
    action: Ints


def fatal_counts(protocol: Protocol, sizes: Mapping[str, int]) -> list[int]:
    """Deaths from adverse events of each arm, as printed; 0 where nothing is."""
    wanted = wanted_counts(protocol, OVERVIEW, sizes)
    return [wanted.get((arm.id, FATAL), 0) for arm in protocol.arms]


def make_harms(
    protocol: Protocol,
    simulation: Simulation,
    people: People,
    latent: Latent,
    dead: BoolArray,
    death: Ints,
    sizes: Mapping[str, int],
    *,
    streams: Streams,
    rng: Generator,
) -> Harms:
    """Adverse events with the printed numbers of patients.

    Parameters    dead : (patients,) died without progression, of whom some from an event
                  death : (patients,) date of death
    """
    start = people.entry.start
    drawn = simulate_toxicity(
        protocol, simulation, people.arm, latent, start=start, streams=streams
    )
    grade = np.minimum(drawn.grade, 4)
    killed = _killed(protocol, people, dead, fatal_counts(protocol, sizes), rng)
    term = _fatal_term(protocol, simulation, people, rng)
    for arm, one in enumerate(protocol.arms):
        here = np.flatnonzero((people.arm == arm) & ~killed)
        _grade_terms(protocol, simulation, one.id, grade, here, sizes, rng)
        number = wanted_counts(protocol, OVERVIEW, sizes)
        deaths = int((killed & (people.arm == arm)).sum())
        _grade_patients(protocol, simulation, one.id, grade, here, number, deaths, rng)
    grade[killed, term[killed]] = 5
    onset = np.maximum(start, death - rng.integers(0, _FATAL_LASTS, size=people.count))
    toxicity = replace(
        drawn,
        grade=grade,
        fatal_term=np.where(killed, term, -1),
        fatal_onset=np.where(killed, onset, NEVER),
        fatal_death=np.where(killed, death, NEVER),
    )
    return Harms(toxicity, _action(protocol, simulation, people, toxicity, sizes, streams, rng))


def _killed(
    protocol: Protocol, people: People, dead: BoolArray, wanted: list[int], rng: Generator
) -> BoolArray:
    killed = np.zeros(people.count, dtype=np.bool_)
    for arm in range(len(protocol.arms)):
        here = rng.permutation(np.flatnonzero(dead & (people.arm == arm)))
        killed[here[: wanted[arm]]] = True
    return killed


def _fatal_term(protocol: Protocol, simulation: Simulation, people: People, rng: Generator) -> Ints:
    """The event each patient would die of: one that the simulation lets be fatal."""
    term = np.zeros(people.count, dtype=np.int64)
    for arm, one in enumerate(protocol.arms):
        fatal = [
            index
            for index, event in enumerate(simulation.adverse_events)
            if event.worst_grade.get(one.id, {}).get(5, 0) > 0
        ]
        here = np.flatnonzero(people.arm == arm)
        term[here] = rng.choice(fatal or [0], size=len(here))
    return term


def _printed(wanted: Wanted, arm: str) -> dict[str, int]:
    return {level: n for (of, level), n in wanted.items() if of == arm and level is not None}


def _grade_terms(
    protocol: Protocol,
    simulation: Simulation,
    arm: str,
    grade: Ints,
    here: Ints,
    sizes: Mapping[str, int],
    rng: Generator,
) -> None:
    """Each printed term in exactly so many patients of the arm, whose rows are `here`."""
    columns = {event.term: index for index, event in enumerate(simulation.adverse_events)}
    for analysis, low, mild in ((TERM, 1, 0), (GRADE34, 3, 2)):
        for term, number in _printed(wanted_counts(protocol, analysis, sizes), arm).items():
            if term not in columns:
                continue
            own = grade[:, columns[term]]
            has = rng.permutation(here[own[here] >= low])
            own[has[number:]] = mild
            free = rng.permutation(here[own[here] < low])
            own[free[: max(number - len(has), 0)]] = low


def _grade_patients(
    protocol: Protocol,
    simulation: Simulation,
    arm: str,
    grade: Ints,
    here: Ints,
    wanted: Wanted,
    deaths: int,
    rng: Generator,
) -> None:
    """Exactly so many patients of the arm with any event, and with one of grade 3 or more.

    Terms whose own number is printed are left as they are. `deaths` patients count already.
    """
    fixed = {
        level
        for analysis in (TERM, GRADE34)
        for figure in (protocol.published.figures if protocol.published else ())
        if figure.bind and figure.bind.analysis == analysis and (level := figure.bind.level)
    }
    events = simulation.adverse_events
    free = [i for i, event in enumerate(events) if event.term not in fixed]
    for kind, low, mild in ((HIGH, 3, 2), (ANY, 1, 0)):
        number = wanted.get((arm, kind))
        if number is None or not free:
            continue
        has = grade[here].max(axis=1) >= low
        pinned = np.zeros(len(here), dtype=np.bool_)
        for i, event in enumerate(events):
            if event.term in fixed:
                pinned |= grade[here, i] >= low
        over = rng.permutation(here[has & ~pinned])[: max(int(has.sum()) - (number - deaths), 0)]
        for i in over:
            grade[i, free] = np.where(grade[i, free] >= low, mild, grade[i, free])
        short = rng.permutation(here[~has])[: max(number - deaths - int(has.sum()), 0)]
        able = [
            i for i in free
            if any(g >= low and p > 0 for g, p in events[i].worst_grade.get(arm, {}).items())
        ]  # fmt: skip
        for i in short:
            grade[i, int(rng.choice(able or free))] = low


def _action(
    protocol: Protocol,
    simulation: Simulation,
    people: People,
    toxicity: Toxicity,
    sizes: Mapping[str, int],
    streams: Streams,
    rng: Generator,
) -> Ints:
    """What was done for an event: drawn, with exactly the printed number of stops."""
    action = draw_actions(protocol, simulation, toxicity.grade, toxicity.draw, people.arm, streams)
    worst = (
        toxicity.grade.argmax(axis=1) if toxicity.grade.shape[1] else np.zeros(people.count, int)
    )
    for arm, one in enumerate(protocol.arms):
        number = wanted_counts(protocol, OVERVIEW, sizes).get((one.id, STOPPED))
        if number is None:
            continue
        here = np.flatnonzero(people.arm == arm)
        action[here, WITHDRAWN] = -1
        top = toxicity.grade[here].max(axis=1)
        able = rng.permutation(here[(top >= 1) & (top < 5)])
        order = able[np.argsort(-toxicity.grade[able].max(axis=1), kind="stable")]
        chosen = rng.permutation(order[: max(3 * number, number)])[:number]
        action[chosen] = -1
        action[chosen, WITHDRAWN] = worst[chosen]
    return action
