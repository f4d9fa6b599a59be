# SPDX-License-Identifier: Apache-2.0
"""The imaging calendar: planned scans, their true dates, and those that took place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.protocol.model import Assessments, Simulation
from equipoise.simulation.streams import BoolArray, IntArray, Streams, draw_uniforms


@dataclass(frozen=True, slots=True)
class Scans:
    """Planned scans of every subject; `date` and `attended` are (subjects, planned scans).

    `ordinal` counts the scans attended up to and including each.
    """

    planned_day: IntArray
    date: IntArray
    attended: BoolArray
    ordinal: IntArray


def planned_days(assessments: Assessments, *, until: int) -> IntArray:
    """Days of the planned scans after the reference date, up to `until`."""
    days: list[int] = []
    day = 0
    for interval in assessments.schedule:
        last = until if interval.until_day is None else min(interval.until_day, until)
        while day + interval.every_days <= last:
            day += interval.every_days
            days.append(day)
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
    planned = planned_days(assessments, until=longest + assessments.window_days)
    if not len(planned):
        planned = np.array([assessments.schedule[0].every_days])
    gap = int(np.min(np.diff(planned, prepend=0)))
    window = min(assessments.window_days, (gap - 1) // 2)
    draws = draw_uniforms(streams, "scans", width=3 * len(planned))
    draws = draws.reshape(streams.subjects, len(planned), 3)
    shift = np.rint((draws[..., 0] + draws[..., 1] - 1) * window).astype(np.int64)
    date = reference[:, None] + planned + shift
    attended = (draws[..., 2] >= simulation.missed_scan) & (date <= observed_to[:, None])
    return Scans(
        planned_day=planned,
        date=date,
        attended=attended,
        ordinal=np.cumsum(attended, axis=1),
    )
