# SPDX-License-Identifier: Apache-2.0
"""Times to progression by each evaluator: what is possible for a patient, and what is chosen.

A time ends with a scan on which progression is called, with death, or with the last scan. Scans
stand at the planned visits with a shift inside the window; one on a printed median's own day may
lie outside it and is then an unscheduled visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from equipoise.protocol.model import Protocol
from equipoise.simulation.scans import planned_days
from equipoise.simulation.streams import BoolArray
from equipoise.statistics.observations import Floats, Ints
from equipoise.twins.people import People
from equipoise.twins.search import Choices, Found, Targets, search

APART = 21
"""Least days between two scans."""
_ALIKE = 5
"""How much likelier two readers name the same scan than any one other."""
_LAST_SCAN = 1
"""How much likelier a time without progression ends with the last scan than with one before."""
UNREAD = -1
"""Tag of a time without any scan."""
Option = tuple[int, int, int, int]
"""day, event, mark (disease controlled), visit of the scan that ends the time (UNREAD: none)."""


@dataclass(frozen=True, slots=True)
class Visits:
    """Planned scans (visits,) and the day of each for each patient (patients, visits).

    Days count from the reference date, which is day 1.
    """

    planned: Ints
    day: Ints

    def nearest(self, day: int) -> int:
        """The planned visit that a scan on this day stands for."""
        return int(np.argmin(np.abs(self.planned + 1 - day)))


@dataclass(frozen=True, slots=True)
class ReadTime:
    """Each patient's time by one evaluator; `visit` of the scan that ends it, UNREAD where none.

    dead : the time ends with death, not with a scan
    """

    day: Ints
    event: Ints
    visit: Ints
    dead: BoolArray
    found: Found


def make_visits(protocol: Protocol, people: People, rng: Generator) -> Visits:
    """The imaging calendar of every patient, shifts inside the window."""
    assessments = protocol.assessments
    planned = planned_days(assessments, until=int(people.potential.max()))
    if not len(planned):
        planned = np.array([assessments.schedule[0].every_days])
    gap = int(np.min(np.diff(planned, prepend=0)))
    window = min(assessments.window_days, (gap - 1) // 2)
    draw = rng.random((people.count, len(planned), 2)).sum(axis=2) - 1
    return Visits(planned, planned + np.rint(draw * window).astype(np.int64) + 1)


def read_first(
    people: People,
    visits: Visits,
    targets: Targets,
    special: Sequence[Special],
    medians: Sequence[float],
    rng: Generator,
) -> ReadTime:
    """Times by the first evaluator, alone; the search begins at exponential times.

    Parameters    medians : days, one per arm
    """
    controlled = bool(len(targets.marked))
    options = [
        _alone(i, people, visits, special[people.arm[i]], controlled=controlled)
        for i in range(people.count)
    ]
    drawn = -np.log2(1 - rng.random(people.count)) * np.asarray(medians)[people.arm]
    choices = table_of(options)
    return _choose(choices, nearest_option(choices, drawn), people, targets, rng)


def read_again(
    people: People,
    visits: Visits,
    first: ReadTime,
    targets: Targets,
    special: Sequence[Special],
    rng: Generator,
) -> ReadTime:
    """Times by another evaluator of the same scans, near those by the first."""
    options = [
        _beside(i, people, visits, first, special[people.arm[i]]) for i in range(people.count)
    ]
    same = np.zeros(people.count, dtype=np.int64)
    chosen = _choose(table_of(options), same, people, targets, rng)
    dead = first.dead & (chosen.day == first.day)
    return ReadTime(chosen.day, chosen.event, chosen.visit, dead, chosen.found)


def read_freely(
    people: People,
    visits: Visits,
    first: ReadTime,
    others: Sequence[ReadTime],
    chance: float,
    rng: Generator,
) -> ReadTime:
    """Times by an evaluator of whom nothing is printed: one scan off the first's by `chance`.

    Parameters    others : times that stand already, the first one's among them; a scan of a day of
                  its own has to leave `APART` days to each of theirs, in the order of visits
    """
    differs = rng.random(people.count) < chance
    day, visit = first.day.copy(), first.visit.copy()
    nothing = Special(event=(), censoring=())
    for i in np.flatnonzero(differs & (first.event == 1) & ~first.dead):
        fixed = [(int(o.visit[i]), int(o.day[i])) for o in others if not o.dead[i]]
        # Who is read free of progression would be read on a later scan too.
        last = min((int(o.visit[i]) for o in others if not o.event[i]), default=len(visits.planned))
        near = [
            (d, v)
            for d, event, _, v in _beside(int(i), people, visits, first, nothing)
            if event and v <= last and abs(v - first.visit[i]) == 1 and _fits(v, d, fixed)
        ]
        if near:
            day[i], visit[i] = near[rng.integers(len(near))]
    return ReadTime(day, first.event, visit, first.dead, first.found)


def _fits(visit: int, day: int, fixed: Sequence[tuple[int, int]]) -> bool:
    """Whether a scan can stand beside those whose day is fixed."""
    return all(
        day == d if visit == v else (day - d) * (1 if visit > v else -1) >= APART for v, d in fixed
    )


@dataclass(frozen=True, slots=True)
class Special:
    """Days on which an event, and a censoring, of one arm makes a printed figure."""

    event: tuple[int, ...]
    censoring: tuple[int, ...]


def _alone(
    i: int, people: People, visits: Visits, special: Special, *, controlled: bool
) -> list[Option]:
    """Progression at any scan, or still free of it at one; the last scan is the likeliest."""
    last = int(people.potential[i])
    seen = [(visit, int(day)) for visit, day in enumerate(visits.day[i]) if day <= last]
    found: list[Option] = [(day, 1, int(visit > 0), visit) for visit, day in seen]
    found += [(day, 0, 1, visit) for visit, day in seen]
    found += [(day, 0, 1, visit) for visit, day in seen[-1:]] * (_LAST_SCAN * len(seen))
    for event, days in ((1, special.event), (0, special.censoring)):
        for day in days:
            visit = visits.nearest(day)
            if APART < day <= last:
                found.append((day, event, 1 if not event else int(visit > 0), visit))
    if controlled or not found:
        found.append((1, 0, 0, UNREAD))
    return found


def _beside(
    i: int, people: People, visits: Visits, first: ReadTime, special: Special
) -> list[Option]:
    """The same scan, or another that leaves `APART` days to it, in either order."""
    day, event, visit = int(first.day[i]), int(first.event[i]), int(first.visit[i])
    last = int(people.potential[i])
    if first.dead[i] or visit == UNREAD:
        return [(day, event, int(visit > 0), visit)]
    seen = [(v, int(d)) for v, d in enumerate(visits.day[i]) if d <= last]
    seen += [(visits.nearest(d), d) for d in special.event if d <= last]
    before = [(v, d) for v, d in seen if v < visit and d <= day - APART]
    after = [(v, d) for v, d in seen if v > visit and d >= day + APART]
    kept = int(visit > 0 or not event)
    same: list[Option] = [(day, event, kept, visit)] * _ALIKE
    earlier: list[Option] = [(d, 1, int(v > 0), v) for v, d in before]
    if not event:
        return [*same, (day, 1, int(visit > 0), visit), *earlier]
    later: list[Option] = [(d, e, 1, v) for v, d in after if v <= visit + 2 for e in (0, 1)]
    return [*same, (day, 0, 1, visit), *earlier, *later]


def _choose(
    choices: Choices, start: Ints, people: People, targets: Targets, rng: Generator
) -> ReadTime:
    found = search(choices, start, arm=people.arm, stratum=people.stratum, targets=targets, rng=rng)
    row = np.arange(people.count)
    day, event = choices.day[row, found.option], choices.event[row, found.option]
    visit = choices.tag[row, found.option]
    return ReadTime(day, event, visit, np.zeros(people.count, dtype=np.bool_), found)


def nearest_option(choices: Choices, drawn: Floats) -> Ints:
    """The event nearest to a drawn day; where that lies past every option, the last censoring."""
    there = np.arange(choices.day.shape[1]) < choices.count[:, None]
    past = drawn > np.where(there, choices.day, 0).max(axis=1)
    far = np.abs(choices.day - drawn[:, None]).astype(float)
    event = np.where(there & (choices.event == 1), far, np.inf).argmin(axis=1)
    censoring = np.where(there & (choices.event == 0), choices.day, -1).argmax(axis=1)
    return np.asarray(np.where(past, censoring, event))


def table_of(options: list[list[Option]]) -> Choices:
    """Options of every patient as arrays."""
    count = np.array([len(row) for row in options])
    filled = np.zeros((len(options), int(count.max()), 4), dtype=np.int64)
    for i, row in enumerate(options):
        filled[i, : len(row)] = row
    day, event, mark, tag = (np.ascontiguousarray(filled[..., k]) for k in range(4))
    return Choices(day, event, mark, tag, count)
