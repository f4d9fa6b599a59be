# SPDX-License-Identifier: Apache-2.0
"""The scans of a twin's patients and what each evaluator read on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.random import Generator

from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.reading import CR, PD, PR, SD, Reads
from equipoise.simulation.scans import Scans
from equipoise.simulation.streams import BoolArray
from equipoise.statistics.observations import Floats, Ints
from equipoise.twins.people import People
from equipoise.twins.read_times import APART, UNREAD, ReadTime, Visits

_BEFORE_DEATH = 3
"""Days before death in which nobody is scanned."""
_ONSET = (0.5, 0.3, 0.2)
"""Chance that a response begins at the first, second or third scan: as the simulation has it."""


def make_scans(
    simulation: Simulation,
    people: People,
    visits: Visits,
    reads: Sequence[ReadTime],
    rng: Generator,
) -> Scans:
    """The scans that the times need, and the planned ones between them; a few are missed."""
    day, attended = visits.day.copy(), np.zeros(visits.day.shape, dtype=np.bool_)
    missed = rng.random(day.shape) < simulation.missed_scan
    for i in range(people.count):
        needed = {
            int(read.visit[i]): int(read.day[i])
            for read in reads
            if not read.dead[i] and read.visit[i] != UNREAD
        }
        end, last = _end(reads, i, needed)
        for visit in range(min(last, day.shape[1])):
            moved = _between(int(day[i, visit]), visit, needed)
            if visit not in needed and moved <= end and not (missed[i, visit] and visit):
                day[i, visit], attended[i, visit] = moved, True
        for visit, exact in needed.items():
            day[i, visit], attended[i, visit] = exact, True
    return Scans(
        planned_day=visits.planned,
        date=people.entry.reference[:, None] + day - 1,
        attended=attended,
        ordinal=np.cumsum(attended, axis=1),
    )


def _end(reads: Sequence[ReadTime], i: int, needed: Mapping[int, int]) -> tuple[int, int]:
    """Last day on which a scan can be, and the visit before which all planned ones are."""
    if not reads[0].dead[i]:
        return max(needed.values(), default=0), max(needed, default=0)
    unseen = reads[0].visit[i] <= 0
    return (0, 0) if unseen else (int(reads[0].day[i]) - _BEFORE_DEATH, len(reads[0].day))


def _between(day: int, visit: int, needed: Mapping[int, int]) -> int:
    """The day of a planned scan, moved away from those whose day is fixed."""
    for other, exact in needed.items():
        if visit < other:
            day = min(day, exact - APART)
        elif visit > other:
            day = max(day, exact + APART)
    return day


def read_all(
    protocol: Protocol,
    simulation: Simulation,
    people: People,
    scans: Scans,
    times: Sequence[ReadTime],
    responders: Sequence[Floats],
    rng: Generator,
) -> Reads:
    """Every evaluator's response on every scan that the times allow.

    Parameters    responders : by evaluator, rows of arm and printed number; no rows: as simulated
    """
    planned = len(scans.planned_day)
    called = np.stack([np.where((t.event == 1) & ~t.dead, t.visit, planned) for t in times], axis=1)
    scan = np.arange(planned)
    read = scans.attended[:, None] & (scan <= called[..., None])
    response = np.full(read.shape, SD, dtype=np.int64)
    favoured = np.zeros(people.count, dtype=np.bool_)
    onset = 1 + np.searchsorted(np.cumsum(_ONSET)[:-1], rng.random(people.count), side="right")
    for index in range(len(times)):
        clear = (read[:, index] & (scan < called[:, index, None])).sum(axis=1)
        wanted = _wanted(protocol, simulation, people, responders[index])
        mine = _responders(people, clear, wanted, favoured, rng)
        favoured = favoured | mine
        depth = np.where(_complete(protocol, simulation, people, mine, rng), CR, PR)
        begins = np.minimum(onset, clear)
        shrunk = mine[:, None] & (scans.ordinal >= begins[:, None])
        response[:, index] = np.where(shrunk, depth[:, None], SD)
    response = np.where(scan == called[..., None], PD, response)
    return Reads(
        progression_scan=called,
        read=read,
        response=response,
        unreadable=np.zeros(read.shape, dtype=np.bool_),
        overall=response,
        accepted=_accepted(protocol, read, response),
    )


def _accepted(protocol: Protocol, read: BoolArray, response: Ints) -> BoolArray:
    """The adjudicator takes the first reader wherever two differ: that one prints the figures."""
    places = {reader.id: place for place, reader in enumerate(protocol.readers)}
    accepted = np.zeros(read.shape[:2], dtype=np.bool_)
    for evaluator in protocol.evaluators:
        if evaluator.adjudication is not None:
            one, two = (places[name] for name in evaluator.adjudication.readers)
            seen = np.where(read, response, -1)
            accepted[:, one] |= (seen[:, one] != seen[:, two]).any(axis=1)
    return accepted


def _wanted(
    protocol: Protocol, simulation: Simulation, people: People, printed: Floats
) -> dict[int, int]:
    """Responders of each arm: as printed, else by the declared chances."""
    size = np.bincount(people.arm, minlength=len(protocol.arms))
    declared = {}
    for index, arm in enumerate(protocol.arms):
        course = simulation.arms[arm.id]
        declared[index] = round((course.partial_response + course.complete_response) * size[index])
    return declared | {int(arm): int(number) for arm, number in printed}


def _responders(
    people: People, clear: Ints, wanted: Mapping[int, int], favoured: BoolArray, rng: Generator
) -> BoolArray:
    """Who responds: patients with many scans before progression, and those other readers named."""
    chosen = np.zeros(people.count, dtype=np.bool_)
    rank = np.log(np.maximum(clear, 1)) - np.log(-np.log(rng.random(people.count)))
    rank = np.where(favoured, np.inf, rank)
    for arm, number in wanted.items():
        here = np.flatnonzero((people.arm == arm) & (clear >= 1))
        chosen[here[np.argsort(-rank[here], kind="stable")][:number]] = True
    return chosen


def _complete(
    protocol: Protocol, simulation: Simulation, people: People, responds: BoolArray, rng: Generator
) -> BoolArray:
    """The responders whose tumours disappear, in the declared proportion."""
    chosen = np.zeros(people.count, dtype=np.bool_)
    for index, arm in enumerate(protocol.arms):
        course = simulation.arms[arm.id]
        both = course.partial_response + course.complete_response
        here = rng.permutation(np.flatnonzero(responds & (people.arm == index)))
        share = course.complete_response / both if both > 0 else 0.0
        chosen[here[: round(share * len(here))]] = True
    return chosen
