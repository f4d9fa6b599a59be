# SPDX-License-Identifier: Apache-2.0
"""A group-sequential time-to-event plan: events, patients and dates of every look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.design.array import FloatArray
from equipoise.design.bound_scales import Scales, compute_scales
from equipoise.design.boundaries import Bounds, Operating, drift_for_power, fixed_drift, operating
from equipoise.design.events_needed import average_hazard_factor, lachin_foulkes_size
from equipoise.design.futility import FutilityDesign
from equipoise.design.piecewise import Course, times
from equipoise.design.two_arms import (
    Stratum,
    TwoArms,
    accrual_for_events,
    events_by_arm,
    month_of_events,
    patients_in,
    scale_trial,
)


@dataclass(frozen=True, slots=True)
class SurvivalPlan:
    """The plan; arrays are (K,), one per look.

    `events` and `patients` expected at each look, `month` its expected calendar time from the first
    patient; `max_patients` at the end of accrual; `upper`, `lower` on every scale; `null` and
    `alternative` what the bounds do under either; `expected_events`, `expected_months` under the
    alternative, averaged over the looks at which the trial may stop.
    """

    trial: TwoArms
    bounds: Bounds
    events: FloatArray
    patients: FloatArray
    month: FloatArray
    max_patients: float
    upper: Scales
    lower: Scales
    null: Operating
    alternative: Operating
    expected_events: float
    expected_months: float


def plan_at_events(trial: TwoArms, bounds: Bounds, *, events: float, drift: float) -> SurvivalPlan:
    """The plan of a trial whose patients and maximum events are known.

    Parameters    trial  : TwoArms under the alternative
                  bounds : efficacy and futility bounds, fractions of `events`
                  events : float - at the last look
                  drift  : float - E(Z) at those events under the alternative
    Raises        MethodError - the events are never reached
    """
    counts = events * bounds.fraction
    months = np.array([month_of_events(trial, float(count)) for count in counts])
    entered = patients_in(trial, months)
    done = operating(bounds, drift=drift)
    stop = done.cross_upper + done.cross_lower
    stop[-1] = 1 - stop[:-1].sum()
    return SurvivalPlan(
        trial=trial,
        bounds=bounds,
        events=counts,
        patients=entered,
        month=months,
        max_patients=float(patients_in(trial, np.inf)[0]),
        upper=compute_scales(bounds.upper, events=counts, share=trial.share),
        lower=compute_scales(bounds.lower, events=counts, share=trial.share),
        null=operating(bounds, drift=0.0),
        alternative=done,
        expected_events=float(stop @ counts),
        expected_months=float(stop @ months),
    )


def schoenfeld_plan(
    trial: TwoArms, bounds: Bounds, *, hazard_ratio: float, power: float, month: float
) -> SurvivalPlan:
    """Events by Schoenfeld's formula times the price of looking; patients to have them by `month`.

    Parameters    trial        : TwoArms - its accrual has the wanted calendar, any level
                  hazard_ratio : float - experimental over control, proportional
                  month        : float - calendar month of the last look
    Returns       SurvivalPlan - patients solved for
    Source: Schoenfeld (1981); Jennison and Turnbull (2000) section 13.2.
    Proof: tests/reference/test_design_oracle.py, id `rpact_surv_gs_hr065`
    """
    drift = drift_for_power(bounds, power=power)
    effect = -np.log(hazard_ratio)
    events = float(drift**2 / (trial.share * (1 - trial.share) * effect**2))
    sized = accrual_for_events(trial, events, month=month)
    return plan_at_events(sized, bounds, events=events, drift=drift)


def lachin_foulkes_plan(
    trial: TwoArms, design: FutilityDesign, *, hazard_ratio: float, month: float
) -> SurvivalPlan:
    """Events and patients by Lachin and Foulkes times the price of looking.

    Parameters    design : bounds with futility, solved for their power
    Returns       SurvivalPlan - patients solved for; the accrual calendar and `month` stay
    Proof: tests/reference/test_design_oracle.py, id `gssurv_k3`
    """
    ratio = trial.share / (1 - trial.share)
    factor = average_hazard_factor(hazard_ratio, ratio=ratio, null_ratio=1.0)
    strata = tuple(
        Stratum(s.accrual, slowed, slowed)
        for s in trial.strata
        for slowed in [Course(times(s.control.event, factor), s.control.dropout)]
    )
    at_null = events_by_arm(TwoArms(strata, trial.share), month)
    actual = events_by_arm(trial, month)
    alpha, power = float(design.bounds.alpha[-1]), 1 - float(design.beta[-1])
    size = lachin_foulkes_size(
        hazard_ratio,
        alpha=alpha,
        power=power,
        null_events=(float(at_null[0][0]), float(at_null[1][0])),
        events=(float(actual[0][0]), float(actual[1][0])),
    )
    sized = scale_trial(trial, size * design.inflation)
    events = float(sum(x[0] for x in events_by_arm(sized, month)))
    drift = fixed_drift(alpha, power) * float(np.sqrt(design.inflation))
    return plan_at_events(sized, design.bounds, events=events, drift=drift)
