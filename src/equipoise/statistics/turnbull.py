# SPDX-License-Identifier: Apache-2.0
"""Survival of interval-censored times: Turnbull's nonparametric estimate and its quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.interval_censored import find_intervals, fit_jumps
from equipoise.statistics.observations import Floats, check_probability
from equipoise.statistics.states import State

NOT_REACHED = "survival does not fall this low"
ROUNDING = 1e-9  # survival of exactly the level, as sums of masses give it
HELD = 1e-9  # less than this an interval holds nothing


@dataclass(frozen=True, slots=True)
class Turnbull:
    """All probability lies in the intervals (left, right]; within one nobody knows where.

    left, right, mass, survival (k,) each; survival is that at `right`, 0 or more; a last
    interval without end has right infinite and holds what is left over.
    """

    left: Floats
    right: Floats
    mass: Floats
    survival: Floats
    loglik: float


@dataclass(frozen=True, slots=True)
class TurnbullQuantile:
    """The interval (left, right] in which survival falls to the level; NaN unless state is ok."""

    left: float
    right: float
    state: State
    reason: str


def turnbull(lower: ArrayLike, upper: ArrayLike) -> Turnbull:
    """The most likely distribution of times known to lie in (lower, upper].

    Parameters    lower : (n,) last time known to be without the event
                  upper : (n,) time by which it was found, inf where it was not; later than lower
    Returns       Turnbull, without intervals that hold nothing
    Raises        MethodError - an interval without length, a missing end
    Notes         The estimate converges with the cube root of the number of subjects; no
                  interval of confidence is given.
    Source: Turnbull, J R Stat Soc B 1976;38:290-295.   Proof: tests/reference/interval_r.yaml
    """
    found = find_intervals(lower, upper)
    fitted = fit_jumps(found, np.ones(found.survived.shape[0]))
    survival = np.append(np.exp(-np.cumsum(fitted.jump)), 0.0)
    mass = -np.diff(survival, prepend=1.0)
    kept = mass > HELD
    return Turnbull(found.left[kept], found.right[kept], mass[kept], survival[kept], fitted.loglik)


def turnbull_quantile(curve: Turnbull, fraction: float) -> TurnbullQuantile:
    """Where the proportion with the event reaches `fraction`; the median with 0.5.

    Returns       state NR where it is reached only in an interval without end
    """
    level = 1.0 - check_probability("fraction", fraction)
    at = int(np.flatnonzero(curve.survival <= level + ROUNDING)[0])
    left, right = float(curve.left[at]), float(curve.right[at])
    if not np.isfinite(right):
        return TurnbullQuantile(np.nan, np.nan, State.NR, NOT_REACHED)
    return TurnbullQuantile(left, right, State.OK, "")
