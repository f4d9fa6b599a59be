# SPDX-License-Identifier: Apache-2.0
"""Quantiles of a survival curve with test-inversion and with normal-approximation intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.statistics.kaplan_meier import KaplanMeier
from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import Floats, check_choice, check_probability
from equipoise.statistics.states import State

PLATEAU_RULES = ("midpoint", "midpoint-to-last", "midpoint-or-first", "first")
TOLERANCE = 1.5e-8  # two survival values closer than this are one plateau, as in R


@dataclass(frozen=True, slots=True)
class Quantile:
    """Time by which a fraction `p` has had the event; NaN where the state is not OK.

    estimate, lower, upper in the unit of time; each with its own state and one stated reason.
    """

    p: float
    estimate: float
    lower: float
    upper: float
    state: State
    lower_state: State
    upper_state: State
    reason: str


def quantile(km: KaplanMeier, p: float, *, plateau: str) -> Quantile:
    """Quantile of the event time with its Brookmeyer-Crowley interval.

    Parameters    km : KaplanMeier - its conf_type and conf_level make the interval
                  p : float - 0.5 for the median
                  plateau : rule when S(t) equals 1 - p on an interval. `midpoint`: to the next
                  event time, not estimable when none follows (SAS). `midpoint-to-last`: to the
                  last observation when none follows (R quantile). `midpoint-or-first`: its start
                  when none follows (R summary table). `first`: always its start.
    Returns       Quantile
    Raises        MethodError - p outside (0, 1) or an unknown rule
    Notes         estimate: smallest t with S(t) <= 1 - p; limits: the same of the lower and the
                  upper pointwise limits, that is {t : |g(S(t)) - g(1 - p)| <= z se}.
    Source: Brookmeyer & Crowley, Biometrics 1982;38:29-41, eq. 3.
    """
    check_probability("p", p)
    check_choice("plateau", plateau, PLATEAU_RULES)
    estimate, state = _crossing(km.time, km.survival, 1.0 - p, plateau)
    low, low_state = _crossing(km.time, km.lower, 1.0 - p, plateau)
    high, high_state = _crossing(km.time, km.upper, 1.0 - p, plateau)
    reason = "" if state is State.OK else _reason(km, p, state)
    return Quantile(p, estimate, low, high, state, low_state, high_state, reason)


def _crossing(time: Floats, curve: Floats, level: float, plateau: str) -> tuple[float, State]:
    known = ~np.isnan(curve)
    time, curve = time[known], curve[known]
    below = curve <= level + TOLERANCE
    if not bool(below.any()):
        return float("nan"), State.NR
    start = int(np.argmax(below))
    if plateau == "first" or abs(curve[start] - level) > TOLERANCE:
        return float(time[start]), State.OK
    after = curve < level - TOLERANCE
    if bool(after.any()):
        return 0.5 * float(time[start] + time[int(np.argmax(after))]), State.OK
    if plateau == "midpoint-to-last":
        return 0.5 * float(time[start] + time[-1]), State.OK
    if plateau == "midpoint-or-first":
        return float(time[start]), State.OK
    return float("nan"), State.NE


def _reason(km: KaplanMeier, p: float, state: State) -> str:
    if state is State.NE:
        return f"survival stays at {1.0 - p:g} from the last event to the last observation"
    if float(km.n_event.sum()) == 0.0:
        return "no events"
    return f"survival is still {km.survival[-1]:.4g} at the last observation"


def normal_approximation_median(km: KaplanMeier) -> Quantile:
    """The median with the interval median +- z SE on the time scale, as SPSS prints it.

    Notes         SE(t_p) = SE(S(t_p)) (u - l) / (S(u) - S(l)) where u is the smallest event time
                  with S < 1 - p - 0.05 ... see docs/methods/quantile.md.
    Source: IBM SPSS Statistics Algorithms, KM, "Estimated percentiles"; Collett 2015, eq. 2.15.
    """
    z = critical_value(km.conf_level)
    middle = quantile(km, 0.5, plateau="first")
    nan, no = float("nan"), State.NE
    if middle.state is not State.OK:
        return Quantile(0.5, nan, nan, nan, middle.state, no, no, middle.reason)
    steps = km.n_event > 0
    time, curve = km.time[steps], km.survival[steps]
    # Collett: u = largest t with S >= 1-p+eps, l = smallest t with S <= 1-p-eps, eps = 0.05
    high, low = curve >= 0.55 - TOLERANCE, curve <= 0.45 + TOLERANCE
    at = int(np.searchsorted(km.time, middle.estimate))
    error = float(km.std_err[at])
    if not bool(low.any()) or not np.isfinite(error) or float(time[int(np.argmax(low))]) <= 0.0:
        reason = "survival does not fall to 0.45, or it falls to 0 at the median"
        return Quantile(0.5, middle.estimate, nan, nan, State.OK, no, no, reason)
    first = int(np.argmax(low))
    last = int(np.flatnonzero(high)[-1]) if bool(high.any()) else -1
    u, s_u = (float(time[last]), float(curve[last])) if last >= 0 else (0.0, 1.0)
    density = (s_u - float(curve[first])) / (float(time[first]) - u)
    half = z * error / density
    estimate = middle.estimate
    ok = State.OK
    return Quantile(0.5, estimate, estimate - half, estimate + half, ok, ok, ok, "")
