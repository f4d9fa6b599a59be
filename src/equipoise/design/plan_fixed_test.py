# SPDX-License-Identifier: Apache-2.0
"""Plans read once, by a test other than the log-rank test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from scipy.special import ndtri

from equipoise.design.array import FloatArray
from equipoise.design.fixed_time_tests import milestone_difference, restricted_mean_difference
from equipoise.design.max_combo import max_combo_critical
from equipoise.design.normal_orthant import orthant_probability
from equipoise.design.plan_inputs import fixed_trial_of
from equipoise.design.root import find_root
from equipoise.design.trial_plan import TrialPlan, summary_table
from equipoise.design.two_arms import TwoArms, events_by, patients_in, scale_trial
from equipoise.design.weighted_logrank import average_hazard_ratio, logrank_moments
from equipoise.errors import Fault, MethodError
from equipoise.protocol.model import FixedTestDesign

_WORDS = {
    "weighted-log-rank": "the weighted log-rank test {weights}",
    "max-combo": "the largest of the weighted log-rank tests {weights}",
    "milestone": "the difference of Kaplan-Meier survival at {time:g} months",
    "restricted-mean": "the difference of restricted mean survival up to {time:g} months",
}


def plan_fixed_test(design: FixedTestDesign, *, label: str, share: float, block: int) -> TrialPlan:
    """Patients for a power, or the power of given patients, by the test that the protocol names.

    Parameters    share : float - of the patients in the experimental arm
                  block : int - patients come in multiples of it
    Raises        MethodError - the alternative does not favour the experimental arm
    """
    unit = fixed_trial_of(design, share=share)
    entered = float(patients_in(unit, np.inf)[0])
    mean, correlation = _mean(design, unit)
    if mean.max() <= 0:
        raise _nothing(float(mean.max()))
    critical = max_combo_critical(correlation, alpha=design.alpha)

    def power_at(patients: float) -> float:
        shifted = mean * np.sqrt(patients / entered)
        below = orthant_probability(
            np.full(len(mean), critical), mean=shifted, correlation=correlation
        )
        return 1 - below

    patients = design.patients or _patients(power_at, entered, mean, design, block)
    trial = scale_trial(unit, patients / entered)
    events = float(events_by(trial, design.read_month)[0])
    power = power_at(patients)
    ratio = average_hazard_ratio(trial, month=design.read_month)
    summary = _summary(
        design, patients=patients, events=events, power=power, ratio=ratio, critical=critical
    )
    grid = np.unique(np.round(np.linspace(0.4, 2.0, 100) * patients))
    curve = pl.DataFrame({"patients": grid, "power": [power_at(float(n)) for n in grid]})
    words = _words(design, label, patients=patients, events=events, power=power)
    return TrialPlan(design.kind, {"SUMMARY": summary, "POWER": curve}, words)


def _summary(
    design: FixedTestDesign,
    *,
    patients: int,
    events: float,
    power: float,
    ratio: float,
    critical: float,
) -> pl.DataFrame:
    rows = [
        ("endpoint", design.endpoint, "given"),
        ("one-sided alpha", f"{design.alpha:g}", "given"),
        ("power", f"{power:.4f}", "given" if design.power else "solved"),
        ("patients", str(patients), "given" if design.patients else "solved"),
        ("events", f"{events:.1f}", "computed"),
        ("average hazard ratio", f"{ratio:.4f}", "computed"),
        ("critical Z", f"{critical:.4f}", "computed"),
        ("read in month", f"{design.read_month:g}", "given"),
    ]
    return summary_table(rows)


def _mean(design: FixedTestDesign, unit: TwoArms) -> tuple[FloatArray, FloatArray]:
    """Means (m,) and correlation (m, m) of the test statistics with the unit's patients."""
    if design.kind in ("weighted-log-rank", "max-combo"):
        weights = [(weight.rho, weight.gamma) for weight in design.weights]
        moments = logrank_moments(unit, month=design.read_month, weights=weights)
        return moments.mean_z, moments.correlation
    time = design.time_months or 0.0
    if design.kind == "milestone":
        apart = milestone_difference(unit, milestone=time, month=design.read_month)
    else:
        apart = restricted_mean_difference(unit, until=time, month=design.read_month)
    return np.array([apart.value / apart.se]), np.eye(1)


def _patients(
    power_at: Callable[[float], float],
    entered: float,
    mean: FloatArray,
    design: FixedTestDesign,
    block: int,
) -> int:
    power = design.power or 0.5
    z = float(-ndtri(design.alpha / len(mean)) + ndtri(power))
    most = entered * (z / float(mean.max())) ** 2 * 2 + 10
    needed = find_root(
        lambda n: power_at(n) - power, 1.0, most, what="the number of patients", tolerance=1e-6
    )
    return int(np.ceil(needed / block - 1e-9)) * block


def _words(
    design: FixedTestDesign, label: str, *, patients: int, events: float, power: float
) -> str:
    weights = ", ".join(f"({w.rho:g}, {w.gamma:g})" for w in design.weights)
    test = _WORDS[design.kind].format(weights=weights, time=design.time_months or 0.0)
    return (
        f"{label} is compared by {test} at a one-sided level of {design.alpha:g}, once, in month "
        f"{design.read_month:g}. {patients} patients bring about {events:.0f} events by then and "
        f"{100 * power:.1f}% power under the hazards assumed."
    )


def _nothing(mean: float) -> MethodError:
    return MethodError(
        Fault(
            what=f"the test statistic is expected at {mean:.3f}: nothing to detect",
            where="design",
            mend="assume an effect in favour of the experimental arm, or choose another time",
        )
    )
