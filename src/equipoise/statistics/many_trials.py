# SPDX-License-Identifier: Apache-2.0
"""Log-rank test and hazard ratio of many two-arm trials in one call, for simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from equipoise.statistics.observations import (
    Flags,
    Floats,
    Ints,
    Keys,
    as_events,
    as_times,
    check_choice,
    fail,
)
from equipoise.statistics.sorted_keys import SortedKeys, sort_keys
from equipoise.statistics.survival_kernels import two_group_logrank


@dataclass(frozen=True, slots=True)
class ManyLogRanks:
    """One value per trial (trials,): z of the experimental arm (negative favours it; NaN without
    information), observed - expected, its variance, and all events.
    """

    z: Floats
    difference: Floats
    variance: Floats
    events: Floats


@dataclass(frozen=True, slots=True)
class ManyHazardRatios:
    """One value per trial (trials,): log hazard ratio and its standard error.

    NaN where there is none: no events, one arm never at risk, or all events in one arm.
    """

    log_hr: Floats
    std_err: Floats


def sort_trials(
    time: ArrayLike, event: ArrayLike, in_experimental: ArrayLike, *, offsets: ArrayLike
) -> SortedKeys:
    """Sort the rows of many trials once, for `logranks` and `hazard_ratios`.

    Parameters    time, event, in_experimental : (n,) rows of trial 0, then trial 1, ...
                  offsets : (segments + 1,) int, first row of each trial (or stratum of a trial)
    Raises        MethodError - malformed arrays, an arm that is not 0 or 1, offsets out of order
    """
    times = as_times(time)
    events = as_events(event, times.size)
    arm = as_events(in_experimental, times.size)
    cuts = np.ascontiguousarray(offsets, np.int64)
    if cuts[0] != 0 or cuts[-1] != times.size or bool((np.diff(cuts) < 0).any()):
        raise fail("`offsets` must rise from 0 to the number of rows.", "argument offsets", "")
    code: Flags = arm << 1 | (events ^ 1)
    return sort_keys(times, code, code_bits=2, offsets=cuts)


def logranks(rows: SortedKeys, *, strata: int) -> ManyLogRanks:
    """The log-rank test of each trial, summed over its `strata` consecutive segments."""
    observed, expected, variance, total = (
        part.reshape(-1, strata).sum(axis=1) for part in two_group_logrank(rows)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 0, (observed - expected) / np.sqrt(variance), np.nan)
    return ManyLogRanks(z, observed - expected, variance, total)


@njit(cache=True, nogil=True, error_model="numpy")
def _slope(
    keys: Keys, rows: Ints | None, start: int, stop: int, shift: np.uint64, beta: float, efron: bool
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Score and information of one segment at beta, from the numbers at risk per arm."""
    one = np.uint64(1)
    ratio = np.exp(beta)
    n0, n1 = 0.0, 0.0
    score, info = 0.0, 0.0
    i = stop - 1
    while i >= start:
        here = keys[i] >> shift
        d0: Any = 0
        d1: Any = 0
        while i >= start and keys[i] >> shift == here:
            count = 1 if rows is None else rows[i]
            arm = np.int64((keys[i] >> one) & one)
            event = count * np.int64(one - (keys[i] & one))
            n1 += count * arm
            n0 += count * (1 - arm)
            d1 += event * arm
            d0 += event * (1 - arm)
            i -= 1
        d = d0 + d1
        score += d1
        steps = d if efron else min(d, 1)
        for k in range(steps):
            f = k / d if efron else 0.0
            a = (n1 - f * d1) * ratio
            mean = a / (a + n0 - f * d0)
            share = 1.0 if efron else float(d)
            score -= share * mean
            info += share * mean * (1.0 - mean)
    return score, info


@njit(cache=True, nogil=True, error_model="numpy")
def _newton(
    keys: Keys, rows: Ints | None, offsets: Ints, shift: np.uint64, strata: int, efron: bool
) -> tuple[Floats, Floats]:  # pragma: no cover - compiled
    trials = (offsets.size - 1) // strata
    coef, error = np.empty(trials), np.empty(trials)
    for trial in range(trials):
        beta, info = 0.0, 0.0
        found = False
        for _ in range(50):
            score, info = 0.0, 0.0
            for s in range(trial * strata, (trial + 1) * strata):
                u, v = _slope(keys, rows, offsets[s], offsets[s + 1], shift, beta, efron)
                score += u
                info += v
            if not info > 0.0:
                break
            step = score / info
            if found:
                break
            beta += min(max(step, -2.0), 2.0)
            found = abs(step) * np.sqrt(info) < 1e-7 and abs(step) < 1e-3
            if abs(beta) > 15.0:
                break
        coef[trial] = beta if found else np.nan
        error[trial] = 1.0 / np.sqrt(info) if found else np.nan
    return coef, error


def hazard_ratios(rows: SortedKeys, *, ties: str, strata: int) -> ManyHazardRatios:
    """Cox log hazard ratio of the experimental arm of each trial, stratified by its segments.

    ties : efron or breslow. Equal to `cox` with the arm as only covariate (a test holds it to
    that). Newton on the numbers at risk per arm; each trial stops by itself, so that no trial
    depends on its neighbours. Source: as `cox`.
    """
    check_choice("ties", ties, ("efron", "breslow"))
    coef, error = _newton(
        rows.keys, rows.rows, rows.offsets, np.uint64(rows.shift), strata, ties == "efron"
    )
    return ManyHazardRatios(coef, error)
