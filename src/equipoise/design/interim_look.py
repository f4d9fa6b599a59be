# SPDX-License-Identifier: Apache-2.0
"""An interim or final look read against the plan: the bound that counts, and what to conclude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from equipoise.design.array import FloatArray
from equipoise.design.bound_scales import compute_scales
from equipoise.design.conditional_power import Promise, promise_of_rest
from equipoise.design.observed_information import (
    NO_LOOKS,
    ObservedBounds,
    next_final_bound,
    next_interim_bound,
)
from equipoise.design.plan_inputs import efficacy_spending
from equipoise.design.plan_survival import SurvivalOutline, bounds_of
from equipoise.design.stopped_estimate import (
    StoppedEstimate,
    repeated_interval,
    stagewise_estimate,
)
from equipoise.errors import Fault, MethodError
from equipoise.protocol.model import SurvivalDesign


@dataclass(frozen=True, slots=True)
class LookReading:
    """One look: `events`, `fraction` of the plan, `z` (positive favours the experimental arm);
    bound on three scales; `alpha_spent` so far; whether it `crossed`; `futility_z`, None where
    there is no such bound, and whether z fell below it.

    `decided` is the look that crossed first, None where none has. `promise` of the rest is None at
    the last look; `adjusted`, hazard ratios by stage-wise ordering, is None while the trial goes
    on, and after the look that decided. `repeated` is the repeated confidence interval of the
    hazard ratio, at 1 - 2 alpha, beside the estimate of the log-rank test.
    """

    look: int
    final: bool
    events: int
    fraction: float
    z: float
    bound_z: float
    bound_p: float
    bound_hazard_ratio: float
    alpha_spent: float
    crossed: bool
    decided: int | None
    estimate: float
    repeated: tuple[float, float]
    futility_z: float | None
    crossed_futility: bool
    promise: Promise | None
    adjusted: StoppedEstimate | None


def read_look(
    design: SurvivalDesign,
    plan: SurvivalOutline,
    *,
    events: Sequence[int],
    z: Sequence[float],
    final: bool,
    level: float,
) -> LookReading:
    """Judge the latest of the looks held so far, each bound at the events observed.

    Parameters    events : of every look held, the latest last
                  z      : log-rank Z of each, positive in favour of the experimental arm
                  final  : whether the latest is the last analysis of this endpoint
                  level  : float - confidence of the adjusted interval, two-sided
    Returns       LookReading
    Raises        MethodError - events and z do not pair, or events do not increase
    """
    if len(events) != len(z) or not events:
        raise MethodError(
            Fault(
                what=f"{len(events)} event counts and {len(z)} statistics",
                where="looks held so far",
                mend="give one of each per look, the latest last",
            )
        )
    lower = _futility(design, plan, events)
    held = _hold(design, plan, events, lower, final=final)
    scales = compute_scales(
        held.upper, events=held.information, share=plan.trial.share, null_ratio=design.margin
    )
    over = [look for look, now in enumerate(z, 1) if now >= held.upper[look - 1]]
    crossed = bool(z[-1] >= held.upper[-1])
    estimate, repeated = _repeated(design, plan, held, z)
    return LookReading(
        look=len(events),
        final=final,
        events=events[-1],
        fraction=events[-1] / float(plan.events[-1]),
        z=z[-1],
        bound_z=float(held.upper[-1]),
        bound_p=float(scales.p[-1]),
        bound_hazard_ratio=float(scales.hazard_ratio[-1]),
        alpha_spent=float(held.alpha[-1]),
        crossed=crossed,
        decided=over[0] if over else None,
        estimate=estimate,
        repeated=repeated,
        futility_z=float(lower[-1]) if np.isfinite(lower[-1]) and not final else None,
        crossed_futility=bool(not final and z[-1] < lower[-1]),
        promise=None if final else _promise(design, plan, events, z[-1]),
        adjusted=_adjusted(design, plan, held, z[-1], level)
        if (crossed or final) and over[:1] in ([], [len(events)])
        else None,
    )


def _fractions(plan: SurvivalOutline, events: Sequence[int]) -> FloatArray:
    """Fractions of the looks held, as observed, and of those planned after them."""
    later = [count for count in plan.events if count > events[-1]]
    return np.array([*events, *later]) / float(plan.events[-1])


def _futility(design: SurvivalDesign, plan: SurvivalOutline, events: Sequence[int]) -> FloatArray:
    """Futility bounds (k,) of the looks held; -inf where there is none.

    Notes         the design is solved again at the fractions observed; looks that were not planned
                  have no futility bound, nor has a design whose information is used up
    """
    fraction = _fractions(plan, events)
    none = np.full(len(events), -np.inf)
    if design.futility is None or len(fraction) != len(design.looks) or fraction[-1] != 1:
        return none
    return bounds_of(design, fraction).lower[: len(events)]


def _hold(
    design: SurvivalDesign,
    plan: SurvivalOutline,
    events: Sequence[int],
    lower: FloatArray,
    *,
    final: bool,
) -> ObservedBounds:
    """Efficacy bounds at these events, each look keeping those before it."""
    spending = efficacy_spending(design.efficacy, plan.bounds.fraction, alpha=design.alpha)
    binding = lower if design.futility_binding else np.full(len(events), -np.inf)
    held = NO_LOOKS
    for i, count in enumerate(events):
        if final and i == len(events) - 1:
            return next_final_bound(held, float(count), alpha=design.alpha, lower=binding[:i])
        may = design.looks[min(i, len(design.looks) - 1)].efficacy
        held = next_interim_bound(
            held,
            float(count),
            planned=float(plan.events[-1]),
            alpha=design.alpha,
            spending=spending if may else _spend_nothing,
            lower=binding[:i],
        )
    return held


def _spend_nothing(fraction: npt.ArrayLike, _: float) -> FloatArray:
    return np.zeros(np.size(fraction))


def _promise(
    design: SurvivalDesign, plan: SurvivalOutline, events: Sequence[int], z: float
) -> Promise | None:
    """What the planned looks to come promise; None where none is left."""
    coming = [int(count) for count in plan.events if count > events[-1]]
    if not coming:
        return None
    everything = [*events, *coming]
    lower = np.append(_futility(design, plan, events), np.full(len(coming), -np.inf))
    all_held = _hold(design, plan, everything, lower, final=True)
    unit = plan.trial.share * (1 - plan.trial.share)
    return promise_of_rest(
        z,
        information=unit * events[-1],
        future=unit * np.array(coming, dtype=np.float64),
        upper=all_held.upper[len(events) :],
        planned_theta=float(np.log(design.margin) - np.log(plan.hazard_ratio)),
    )


def _repeated(
    design: SurvivalDesign, plan: SurvivalOutline, held: ObservedBounds, z: Sequence[float]
) -> tuple[float, tuple[float, float]]:
    """The hazard ratio by the log-rank statistic of the latest look, and its repeated interval."""
    unit = plan.trial.share * (1 - plan.trial.share)
    information = unit * held.information
    low, high = repeated_interval(information, np.array(z), two_sided_bound=held.upper)
    theta = z[-1] / np.sqrt(information[-1])
    ratio, lower, upper = (float(design.margin * np.exp(-t)) for t in (theta, high[-1], low[-1]))
    return ratio, (lower, upper)


def _adjusted(
    design: SurvivalDesign, plan: SurvivalOutline, held: ObservedBounds, z: float, level: float
) -> StoppedEstimate:
    """Stage-wise inference, as hazard ratios."""
    unit = plan.trial.share * (1 - plan.trial.share)
    theta = stagewise_estimate(
        unit * held.information,
        z,
        upper=held.upper,
        lower=np.full(len(held.upper), -np.inf),
        level=level,
    )
    ratios = (theta.median_unbiased, theta.high, theta.low, theta.naive)
    return StoppedEstimate(theta.p, *(float(design.margin * np.exp(-t)) for t in ratios))
