# SPDX-License-Identifier: Apache-2.0
"""A time-to-event trial planned from its protocol: the open item solved, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from equipoise.design.array import FloatArray, IntArray
from equipoise.design.bound_scales import Scales, compute_scales
from equipoise.design.boundaries import (
    Bounds,
    Operating,
    drift_for_power,
    efficacy_bounds,
    operating,
    operating_at_means,
)
from equipoise.design.delayed_effect_plan import power_of_delayed_effect, size_delayed_effect
from equipoise.design.feasible import check_reachable
from equipoise.design.futility import (
    FutilityDesign,
    binding_futility_bounds,
    nonbinding_futility_bounds,
)
from equipoise.design.plan_inputs import (
    alpha_spent,
    efficacy_spending,
    spending_of,
    stretch_accrual,
    trial_of,
)
from equipoise.design.root import find_root
from equipoise.design.spending import Spending, hold_spending
from equipoise.design.two_arms import (
    TwoArms,
    accrual_for_events,
    events_by,
    events_interval,
    month_of_events,
    month_of_patients,
    patients_in,
    scale_trial,
)
from equipoise.design.weighted_logrank import average_hazard_ratio, logrank_moments
from equipoise.errors import Fault, MethodError
from equipoise.protocol.model import SurvivalDesign

Solved = Literal["power", "events", "effect"]
INTERVAL = 0.9  # probability of the interval of each look's date


@dataclass(frozen=True, slots=True)
class SurvivalOutline:
    """The plan in whole events and patients; (K,) arrays by look.

    `solved` says what the protocol left open; `hazard_ratio` is the average one at the last look;
    `month` with `month_low`, `month_high` its 90% interval by chance alone; `patients_at` entered.
    """

    solved: Solved
    hazard_ratio: float
    trial: TwoArms
    patients: int
    accrual_months: float
    events: IntArray
    bounds: Bounds
    efficacy: Scales
    futility: Scales
    month: FloatArray
    month_low: FloatArray
    month_high: FloatArray
    patients_at: FloatArray
    null: Operating
    alternative: Operating


def plan_survival(design: SurvivalDesign, *, share: float, block: int) -> SurvivalOutline:
    """Solve for what is open, round up to whole events and patients, and date the looks.

    Parameters    share : float - of the patients in the experimental arm
                  block : int - patients come in multiples of it: the sum of the ratio
    Raises        MethodError - no plan; the fault names the nearest feasible one
    """
    if len(design.effect) > 1:
        return _changing_effect(design, share, block)
    solved, ratio, events = _solve(design, share)
    count = int(np.ceil(events - 1e-6))
    unit = trial_of(design, share=share, starts=[0.0], ratios=[ratio])
    trial, patients = _enter(design, unit, count, block, ratio)
    counts = _counts(design, trial, count)
    bounds = bounds_of(design, counts / count)
    drift = (np.log(design.margin) - np.log(ratio)) * np.sqrt(share * (1 - share) * count)
    alternative = operating(bounds, drift=float(drift))
    return _outline(design, solved, ratio, trial, patients, counts, bounds, alternative)


def bounds_of(design: SurvivalDesign, fraction: FloatArray) -> Bounds:
    """The protocol's bounds at information fractions (K,); beta is spent at its power."""
    futile = _futility(design, fraction)
    if futile is not None:
        return futile.bounds
    return efficacy_bounds(fraction, _alpha(design, fraction))


def _alpha(design: SurvivalDesign, fraction: FloatArray) -> FloatArray:
    spent = alpha_spent(design.efficacy, fraction, alpha=design.alpha)
    return hold_spending(spent, allowed=[look.efficacy for look in design.looks])


def _futility(design: SurvivalDesign, fraction: FloatArray) -> FutilityDesign | None:
    if design.futility is None or design.power is None:
        return None
    allowed = [look.futility for look in design.looks]
    allowed[-1] = True
    spent = spending_of(design.futility)(fraction, 1 - design.power)
    solve = binding_futility_bounds if design.futility_binding else nonbinding_futility_bounds
    alpha = _alpha(design, fraction)
    return solve(fraction, alpha_spent=alpha, beta_spent=hold_spending(spent, allowed=allowed))


def _fractions(design: SurvivalDesign) -> FloatArray:
    """Fractions to size by: a look fixed on the calendar alone stands half way to the next."""
    fraction = np.array([look.fraction or np.nan for look in design.looks])
    for i in np.flatnonzero(np.isnan(fraction)):
        before = fraction[i - 1] if i else 0.0
        later = fraction[i:][~np.isnan(fraction[i:])][0]
        fraction[i] = (before + later) / 2
    return fraction


def _solve(design: SurvivalDesign, share: float) -> tuple[Solved, float, float]:
    """What was open, the hazard ratio, and the events at the last look, not rounded."""
    fraction = _fractions(design)
    unit = share * (1 - share)
    ratio = design.effect[0].hazard_ratio if design.effect else None
    if design.power is None:
        if ratio is None or design.events is None:
            raise _open("power")
        return "power", ratio, float(design.events)
    futile = _futility(design, fraction)
    bounds = efficacy_bounds(fraction, _alpha(design, fraction))
    drift = futile.drift if futile is not None else drift_for_power(bounds, power=design.power)
    if design.events is not None:
        detectable = design.margin * np.exp(-drift / np.sqrt(unit * design.events))
        return "effect", float(detectable), float(design.events)
    if ratio is None:
        raise _open("effect")
    if not ratio < design.margin:
        raise _no_improvement(design, ratio)
    return "events", ratio, float(drift**2 / (unit * np.log(ratio / design.margin) ** 2))


def _enter(
    design: SurvivalDesign, unit: TwoArms, events: int, block: int, ratio: float
) -> tuple[TwoArms, int]:
    """The trial with its patients: as given, or as many as bring the events by the last month."""
    entered = float(patients_in(unit, np.inf)[0])
    if design.patients is None:
        sized = accrual_for_events(unit, events, month=design.last_look_month or np.inf)
        needed = float(patients_in(sized, np.inf)[0])
        patients = int(np.ceil(needed / block - 1e-9)) * block
        return scale_trial(unit, patients / entered), patients
    trial = scale_trial(unit, design.patients / entered)
    check_reachable(
        trial,
        bounds_of(design, _fractions(design)),
        events=events,
        hazard_ratio=ratio,
        margin=design.margin,
        power=design.power,
    )
    if design.last_look_month is not None:
        trial = _at_speed(trial, events, design.last_look_month)
    return trial, design.patients


def _at_speed(trial: TwoArms, events: int, month: float) -> TwoArms:
    """The accrual calendar stretched so that the last look falls on that month."""
    stretch = find_root(
        lambda factor: month_of_events(stretch_accrual(trial, factor), events) - month,
        0.01,
        20.0,
        what="the speed of accrual that brings the last look to that month",
        tolerance=1e-8,
    )
    return stretch_accrual(trial, stretch)


def _counts(design: SurvivalDesign, trial: TwoArms, events: int) -> IntArray:
    """Whole events expected at each look: when fraction, month and patients are all reached."""
    counts = []
    for look in design.looks:
        count = 0.0 if look.fraction is None else look.fraction * events
        if look.month is not None:
            count = max(count, float(events_by(trial, look.month)[0]))
        if look.patients is not None:
            count = max(count, float(events_by(trial, month_of_patients(trial, look.patients))[0]))
        counts.append(round(count))
    return np.array(counts, dtype=np.int64)


def _changing_effect(design: SurvivalDesign, share: float, block: int) -> SurvivalOutline:
    """Patients for a hazard ratio that changes over time, read at fractions of the events."""
    starts = [piece.from_month for piece in design.effect]
    ratios = [piece.hazard_ratio for piece in design.effect]
    unit = trial_of(design, share=share, starts=starts, ratios=ratios)
    fractions = [look.fraction or 1.0 for look in design.looks]
    spending = efficacy_spending(design.efficacy, np.array(fractions), alpha=design.alpha)
    power, month = design.power or 0.9, design.last_look_month
    if design.patients is not None:
        trial = scale_trial(unit, design.patients / float(patients_in(unit, np.inf)[0]))
        month = _month_for_power(trial, fractions, design.alpha, power, spending)
        patients = design.patients
    else:
        total = float(events_by(unit, month or np.inf)[0])
        months = [month_of_events(unit, f * total) for f in fractions]
        sized = size_delayed_effect(
            unit, months=months, alpha=design.alpha, power=power, spending=spending
        )
        patients = int(np.ceil(sized.max_patients / block - 1e-9)) * block
        trial = scale_trial(unit, patients / float(patients_in(unit, np.inf)[0]))
    count = int(np.ceil(float(events_by(trial, month or np.inf)[0]) - 1e-6))
    counts = np.array([round(f * count) for f in fractions], dtype=np.int64)
    bounds = efficacy_bounds(counts / count, _alpha(design, counts / count))
    months_at = [month_of_events(trial, float(c)) for c in counts]
    mean = [float(logrank_moments(trial, month=m).mean_z[0]) for m in months_at]
    ratio = average_hazard_ratio(trial, month=months_at[-1])
    alternative = operating_at_means(bounds, mean=mean)
    return _outline(design, "events", ratio, trial, patients, counts, bounds, alternative)


def _month_for_power(
    trial: TwoArms, fractions: list[float], alpha: float, power: float, spending: Spending
) -> float:
    def short(month: float) -> float:
        plan = power_of_delayed_effect(
            trial, fractions=fractions, last_month=month, alpha=alpha, spending=spending
        )
        return float(plan.power[-1]) - power

    end = max(float(s.accrual.end[-1]) for s in trial.strata)
    return find_root(
        short, end / 2, end * 10, what="the month at which the power is reached", tolerance=1e-6
    )


def _outline(
    design: SurvivalDesign,
    solved: Solved,
    ratio: float,
    trial: TwoArms,
    patients: int,
    counts: IntArray,
    bounds: Bounds,
    alternative: Operating,
) -> SurvivalOutline:
    months = np.array([month_of_events(trial, float(count)) for count in counts])
    spread = np.array([events_interval(trial, float(c), level=INTERVAL) for c in counts])
    return SurvivalOutline(
        solved=solved,
        hazard_ratio=ratio,
        trial=trial,
        patients=patients,
        accrual_months=max(float(s.accrual.end[-1]) for s in trial.strata),
        events=counts,
        bounds=bounds,
        efficacy=compute_scales(
            bounds.upper, events=counts, share=trial.share, null_ratio=design.margin
        ),
        futility=compute_scales(
            bounds.lower, events=counts, share=trial.share, null_ratio=design.margin
        ),
        month=months,
        month_low=spread[:, 0],
        month_high=spread[:, 1],
        patients_at=patients_in(trial, months),
        null=operating(bounds, drift=0.0),
        alternative=alternative,
    )


def _no_improvement(design: SurvivalDesign, ratio: float) -> MethodError:
    """No number of events shows a benefit that is not there; the mirrored effect is the nearest."""
    nearest = design.margin**2 / ratio if ratio > design.margin else 0.9 * design.margin
    return MethodError(
        Fault(
            what=f"a hazard ratio of {ratio:g} does not improve on {design.margin:g}: no number of "
            "events shows it",
            where="design.effect",
            mend=f"assume a hazard ratio below {design.margin:g}, as {nearest:.3g}; for "
            "non-inferiority give a `margin` above the effect",
        )
    )


def _open(what: str) -> MethodError:
    return MethodError(
        Fault(
            what=f"{what} cannot be solved for from what is given",
            where="design",
            mend="give two of power, events and a hazard ratio that improves on the null",
        )
    )
