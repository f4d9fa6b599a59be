# SPDX-License-Identifier: Apache-2.0
"""The imaging calendar: planned scans, their true dates, and those that took place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.protocol.model import Assessments, Simulation
from equipoise.simulation.streams import BoolArray, IntArray, Streams, draw_per_scan


@dataclass(frozen=True, slots=True)
class Scans:
    """Planned scans of every subject; all but `planned_day` are (subjects, planned scans).

    `kept` are those that are not missed, whether or not anybody is still observed; of them
    `attended` took place, and `ordinal` counts the kept ones up to and including each.
    """

    planned_day: IntArray
    date: IntArray
    kept: BoolArray
    attended: BoolArray
    ordinal: IntArray


_BEYOND = 3
"""Scans planned past the end of follow-up: what a reader is about to call does not depend on it."""


def planned_days(assessments: Assessments, *, until: int, beyond: int = 0) -> IntArray:
    """Days of the planned scans after the reference date: up to `until`, and `beyond` more."""
    days: list[int] = []
    day = 0
    for interval in assessments.schedule:
        last = until if interval.until_day is None else min(interval.until_day, until)
        while day + interval.every_days <= last:
            day += interval.every_days
            days.append(day)
    days += [day + (i + 1) * assessments.schedule[-1].every_days for i in range(beyond)]
    return np.array(days, dtype=np.int64)


def simulate_scans(
    assessments: Assessments,
    simulation: Simulation,
    *,
    reference: IntArray,
    observed_to: IntArray,
    longest: int,
    streams: Streams,
) -> Scans:
    """Scans inside their windows while the subject is under observation; some are missed.

    Parameters    reference, observed_to : (subjects,) day - a scan on the last day took place
                  longest : days of follow-up of the first patient; fixes how many scans are drawn
    Notes         The shift from the planned day is the sum of two uniform draws (triangular),
                  held inside half the shortest interval so that scans keep their order.
    """
    until = longest + assessments.window_days
    planned = planned_days(assessments, until=until, beyond=_BEYOND)
    gap = int(np.min(np.diff(planned, prepend=0)))
    window = min(assessments.window_days, (gap - 1) // 2)
    draws = draw_per_scan(streams, "scans", scans=len(planned), width=3)
    shift = np.rint((draws[..., 0] + draws[..., 1] - 1) * window).astype(np.int64)
    date = reference[:, None] + planned + shift
    kept = draws[..., 2] >= simulation.missed_scan
    return Scans(
        planned_day=planned,
        date=date,
        kept=kept,
        attended=kept & (date <= observed_to[:, None]),
        ordinal=np.cumsum(kept, axis=1),
    )
