# SPDX-License-Identifier: Apache-2.0
"""How far a set of times is from printed survival figures, compiled: curves, medians, rates.

Times are whole days; counts of events and censorings stand by day, so that one moved patient costs
one pass over the days. A misfit of 0 means that every figure prints as published.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from equipoise.statistics.observations import Floats, Ints

LOG_LOG, LOG, PLAIN = 0, 1, 2
ESTIMATE, LOWER, UPPER = 0, 1, 2
MARGIN = 1e-6
"""How far a curve keeps from the level it crosses: on it, conventions differ."""


@njit(cache=True)
def fill_curve(
    first: Ints, second: Ints, curve: Floats, spread: Floats
) -> None:  # pragma: no cover
    """Survival and Greenwood's sum after each day; `first` (days,) counts events, `second` others.

    Events come before censorings of the same day. Source: statistics/kaplan_meier.py.
    """
    left = 0
    for day in range(first.size):
        left += first[day] + second[day]
    s, v = 1.0, 0.0
    for day in range(first.size):
        d = first[day]
        if d > 0:
            s *= (left - d) / left
            v = v + d / (left * (left - d)) if left > d else np.inf
        curve[day], spread[day] = s, v
        left -= d + second[day]


@njit(cache=True)
def limit_of(s: float, v: float, z: float, kind: int, side: int) -> float:  # pragma: no cover
    """The estimate, or a pointwise limit of it; 1 where the transform gives no upper limit."""
    if side == ESTIMATE or s >= 1.0:
        return s
    if s <= 0.0 or v == np.inf:
        return 0.0 if side == LOWER else 1.0
    sign = -1.0 if side == LOWER else 1.0
    if kind == PLAIN:
        return float(s + sign * z * s * np.sqrt(v))
    if kind == LOG:
        return float(s * np.exp(sign * z * np.sqrt(v)))
    logarithm = np.log(s)
    return float(np.exp(logarithm * np.exp(-sign * z * np.sqrt(v) / -logarithm)))


@njit(cache=True)
def quantile_misfit(curve: Floats, spread: Floats, row: Floats) -> float:  # pragma: no cover
    """By how much a curve misses crossing a level inside a span of days.

    row : arm, side, reverse, level, first day, last day, kind, z
    A negative last day: it never crosses.
    """
    side, level, kind, z = int(row[1]), row[3], int(row[6]), row[7]
    last = curve.size - 1
    if row[5] < 0:
        end = limit_of(curve[last], spread[last], z, kind, side)
        return float(max(0.0, level + MARGIN - end))
    before, after = min(int(row[4]) - 1, last), min(int(row[5]), last)
    above = limit_of(curve[before], spread[before], z, kind, side)
    below = limit_of(curve[after], spread[after], z, kind, side)
    return float(max(0.0, level + MARGIN - above) + max(0.0, below - level + MARGIN))


@njit(cache=True)
def outside(value: float, low: float, high: float) -> float:  # pragma: no cover
    """Distance of a value from a span."""
    return max(0.0, low - value) + max(0.0, value - high)


@njit(cache=True)
def normal_misfit(
    events: Ints, curve: Floats, spread: Floats, row: Floats
) -> float:  # pragma: no cover
    """The same of the limits median -+ z SE, in hundreds of days; see statistics/quantile.py.

    row : arm, lowest and highest lower limit, lowest and highest upper limit, in days, z
    """
    middle, high, low = -1, 0, -1
    for day in range(curve.size):
        if events[day] > 0:
            if curve[day] >= 0.55 - 1.5e-8:
                high = day
            if middle < 0 and curve[day] <= 0.5:
                middle = day
            if low < 0 and curve[day] <= 0.45 + 1.5e-8:
                low = day
    if low < 0 or spread[middle] == np.inf:
        return 1.0
    density = (curve[high] - curve[low]) / (low - high)
    half = row[5] * curve[middle] * np.sqrt(spread[middle]) / density
    miss = outside(middle - half, row[1], row[2]) + outside(middle + half, row[3], row[4])
    return miss / 100.0


@njit(cache=True)
def cox_pass(
    event: Ints, other: Ints, one: int, zero: int, beta: float, efron: bool
) -> tuple[float, float]:  # pragma: no cover
    """Score and information of two arms at a log hazard ratio, summed over strata.

    event, other : (strata, arms, days) counts. Source: statistics/cox.py.
    """
    score, information, ratio = 0.0, 0.0, np.exp(beta)
    for s in range(event.shape[0]):
        r1, r0 = 0, 0
        for day in range(event.shape[2] - 1, -1, -1):
            d1, d0 = event[s, one, day], event[s, zero, day]
            r1 += d1 + other[s, one, day]
            r0 += d0 + other[s, zero, day]
            d = d1 + d0
            if d == 0:
                continue
            score += d1
            whole = r1 * ratio + r0
            for k in range(d):
                f = k / d if efron else 0.0
                mean = (r1 - f * d1) * ratio / (whole - f * (d1 * ratio + d0))
                score -= mean
                information += mean * (1.0 - mean)
    return score, information


@njit(cache=True)
def fit_ratio(
    event: Ints, other: Ints, one: int, zero: int, beta: float, efron: bool
) -> tuple[float, float]:  # pragma: no cover
    """Log hazard ratio and its standard error by Newton steps from `beta`."""
    for _ in range(30):
        score, information = cox_pass(event, other, one, zero, beta, efron)
        if information <= 1e-12:
            return 0.0, np.inf
        step = max(-1.0, min(1.0, score / information))
        beta += step
        if abs(step) < 1e-8:
            return beta, 1.0 / np.sqrt(information)
    return beta, 1.0 / np.sqrt(information)


@njit(cache=True)
def logrank_z(event: Ints, other: Ints, one: int, zero: int) -> float:  # pragma: no cover
    """Stratified log-rank statistic of two arms. Source: statistics/logrank.py."""
    excess, variance = 0.0, 0.0
    for s in range(event.shape[0]):
        r1, r0 = 0, 0
        for day in range(event.shape[2] - 1, -1, -1):
            d1, d0 = event[s, one, day], event[s, zero, day]
            r1 += d1 + other[s, one, day]
            r0 += d0 + other[s, zero, day]
            d, r = d1 + d0, r1 + r0
            if d == 0:
                continue
            excess += d1 - d * r1 / r
            if r > 1:
                variance += d * (r1 / r) * (r0 / r) * (r - d) / (r - 1)
    return excess / np.sqrt(variance) if variance > 0 else 0.0
