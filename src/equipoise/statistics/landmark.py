# SPDX-License-Identifier: Apache-2.0
"""Survival at fixed times, differences between two arms there, and numbers at risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.kaplan_meier import KaplanMeier
from equipoise.statistics.normal import critical_value, two_sided_p
from equipoise.statistics.observations import (
    Floats,
    Ints,
    as_entries,
    as_events,
    as_times,
    check_choice,
)
from equipoise.statistics.states import State

BEYOND_RULES = ("not-estimable", "carry-forward", "somebody-at-risk")


@dataclass(frozen=True, slots=True)
class Landmark:
    """Survival at one time; NaN where the state is not OK.

    survival and its Greenwood std_err, lower, upper: probabilities. n_risk: time >= t;
    n_left: time > t (what SAS prints); n_event, n_censor: cumulative up to and including t.
    """

    time: float
    survival: float
    std_err: float
    lower: float
    upper: float
    n_risk: float
    n_left: float
    n_event: float
    n_censor: float
    state: State
    limits_state: State
    reason: str


def landmark(km: KaplanMeier, time: float, *, beyond: str) -> Landmark:
    """Survival probability at `time`.

    Parameters    km : KaplanMeier; time : float >= 0, same unit
                  beyond : `not-estimable` or `carry-forward` - the answer after the last
                  observation when that is censored. After a last event it is 0 under both;
                  `somebody-at-risk` gives no answer then either (tern).
    Returns       Landmark
    Raises        MethodError - an unknown rule
    """
    check_choice("beyond", beyond, BEYOND_RULES)
    at = int(np.searchsorted(km.time, time, side="right")) - 1
    next_at = int(np.searchsorted(km.time, time, side="left"))
    n_event, n_censor = float(km.n_event[: at + 1].sum()), float(km.n_censor[: at + 1].sum())
    n_risk = float(km.n_risk[next_at]) if next_at < km.time.size else 0.0
    n_left = float(km.n_risk[at + 1]) if at + 1 < km.time.size else 0.0
    nan = float("nan")
    counts = (n_risk, n_left, n_event, n_censor)
    if at < 0:
        why = "before the first observation"
        return Landmark(time, 1.0, 0.0, 1.0, 1.0, *counts, State.OK, State.OK, why)
    censored = km.survival[-1] > 0.0
    if time > km.time[-1] and (
        beyond == "somebody-at-risk" or (censored and beyond == "not-estimable")
    ):
        why = f"last observation, at {km.time[-1]:g}, is " + ("censored" if censored else "past")
        return Landmark(time, nan, nan, nan, nan, *counts, State.NE, State.NE, why)
    lower, upper = float(km.lower[at]), float(km.upper[at])
    state = State.OK if np.isfinite(lower) else State.NE
    why = "" if state is State.OK else "the interval has no value at survival 0 or 1"
    numbers = (float(km.survival[at]), float(km.std_err[at]), lower, upper)
    return Landmark(time, *numbers, *counts, State.OK, state, why)


@dataclass(frozen=True, slots=True)
class LandmarkDifference:
    """Survival of the second arm less the first at one time; positive favours the second arm."""

    time: float
    difference: float
    std_err: float
    lower: float
    upper: float
    p: float
    state: State
    reason: str


def landmark_difference(
    first: KaplanMeier, second: KaplanMeier, time: float, *, beyond: str, conf_level: float
) -> LandmarkDifference:
    """S2(t) - S1(t) with normal limits and a two-sided p from Greenwood's standard errors.

    Source: Klein et al., Stat Med 2007;26:4505-4519, eq. 1 (untransformed).
    """
    z = critical_value(conf_level)
    one, two = landmark(first, time, beyond=beyond), landmark(second, time, beyond=beyond)
    nan = float("nan")
    bad = next((arm for arm in (one, two) if arm.state is not State.OK), None)
    if bad is not None:
        return LandmarkDifference(time, nan, nan, nan, nan, nan, bad.state, bad.reason)
    difference = two.survival - one.survival
    error = float(np.hypot(one.std_err, two.std_err))
    if not error > 0.0:
        why = "the standard error is 0 or not defined in both arms"
        return LandmarkDifference(time, difference, error, nan, nan, nan, State.NE, why)
    low, high = difference - z * error, difference + z * error
    p = two_sided_p(difference / error)
    return LandmarkDifference(time, difference, error, low, high, p, State.OK, "")


@dataclass(frozen=True, slots=True)
class RiskCounts:
    """Counts under a survival plot, one per asked time (k,).

    n_risk: time >= t (and entry < t); n_left: time > t; n_event, n_censor: cumulative up to and
    including t; n_event_before, n_censor_before: cumulative before t, so that without late entry
    n_risk + n_event_before + n_censor_before = n at every t.
    """

    at: Floats
    n_risk: Ints
    n_left: Ints
    n_event: Ints
    n_censor: Ints
    n_event_before: Ints
    n_censor_before: Ints


def number_at_risk(
    time: ArrayLike, event: ArrayLike, at: ArrayLike, *, entry: ArrayLike | None = None
) -> RiskCounts:
    """Numbers at risk, cumulative events and cumulative censorings at the times `at` (k,)."""
    times = as_times(time)
    events = as_events(event, times.size).astype(bool)
    points = np.atleast_1d(np.asarray(at, dtype=np.float64))
    died, left = np.sort(times[events]), np.sort(times[~events])
    n_event, n_censor = (np.searchsorted(a, points, side="right") for a in (died, left))
    event_before, censor_before = (np.searchsorted(a, points, side="left") for a in (died, left))
    entered_before: Ints | int = times.size
    entered_by: Ints | int = times.size
    if entry is not None:
        entries = np.sort(as_entries(entry, times))
        entered_before = np.searchsorted(entries, points, side="left")
        entered_by = np.searchsorted(entries, points, side="right")
    n_risk = entered_before - event_before - censor_before
    n_left = entered_by - n_event - n_censor
    return RiskCounts(points, n_risk, n_left, n_event, n_censor, event_before, censor_before)
