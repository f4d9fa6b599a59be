# SPDX-License-Identifier: Apache-2.0
"""The scans of a twin's patients and what each evaluator read on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.random import Generator

from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.baseline_lesions import bring_lesions
from equipoise.simulation.images import Images
from equipoise.simulation.lesions import Growth, simulate_lesions
from equipoise.simulation.reading import Calls, accept_reads, plain_reads
from equipoise.simulation.scans import Scans
from equipoise.simulation.streams import BoolArray, FloatArray, Streams
from equipoise.simulation.tumour_course import (
    COMPLETE,
    NO_RESPONSE,
    PARTIAL,
    Seen,
    growth_ratio,
    smallest_sums,
)
from equipoise.statistics.observations import Floats, Ints
from equipoise.twins.people import People
from equipoise.twins.read_times import APART, UNREAD, ReadTime, Visits

_NO_TRUTH = {"sums_read": pl.Int64, "sums_held": pl.Int64}
"""A twin has no truth behind it."""
_BEFORE_DEATH = 3
"""Days before death in which nobody is scanned."""
_SHARED = 0.75
"""Share of one reader's responders that another is bound to see as such: P(both) / P(one) is 0.15 /
0.2 for normal scores correlated by 0.9 where 0.2 respond."""
_LONGER = 1.5
"""Where no progression was seen, the targets grow to it this much later than the last scan."""


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
        kept=attended,
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


def take_images(
    protocol: Protocol,
    simulation: Simulation,
    people: People,
    scans: Scans,
    times: Sequence[ReadTime],
    responders: Sequence[Floats],
    streams: Streams,
    rng: Generator,
) -> Images:
    """Every evaluator's response on every scan that the times allow, and lesions that give it.

    Parameters    responders : by evaluator, rows of arm and printed number; no rows: as simulated
    """
    calls = _calls(scans, times)
    days = scans.date - people.entry.reference[:, None]
    response = _best(protocol, simulation, people, calls, responders, rng)
    law, place = simulation.tumour, rng.random((people.count, 1))
    lesions = simulate_lesions(
        law,
        [reader.id for reader in protocol.readers],
        calls,
        Seen(response, smallest_sums(law, response, place)),
        bring_lesions(streams),
        Growth(growth_ratio(law, rng.random(people.count)), _grown(calls, days)),
        days,
        streams,
    )
    reads = plain_reads(calls, lesions.response)
    accepted = _accepted(protocol, reads.read, reads.response)
    nothing = pl.DataFrame({"sums_read": [None], "sums_held": [None]}, schema_overrides=_NO_TRUTH)
    truth = pl.concat([nothing] * people.count)
    return Images(scans, accept_reads(reads, accepted), lesions, truth)


def _calls(scans: Scans, times: Sequence[ReadTime]) -> Calls:
    """The scans that each reader reads, up to the one its time ends with; all can be read."""
    planned = len(scans.planned_day)
    called = np.stack([np.where((t.event == 1) & ~t.dead, t.visit, planned) for t in times], axis=1)
    read = scans.attended[:, None] & (np.arange(planned) <= called[..., None])
    return Calls(
        progression_scan=called,
        due=called,
        kept=scans.attended[:, None],
        read=read,
        unreadable=np.zeros(read.shape, dtype=np.bool_),
        closed=np.ones(called.shape, dtype=np.bool_),
    )


def _grown(calls: Calls, days: Ints) -> FloatArray:
    """Day on which the targets have grown to progression: a little before the scan that saw it."""
    planned = days.shape[1]
    last = np.where(calls.read.any(axis=1), days, 0).max(axis=1)
    seen = np.take_along_axis(days, np.minimum(calls.progression_scan, planned - 1), axis=1)
    before = np.maximum(seen - APART / 2, APART)
    later = np.maximum(_LONGER * last, APART)[:, None]
    return np.asarray(np.where(calls.progression_scan < planned, before, later), dtype=np.float64)


def _best(
    protocol: Protocol,
    simulation: Simulation,
    people: People,
    calls: Calls,
    responders: Sequence[Floats],
    rng: Generator,
) -> Ints:
    """Best response of each patient to each evaluator: (patients, evaluators)."""
    scan = np.arange(calls.read.shape[2])
    best = np.full((people.count, len(responders)), NO_RESPONSE, dtype=np.int64)
    favoured = np.zeros(people.count, dtype=np.bool_)
    for index in range(len(responders)):
        clear = (calls.read[:, index] & (scan < calls.due[:, index, None])).sum(axis=1)
        wanted = _wanted(protocol, simulation, people, responders[index])
        # Two readers who agree as `Tumour.readers_agree` has it by default share three quarters.
        kept = favoured & (rng.random(people.count) < _SHARED)
        mine = _responders(people, clear, wanted, kept, rng)
        favoured = favoured | mine
        complete = _complete(protocol, simulation, people, mine, rng)
        best[:, index] = np.where(complete, COMPLETE, np.where(mine, PARTIAL, NO_RESPONSE))
    return best


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
