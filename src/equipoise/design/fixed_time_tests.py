# SPDX-License-Identifier: Apache-2.0
"""Tests of two Kaplan-Meier curves at a fixed time: milestone survival and restricted mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from equipoise.design.array import FloatArray
from equipoise.design.at_risk import at_risk
from equipoise.design.piecewise import Rate, level_at, patients_by, survival, survival_area
from equipoise.design.two_arms import Stratum, TwoArms, events_by, patients_in, scale_trial
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class Difference:
    """Experimental minus control: `value` and its standard error `se` with the trial's patients."""

    value: float
    se: float


@dataclass(frozen=True, slots=True)
class FixedTimeSize:
    """Patients and events needed; `trial` has that many patients."""

    patients: float
    events: float
    trial: TwoArms


def milestone_difference(trial: TwoArms, *, milestone: float, month: float) -> Difference:
    """Difference of survival at `milestone` months, from Kaplan-Meier curves read at `month`.

    Notes         Greenwood: var S(t) = S(t)^2 int_0^t h / Y ds per arm; strata weighted by size.
    Source: Klein et al. (2007) Statistics in Medicine 26:4505-4519, eq. 1.
    Proof: tests/reference/test_design_oracle.py, kinds `power milestone`, `sample size NPH`
    """
    _check_time(milestone, month)
    return _difference(trial, milestone, month, "milestone")


def restricted_mean_difference(trial: TwoArms, *, until: float, month: float) -> Difference:
    """Difference of restricted mean survival time up to `until` months, read at `month`.

    Notes         var = int_0^T (int_t^T S)^2 h / Y dt per arm; strata weighted by size.
    Source: Royston and Parmar (2013) BMC Medical Research Methodology 13:152, appendix.
    """
    _check_time(until, month)
    return _difference(trial, until, month, "restricted mean")


def power_of_difference(difference: Difference, *, alpha: float) -> float:
    """Power of the one-sided normal test of a difference."""
    return float(ndtr(difference.value / difference.se + ndtri(alpha)))


def size_for_difference(
    trial: TwoArms, difference: Difference, *, month: float, alpha: float, power: float
) -> FixedTimeSize:
    """Patients needed to detect the difference, the calendar of the trial kept.

    Raises        MethodError - the difference does not favour the experimental arm
    """
    if difference.value <= 0:
        raise MethodError(
            Fault(
                what=f"the difference is {difference.value:.4f}: nothing to detect",
                where="hazards of the alternative",
                mend="choose a time at which the curves are apart in favour of the new treatment",
            )
        )
    z = float(-ndtri(alpha) + ndtri(power))
    sized = scale_trial(trial, (z * difference.se / difference.value) ** 2)
    return FixedTimeSize(
        float(patients_in(sized, month)[0]), float(events_by(sized, month)[0]), sized
    )


def _difference(trial: TwoArms, until: float, month: float, what: str) -> Difference:
    sizes = np.array([float(patients_by(s.accrual, np.inf)[0]) for s in trial.strata])
    value, variance = 0.0, 0.0
    for weight, stratum in zip(sizes / sizes.sum(), trial.strata, strict=True):
        difference, square = _in_stratum(stratum, trial.share, until, month, what)
        value += float(weight) * difference
        variance += float(weight) ** 2 * square
    return Difference(value, float(np.sqrt(variance)))


def _in_stratum(
    stratum: Stratum, share: float, until: float, month: float, what: str
) -> tuple[float, float]:
    """Difference and variance in one stratum: the arms' values apart, their variances together."""
    seen = at_risk(stratum, share=share, month=month, until=until)
    control, control_variance = _in_arm(
        stratum.control.event, until, seen.time, seen.weight, seen.control, what
    )
    experimental, variance = _in_arm(
        stratum.experimental.event, until, seen.time, seen.weight, seen.experimental, what
    )
    return experimental - control, variance + control_variance


def _in_arm(
    event: Rate, until: float, time: FloatArray, weight: FloatArray, y: FloatArray, what: str
) -> tuple[float, float]:
    """Value and variance of one arm; y (n,) is at risk at `time` (n,)."""
    gain = level_at(event, time) / y * weight
    if what == "milestone":
        level = float(survival(event, until)[0])
        return level, level**2 * float(gain.sum())
    area = float(survival_area(event, until)[0])
    ahead = area - survival_area(event, time)
    return area, float(ahead**2 @ gain)


def _check_time(time: float, month: float) -> None:
    if not 0 < time < month:
        raise MethodError(
            Fault(
                what=f"nobody has been followed for {time:g} months by month {month:g}",
                where="time of the comparison",
                mend="read the trial later, or compare the curves earlier",
            )
        )
