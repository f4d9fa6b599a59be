# SPDX-License-Identifier: Apache-2.0
"""Patients' times from a digitised survival curve and the numbers at risk printed below it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.errors import Fault, MethodError
from equipoise.statistics.observations import Floats, Ints

_TURNS = 200
"""Corrections of one interval's censorings before the nearest is kept."""


@dataclass(frozen=True, slots=True)
class DigitisedCurve:
    """A curve as read off a figure, in the figure's unit of time.

    time, survival : (m,) read-offs, time rising, survival falling from 1 at time 0
    risk_time, at_risk : (k,) the numbers printed below the figure, the first at time 0
    """

    time: Floats
    survival: Floats
    risk_time: Floats
    at_risk: Ints


def digitised_curve(
    time: ArrayLike, survival: ArrayLike, risk_time: ArrayLike, at_risk: ArrayLike
) -> DigitisedCurve:
    """Read-offs in order: sorted by time, held between 0 and 1, never rising.

    Raises        MethodError - lengths differ, no numbers at risk, or the first is not at time 0
    """
    times, curve = np.asarray(time, float), np.asarray(survival, float)
    marks, numbers = np.asarray(risk_time, float), np.asarray(at_risk, np.int64)
    faults = []
    if times.shape != curve.shape or times.ndim != 1 or not times.size:
        faults.append(("time and survival differ in length, or are empty", "time, survival"))
    if marks.shape != numbers.shape or not marks.size or marks[0] != 0:
        faults.append(("numbers at risk need a number at time 0 and each its time", "at_risk"))
    if faults:
        raise MethodError(
            [Fault(what=what, where=where, mend="give both read off") for what, where in faults]
        )
    order = np.argsort(times, kind="stable")
    times, curve = times[order], np.minimum.accumulate(np.clip(curve[order], 0.0, 1.0))
    if times[0] > 0:
        times, curve = np.r_[0.0, times], np.r_[1.0, curve]
    return DigitisedCurve(times, curve, marks, numbers)


def reconstruct_times(read: DigitisedCurve) -> tuple[Floats, Ints]:
    """Times and events (1 = event, 0 = censored) of as many patients as were at risk at time 0.

    Notes         In each interval between printed numbers the censorings are spread evenly; events
                  follow from the drop of the curve, d = round(n (1 - S / S of the last event)); the
                  number of censorings is corrected until the next printed number comes out. After
                  the last printed number censoring goes on at the rate before.
    Source: Guyot, Ades, Ouwens & Welton, BMC Med Res Methodol 2012;12:9, steps 1 to 7, without
    the total number of events. Departure: censorings stand at the middle of equal parts of their
    interval, and an interval keeps the nearest correction where rounding never meets the number.
    """
    first = np.searchsorted(read.time, read.risk_time, side="left")
    first = np.r_[first[first < len(read.time)], len(read.time)]
    left, last = int(read.at_risk[0]), 1.0
    times: list[float] = []
    events: list[int] = []
    censored, observed = 0, 0.0
    for interval in range(len(first) - 1):
        clicks = slice(int(first[interval]), int(first[interval + 1]))
        begin = float(read.risk_time[interval])
        known = interval + 1 < len(read.risk_time) and interval + 2 < len(first)
        end = float(read.risk_time[interval + 1]) if known else float(read.time[-1])
        if known:
            wanted = int(read.at_risk[interval + 1])
            walked = _corrected(read, clicks, begin, end, left, last, wanted)
        else:
            rate = censored / observed if observed > 0 else 0.0
            going_on = min(round(rate * (end - begin)), left)
            walked = _walk(read, clicks, begin, end, left, last, going_on)
        times += walked.times
        events += walked.events
        left, last = walked.left, walked.last
        censored, observed = censored + walked.events.count(0), end
    end = float(read.time[-1])
    return np.array(times + [end] * left), np.array(events + [0] * left, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Times and events of one interval, who is left after it, and the curve at its last event."""

    times: list[float]
    events: list[int]
    left: int
    last: float


def _corrected(
    read: DigitisedCurve,
    clicks: slice,
    begin: float,
    end: float,
    left: int,
    last: float,
    wanted: int,
) -> _Walk:
    """The interval with as many censorings as bring its end nearest to the printed number."""
    after = float(read.survival[min(clicks.stop, len(read.survival) - 1)])
    guess = max(round(left * after / last) - wanted, 0) if last > 0 else 0
    best = _walk(read, clicks, begin, end, left, last, guess)
    for _ in range(_TURNS):
        walked = _walk(read, clicks, begin, end, left, last, guess)
        if abs(walked.left - wanted) < abs(best.left - wanted):
            best = walked
        step = walked.left - wanted
        if step == 0 or guess + step < 0:
            break
        guess += step
    return best


def _walk(
    read: DigitisedCurve,
    clicks: slice,
    begin: float,
    end: float,
    left: int,
    last: float,
    censorings: int,
) -> _Walk:
    """Go through the read-offs of one interval: censorings before each, then its events."""
    spread = begin + (np.arange(censorings) + 0.5) / max(censorings, 1) * (end - begin)
    times: list[float] = []
    events: list[int] = []
    waiting = 0
    for time, survival in zip(read.time[clicks], read.survival[clicks], strict=True):
        while waiting < censorings and spread[waiting] < time and left > 0:
            times.append(float(spread[waiting]))
            events.append(0)
            waiting, left = waiting + 1, left - 1
        died = min(round(left * (1 - survival / last)), left) if last > 0 and left else 0
        if died > 0:
            times += [float(time)] * died
            events += [1] * died
            last *= (left - died) / left
            left -= died
    rest = min(censorings - waiting, left)
    times += [float(time) for time in spread[waiting : waiting + rest]]
    events += [0] * rest
    return _Walk(times, events, left - rest, last)
