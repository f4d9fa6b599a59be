# SPDX-License-Identifier: Apache-2.0
"""Group-sequential log-rank plans when the hazard ratio changes over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from equipoise.design.array import FloatArray, floats
from equipoise.design.boundaries import efficacy_bounds, fixed_drift
from equipoise.design.recursion import crossing_probabilities, make_walk
from equipoise.design.root import find_root
from equipoise.design.spending import Spending
from equipoise.design.two_arms import (
    TwoArms,
    events_by,
    month_of_events,
    patients_in,
    scale_trial,
)
from equipoise.design.weighted_logrank import (
    average_hazard_ratio,
    logrank_moments,
    period_information,
)
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class DelayedPlan:
    """A plan by look, (K,): `month`, `events`, `patients`, average `hazard_ratio` up to it, `upper`
    bound on Z, cumulative `power` and `alpha`; `max_patients` at the end of accrual.
    """

    trial: TwoArms
    month: FloatArray
    events: FloatArray
    patients: FloatArray
    hazard_ratio: FloatArray
    upper: FloatArray
    alpha: FloatArray
    power: FloatArray
    max_patients: float


def size_delayed_effect(
    trial: TwoArms,
    *,
    months: npt.ArrayLike,
    alpha: float,
    power: float,
    spending: Spending,
) -> DelayedPlan:
    """How many patients give the power at looks fixed on the calendar, by average hazard ratios.

    Parameters    trial  : the alternative; its accrual gives the calendar, its level is solved
                  months : (K,) float - calendar months of the looks
                  alpha  : float - one-sided
    Returns       DelayedPlan
    Raises        MethodError - the hazards do not favour the experimental arm at the last look
    Notes         Z_k ~ N(-ln AHR_k sqrt(I_k), 1), I_k = I_K events_k / events_K: the information of
                  the last look is that of the alternative, fractions are those of events.
    Source: Zhao, Zhang, Yang, Anderson (2024) Biometrical Journal 66; Mukhopadhyay et al. (2020).
    Proof: tests/reference/test_design_oracle.py, id `gsd2_gs_design_ahr`
    """
    looks = floats(months)
    ratios = np.array([average_hazard_ratio(trial, month=float(m)) for m in looks])
    if ratios[-1] >= 1:
        raise _no_effect(float(ratios[-1]))
    unit = _information(trial, looks)
    fraction = unit / unit[-1]
    bounds = efficacy_bounds(fraction, spending(fraction, alpha))

    def reach(factor: float) -> float:
        return float(_cross(-np.log(ratios) * np.sqrt(factor * unit), unit, bounds.upper).sum())

    start = (fixed_drift(alpha, power) / np.log(ratios[-1])) ** 2 / unit[-1]
    factor = find_root(
        lambda c: reach(c) - power,
        start * 0.3,
        start * 4,
        what="the number of patients",
        tolerance=1e-9 * start,
    )
    return _plan(scale_trial(trial, factor), looks, ratios, bounds.upper, alpha, spending)


def power_of_delayed_effect(
    trial: TwoArms,
    *,
    fractions: npt.ArrayLike,
    last_month: float,
    alpha: float,
    spending: Spending,
) -> DelayedPlan:
    """Power of looks at fractions of the events expected by the last month, under any hazards.

    Parameters    fractions  : (K,) float - of the events at the last look
                  last_month : float - calendar month of the last look
    Notes         Z_k by the moments of the log-rank score; its variances give the correlation,
                  events give the spending.
    Source: Yung and Liu (2020) Biometrics 76:939-950.
    Proof: tests/reference/test_design_oracle.py, id `lrstat_lrpower_stratified_delayed`
    """
    t = floats(fractions)
    total = float(events_by(trial, last_month)[0])
    months = np.array([month_of_events(trial, float(f) * total) for f in t[:-1]])
    looks = np.append(months, last_month)
    ratios = np.array([average_hazard_ratio(trial, month=float(m)) for m in looks])
    upper = efficacy_bounds(t, spending(t, alpha)).upper
    return _plan(trial, looks, ratios, upper, alpha, spending, by_score=True)


def power_at_event_count(trial: TwoArms, *, events: float, alpha: float) -> float:
    """Power of the log-rank test read at a number of events, under any hazards.

    Raises        MethodError - the events are never reached
    """
    month = month_of_events(trial, events)
    drift = float(logrank_moments(trial, month=month).mean_z[0])
    return float(ndtr(drift + ndtri(alpha)))


def _information(trial: TwoArms, looks: FloatArray) -> FloatArray:
    events = events_by(trial, looks)
    last = period_information(trial, month=float(looks[-1]))
    return np.asarray(events / events[-1] * last)


def _cross(mean: FloatArray, information: FloatArray, upper: FloatArray) -> FloatArray:
    walk = make_walk(mean, information)
    return crossing_probabilities(walk, upper=upper, lower=np.full(len(upper), -np.inf)).upper


def _plan(
    trial: TwoArms,
    looks: FloatArray,
    ratios: FloatArray,
    upper: FloatArray,
    alpha: float,
    spending: Spending,
    *,
    by_score: bool = False,
) -> DelayedPlan:
    events = events_by(trial, looks)
    information = _information(trial, looks)
    mean = -np.log(ratios) * np.sqrt(information)
    if by_score:
        moments = [logrank_moments(trial, month=float(m)) for m in looks]
        information = np.array([float(m.variance[0, 0]) for m in moments])
        mean = np.array([float(m.mean_z[0]) for m in moments])
    return DelayedPlan(
        trial=trial,
        month=looks,
        events=events,
        patients=patients_in(trial, looks),
        hazard_ratio=ratios,
        upper=upper,
        alpha=spending(events / events[-1], alpha),
        power=np.cumsum(_cross(mean, information, upper)),
        max_patients=float(patients_in(trial, np.inf)[0]),
    )


def _no_effect(ratio: float) -> MethodError:
    return MethodError(
        Fault(
            what=f"the average hazard ratio at the last look is {ratio:.3f}: nothing to detect",
            where="hazards of the alternative",
            mend="look later, or assume a hazard ratio below 1 for longer",
        )
    )
