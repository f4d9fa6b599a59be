# SPDX-License-Identifier: Apache-2.0
"""Quantiles of many survival curves in one call, for simulation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.curve_limits import CURVE_TRANSFORMS, limits
from equipoise.statistics.observations import (
    Floats,
    Ints,
    as_events,
    as_times,
    check_choice,
    check_probability,
)
from equipoise.statistics.quantile import PLATEAU_RULES, TOLERANCE
from equipoise.statistics.sorted_keys import sort_keys, unpack_time
from equipoise.statistics.survival_kernels import curve_from_keys


@dataclass(frozen=True, slots=True)
class ManyQuantiles:
    """One value per curve (curves,): the quantile and its limits; NaN where `quantile` has none."""

    estimate: Floats
    lower: Floats
    upper: Floats


def many_quantiles(
    time: ArrayLike,
    event: ArrayLike,
    *,
    offsets: ArrayLike,
    p: float,
    conf_type: str,
    conf_level: float,
    plateau: str,
) -> ManyQuantiles:
    """As `quantile` of `kaplan_meier`, of many groups whose rows follow one another.

    Parameters    time, event : (n,) rows of curve 0, then curve 1, ...; 1 = event, 0 = censored
                  offsets : (curves + 1,) int, first row of each curve
                  p, plateau : as `quantile`; conf_type, conf_level : as `kaplan_meier`
    Notes         The first step at which a curve has come down to 1 - p, found for all curves at
                  once; a property test holds it to the single functions.
    Source: Brookmeyer & Crowley, Biometrics 1982;38:29-41, eq. 3.
    """
    check_choice("conf_type", conf_type, CURVE_TRANSFORMS)
    check_choice("plateau", plateau, PLATEAU_RULES)
    check_probability("p", p)
    times = as_times(time)
    events = as_events(event, times.size)
    cuts = np.ascontiguousarray(offsets, np.int64)
    packed = sort_keys(times, events ^ 1, code_bits=1, offsets=cuts)
    ranks, columns, steps = curve_from_keys(packed)
    at, survival, greenwood = unpack_time(ranks, packed), columns[3], columns[4]
    low, high = limits(survival, greenwood, conf_type=conf_type, conf_level=conf_level)
    found = (_crossings(at, curve, steps, 1.0 - p, plateau) for curve in (survival, low, high))
    return ManyQuantiles(*found)


def _crossings(time: Floats, curve: Floats, steps: Ints, level: float, plateau: str) -> Floats:
    """When each curve reaches the level; NaN where it does not, or the rule gives no answer."""
    start = _first(curve <= level + TOLERANCE, steps)
    found = np.where(start >= 0, time[start], np.nan)
    if plateau == "first":
        return found
    flat = (start >= 0) & (np.abs(curve[start] - level) <= TOLERANCE)
    below = _first(curve < level - TOLERANCE, steps)
    known = ~np.isnan(curve)
    backwards = np.maximum(_first(known[::-1], known.size - steps[::-1])[::-1], 0)
    otherwise = {
        "midpoint": np.full(start.size, np.nan),
        "midpoint-to-last": 0.5 * (found + time[known.size - 1 - backwards]),
        "midpoint-or-first": found,
    }[plateau]
    middle = np.where(below >= 0, 0.5 * (found + time[below]), otherwise)
    return np.where(flat, middle, found)


def _first(mask: np.ndarray[tuple[int], np.dtype[np.bool_]], offsets: Ints) -> Ints:
    """First row of each segment where `mask` holds; -1 where it never does."""
    rows = np.append(np.flatnonzero(mask), mask.size)
    row = rows[np.searchsorted(rows, offsets[:-1])]
    return np.where(row < offsets[1:], row, -1)
