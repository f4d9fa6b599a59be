# SPDX-License-Identifier: Apache-2.0
"""Proportional hazards of interval-censored times: one hazard ratio by profile likelihood."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from equipoise.statistics.interval_censored import (
    Intervals,
    as_intervals,
    find_intervals,
    fit_jumps,
)
from equipoise.statistics.normal import chi_square, critical_value
from equipoise.statistics.observations import Floats, as_codes, fail
from equipoise.statistics.states import State

FARTHEST = 12.0  # of log HR: a ratio beyond 160,000 is none
FLAT = 1e-6  # slope of a likelihood that says nothing
NOT_ESTIMABLE = "the likelihood rises without end: one arm has no event the other could share"


@dataclass(frozen=True, slots=True)
class IntervalCox:
    """log HR `beta`, HR and its profile-likelihood limits; NaN unless state is ok.

    chi2, p : likelihood-ratio test of HR = 1, one degree of freedom; below 1 group 1 has the
    lower hazard. A limit that the likelihood does not have is infinite or 0.
    """

    beta: float
    hr: float
    lower: float
    upper: float
    chi2: float
    p: float
    state: State
    reason: str


@dataclass(slots=True)
class _Profile:
    """The likelihood maximised over the baseline hazards of all strata, as a function of beta."""

    strata: list[tuple[Intervals, Floats]]
    start: dict[int, Floats] = field(default_factory=dict)
    known: dict[float, tuple[float, float]] = field(default_factory=dict)

    def at(self, beta: float) -> tuple[float, float]:
        """Log-likelihood and its slope; the same answer however often it is asked."""
        if beta not in self.known:
            self.known[beta] = self._maximised(beta)
        return self.known[beta]

    def _maximised(self, beta: float) -> tuple[float, float]:
        loglik = slope = 0.0
        for number, (intervals, group) in enumerate(self.strata):
            fitted = fit_jumps(intervals, np.exp(beta * group), start=self.start.get(number))
            self.start[number] = fitted.jump
            loglik += fitted.loglik
            slope += float(fitted.gradient @ group)
        return loglik, slope


def interval_cox(
    lower: ArrayLike,
    upper: ArrayLike,
    in_group: ArrayLike,
    *,
    conf_level: float,
    stratum: ArrayLike | None = None,
) -> IntervalCox:
    """The hazard of group 1 over that of group 0, the baseline hazard left open.

    Parameters    lower, upper : (n,) the event lies in (lower, upper]; upper inf where none
                  in_group : (n,) 0 or 1; stratum : (n,) labels, a baseline hazard for each
    Returns       IntervalCox
    Raises        MethodError - an interval without length, a group that is not 0 or 1
    Notes         log L_p(beta) = max over the jumps of all strata; the estimate is where its slope
                  is 0, the limits where 2 (L_p(max) - L_p(beta)) is the chi-square quantile.
    Source: Finkelstein, Biometrics 1986;42:845-854; Murphy & van der Vaart, JASA 2000;95:449-465
     (profile likelihood).   Proof: tests/reference/interval_r.yaml
    """
    drop = 0.5 * critical_value(conf_level) ** 2
    profile = _Profile(_by_stratum(lower, upper, in_group, stratum))
    null = profile.at(0.0)[0]
    bracket = _bracket(profile)
    if bracket is None:
        nan = float("nan")
        return IntervalCox(nan, nan, nan, nan, nan, nan, State.NE, NOT_ESTIMABLE)
    beta = float(brentq(lambda at: profile.at(at)[1], *bracket, xtol=1e-12))
    best = profile.at(beta)[0]
    lower_end, upper_end = (_limit(profile, beta, best - drop, sign) for sign in (-1.0, 1.0))
    test = chi_square(max(2.0 * (best - null), 0.0), 1)
    return IntervalCox(
        beta, float(np.exp(beta)), lower_end, upper_end, test.statistic, test.p, State.OK, ""
    )


def _by_stratum(
    lower: ArrayLike, upper: ArrayLike, in_group: ArrayLike, stratum: ArrayLike | None
) -> list[tuple[Intervals, Floats]]:
    left, right = as_intervals(lower, upper)
    group = np.asarray(in_group, dtype=np.float64)
    if group.shape != left.shape or not bool(np.isin(group, (0.0, 1.0)).all()):
        raise fail("`in_group` must be 0 or 1 for every subject.", "argument in_group", "code it.")
    label = np.zeros(left.size, dtype=np.int64)
    if stratum is not None:
        label = as_codes("stratum", stratum, left.size).code
    parts = [label == one for one in np.unique(label)]
    return [(find_intervals(left[part], right[part]), group[part]) for part in parts]


def _bracket(profile: _Profile) -> tuple[float, float] | None:
    """Two values of beta between which the slope changes sign; None where it never does."""
    slope = profile.at(0.0)[1]
    if abs(slope) <= FLAT:
        falls = profile.at(-0.5)[1] > FLAT and profile.at(0.5)[1] < -FLAT
        return (-0.5, 0.5) if falls else None
    sign = 1.0 if slope > 0.0 else -1.0
    inner, width = 0.0, 0.5
    while inner + width <= FARTHEST:
        outer = inner + width
        slope = sign * profile.at(sign * outer)[1]
        if abs(slope) <= FLAT:
            return None
        if slope < 0.0:
            return sign * inner, sign * outer
        inner, width = outer, 1.5 * width
    return None


def _limit(profile: _Profile, beta: float, target: float, sign: float) -> float:
    """The hazard ratio on that side where the likelihood has fallen to the target."""
    inner, width = beta, 0.5
    while abs(inner + sign * width - beta) <= FARTHEST:
        outer = inner + sign * width
        if profile.at(outer)[0] < target:
            found = brentq(lambda at: profile.at(at)[0] - target, inner, outer, xtol=1e-10)
            return float(np.exp(found))
        inner, width = outer, 2.0 * width
    return float("inf") if sign > 0 else 0.0
