# SPDX-License-Identifier: Apache-2.0
"""Survival of each patient, in keeping with the progressions read before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from equipoise.simulation.streams import BoolArray
from equipoise.statistics.observations import Floats, Ints
from equipoise.twins.people import People
from equipoise.twins.read_times import Option, ReadTime, Special, nearest_option, table_of
from equipoise.twins.search import Found, Targets, search

_DEATHS = 16
"""Days of death offered to a patient, spread over the time in which it could happen."""
_SHORTLY = 90
"""Half of the days offered lie within so many days after the last scan."""
_SOON = 3
"""Least days from the last scan to death."""
_LOST_WITHIN = 28
"""Days after the last scan within which a patient who comes to no further scan is lost."""
_RATHER_LOST = 15
"""How much likelier such a patient is lost than alive at the cut-off and not scanned."""
_GRACE = 14
_FIRST_DAYS = 7
"""Nobody leaves before: treatment has begun by then."""


@dataclass(frozen=True, slots=True)
class SurvivalTime:
    """Day of death (died), or the last day alive; `left` says who left before the cut-off."""

    day: Ints
    died: BoolArray
    left: BoolArray
    found: Found


def name_deaths(
    first: ReadTime, people: People, wanted: Sequence[int], planned: Ints, rng: Generator
) -> ReadTime:
    """Let as many events of each arm as wanted be deaths without progression.

    Events on days far from a planned visit come first: a death needs no scan.
    """
    dead = np.zeros(people.count, dtype=np.bool_)
    apart = np.abs(first.day[:, None] - 1 - planned).min(axis=1)
    for arm, number in enumerate(wanted):
        here = rng.permutation(np.flatnonzero((people.arm == arm) & (first.event == 1)))
        order = here[np.argsort(-np.maximum(apart[here] - 7, 0), kind="stable")]
        dead[order[:number]] = True
    return ReadTime(first.day, first.event, first.visit, dead, first.found)


def survive(
    people: People,
    reads: Sequence[ReadTime],
    targets: Targets,
    special: Sequence[Special],
    medians: Sequence[float],
    *,
    gap: int,
    bound: bool,
    rng: Generator,
) -> SurvivalTime:
    """Deaths and last contacts such that the printed figures of survival come out.

    Parameters    medians : days from progression to death, one per arm
                  gap : days between scans; bound : deaths only after every reader's progression,
                  as a death without one would be an event of progression-free survival
    """
    last = np.max([read.day for read in reads], axis=0)
    dead = reads[0].dead
    progressed = np.all([read.event == 1 for read in reads], axis=0)
    options = [
        _options(i, people, reads, special[people.arm[i]], int(last[i]), gap, rng,
                 may_die=bool(progressed[i]) or not bound)
        for i in range(people.count)
    ]  # fmt: skip
    drawn: Floats = last - np.log2(1 - rng.random(people.count)) * np.asarray(medians)[people.arm]
    choices = table_of(options)
    start = nearest_option(choices, np.where(dead, reads[0].day, drawn))
    start = np.where(choices.event.max(axis=1) == 0, 0, start)
    found = search(choices, start, arm=people.arm, stratum=people.stratum, targets=targets, rng=rng)
    row = np.arange(people.count)
    day, died = choices.day[row, found.option], choices.event[row, found.option] == 1
    return SurvivalTime(day, died, ~died & (day < people.potential), found)


def _options(
    i: int,
    people: People,
    reads: Sequence[ReadTime],
    special: Special,
    last: int,
    gap: int,
    rng: Generator,
    *,
    may_die: bool,
) -> list[Option]:
    """Alive at the cut-off, lost before it, or dead on one of some days after the last scan."""
    if reads[0].dead[i]:
        return [(int(reads[0].day[i]), 1, 0, 0)]
    end = int(people.potential[i])
    missed = all(read.event[i] == 0 for read in reads) and end - last > gap + _GRACE
    lost = min(max(last, _FIRST_DAYS) + 1 + int(rng.integers(0, _LOST_WITHIN)), end)
    found: list[Option] = [(end, 0, 0, 0)] * (_DEATHS // 2)
    if missed:
        # Alive at the cut-off without a scan for so long: only where the figures need it.
        found = [(lost, 0, 0, 0)] * _RATHER_LOST + [(end, 0, 0, 0)]
    else:
        found += [(day, 0, 0, 0) for day in special.censoring if last < day < end]
        found += [(int(rng.integers(last, end + 1)), 0, 0, 0)]
    if may_die and end - last > _SOON and not missed:
        soon = min(last + _SOON + _SHORTLY, end)
        days = rng.integers(last + _SOON, end + 1, size=_DEATHS)
        days[::2] = rng.integers(last + _SOON, soon + 1, size=_DEATHS // 2)
        found += [(int(day), 1, 0, 0) for day in days]
        found += [(day, 1, 0, 0) for day in special.event if last + _SOON <= day <= end]
    return found
