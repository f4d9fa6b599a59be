# SPDX-License-Identifier: Apache-2.0
"""Restricted mean survival time: the area under a survival curve up to tau, and differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.statistics.kaplan_meier import KaplanMeier
from equipoise.statistics.normal import critical_value, two_sided_p
from equipoise.statistics.observations import Floats, check_choice, fail
from equipoise.statistics.states import State

BEYOND_RULES = ("not-estimable", "carry-forward")


@dataclass(frozen=True, slots=True)
class Rmst:
    """Restricted mean up to tau with normal limits, in the unit of time.

    std_err and limits are NaN, with the reason, when no event leaves an error to estimate.
    """

    tau: float
    estimate: float
    std_err: float
    lower: float
    upper: float
    state: State
    reason: str


def rmst(km: KaplanMeier, *, tau: float, beyond: str) -> Rmst:
    """Area under the curve up to `tau`.

    Parameters    km : KaplanMeier; tau : float > 0
                  beyond : where the last observation is censored before tau, `not-estimable` (the
                  area beyond it is not in the data) or `carry-forward` (the last value, as R)
    Returns       Rmst
    Raises        MethodError - tau not positive, or an unknown rule
    Notes         var = sum over event times t_j <= tau of A_j^2 d_j / (n_j (n_j - d_j)) with
                  A_j the area from t_j to tau; no factor m / (m - 1).
    Source: Klein & Moeschberger 2003, eq. 4.5.1 and 4.5.2; Royston & Parmar, Stat Med 2011;30:2409.
    """
    if not tau > 0.0:
        raise fail(f"tau must be positive; found {tau}.", "argument tau", "name a time horizon.")
    check_choice("beyond", beyond, BEYOND_RULES)
    nan = float("nan")
    if beyond == "not-estimable" and tau > km.time[-1] and km.survival[-1] > 0.0:
        why = f"tau {tau:g} lies beyond the last observation {km.time[-1]:g}, which is censored"
        return Rmst(tau, nan, nan, nan, nan, State.NE, why)
    area, error = restricted_area(km, tau)
    if not error > 0.0:
        why = "no error can be estimated from these events"
        return Rmst(tau, area, nan, nan, nan, State.OK, why)
    z = critical_value(km.conf_level)
    return Rmst(tau, area, error, area - z * error, area + z * error, State.OK, "")


def restricted_area(km: KaplanMeier, tau: float) -> tuple[float, float]:
    """Area up to tau and its standard error, the last value carried forward to tau."""
    inside = km.time < tau
    edges = np.concatenate([[0.0], km.time[inside], [tau]])
    height = np.concatenate([[1.0], km.survival[inside]])
    pieces = np.diff(edges) * height
    n, d = km.n_risk[inside], km.n_event[inside]
    after: Floats = np.cumsum(pieces[::-1])[::-1][1:]
    hazard = np.divide(d, n * (n - d), out=np.zeros(n.size), where=n > d)
    return float(pieces.sum()), float(np.sqrt(np.sum(after**2 * hazard)))


@dataclass(frozen=True, slots=True)
class RmstComparison:
    """Second arm against the first: difference (positive favours the second) and ratio."""

    tau: float
    difference: float
    std_err: float
    lower: float
    upper: float
    p: float
    ratio: float
    ratio_lower: float
    ratio_upper: float
    ratio_p: float
    state: State
    reason: str


def rmst_difference(
    first: KaplanMeier, second: KaplanMeier, *, tau: float, beyond: str, conf_level: float
) -> RmstComparison:
    """Difference and ratio of restricted means up to a common tau; see `rmst`.

    The ratio's interval is on the log scale by the delta method. Source: Uno et al., JCO 2014.
    """
    one, two = (rmst(km, tau=tau, beyond=beyond) for km in (first, second))
    bad = next((arm for arm in (one, two) if arm.state is not State.OK), None)
    if bad is not None:
        return _no_comparison(tau, bad.state, bad.reason)
    z = critical_value(conf_level)
    difference = two.estimate - one.estimate
    error = float(np.hypot(one.std_err, two.std_err))
    if not error > 0.0:  # NaN when an arm has none
        error = float(np.hypot(*(np.nan_to_num(arm.std_err) for arm in (one, two))))
    if not error > 0.0:
        return _no_comparison(tau, State.NE, "no events before tau in either arm")
    log_ratio = float(np.log(two.estimate / one.estimate))
    relative = (np.nan_to_num(arm.std_err) / arm.estimate for arm in (one, two))
    log_error = float(np.hypot(*relative))
    ratio, low, high = (float(np.exp(log_ratio + sign * z * log_error)) for sign in (0, -1, 1))
    return RmstComparison(
        tau,
        difference,
        error,
        difference - z * error,
        difference + z * error,
        two_sided_p(difference / error),
        ratio,
        low,
        high,
        two_sided_p(log_ratio / log_error),
        State.OK,
        "",
    )


def _no_comparison(tau: float, state: State, reason: str) -> RmstComparison:
    nan = float("nan")
    return RmstComparison(tau, nan, nan, nan, nan, nan, nan, nan, nan, nan, state, reason)
