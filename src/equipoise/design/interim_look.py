# SPDX-License-Identifier: Apache-2.0
"""An interim or final look read against the plan: the bound that counts, and what to conclude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.design.bound_scales import compute_scales
from equipoise.design.conditional_power import Promise, promise_of_rest
from equipoise.design.observed_information import (
    NO_LOOKS,
    ObservedBounds,
    next_final_bound,
    next_interim_bound,
)
from equipoise.design.plan_inputs import spending_of
from equipoise.design.plan_survival import SurvivalOutline
from equipoise.design.stopped_estimate import StoppedEstimate, stagewise_estimate
from equipoise.errors import Fault, MethodError
from equipoise.protocol.model import SurvivalDesign


@dataclass(frozen=True, slots=True)
class LookReading:
    """One look: `events`, `fraction` of the plan, `z` (positive favours the experimental arm);
    bound on three scales; `alpha_spent` so far; whether it `crossed`.

    `promise` of the rest is None at the last look; `adjusted`, hazard ratios by stage-wise
    ordering, is None while the trial goes on.
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
    held = _bounds(design, plan, events, final=final)
    scales = compute_scales(
        held.upper, events=held.information, share=plan.trial.share, null_ratio=design.margin
    )
    crossed = bool(z[-1] >= held.upper[-1])
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
        promise=None if final else _promise(design, plan, held, events[-1], z[-1]),
        adjusted=_adjusted(plan, held, z[-1], level) if crossed or final else None,
    )


def _bounds(
    design: SurvivalDesign, plan: SurvivalOutline, events: Sequence[int], *, final: bool
) -> ObservedBounds:
    spending = spending_of(design.efficacy)
    held = NO_LOOKS
    for i, count in enumerate(events):
        if final and i == len(events) - 1:
            return next_final_bound(held, float(count), alpha=design.alpha)
        may = design.looks[min(i, len(design.looks) - 1)].efficacy
        held = next_interim_bound(
            held,
            float(count),
            planned=float(plan.events[-1]),
            alpha=design.alpha,
            spending=spending if may else (lambda t, _: np.zeros(np.size(t))),
        )
    return held


def _promise(
    design: SurvivalDesign, plan: SurvivalOutline, held: ObservedBounds, events: int, z: float
) -> Promise | None:
    """What the planned looks to come promise; None where none is left."""
    coming = [int(count) for count in plan.events if count > events]
    if not coming:
        return None
    later = held
    for count in coming[:-1]:
        later = next_interim_bound(
            later,
            float(count),
            planned=float(plan.events[-1]),
            alpha=design.alpha,
            spending=spending_of(design.efficacy),
        )
    later = next_final_bound(later, float(coming[-1]), alpha=design.alpha)
    unit = plan.trial.share * (1 - plan.trial.share)
    return promise_of_rest(
        z,
        information=unit * events,
        future=unit * np.array(coming, dtype=np.float64),
        upper=later.upper[len(held.upper) :],
        planned_theta=float(np.log(design.margin) - np.log(plan.hazard_ratio)),
    )


def _adjusted(
    plan: SurvivalOutline, held: ObservedBounds, z: float, level: float
) -> StoppedEstimate:
    """Stage-wise inference, as hazard ratios relative to the margin."""
    unit = plan.trial.share * (1 - plan.trial.share)
    theta = stagewise_estimate(
        unit * held.information,
        z,
        upper=held.upper,
        lower=np.full(len(held.upper), -np.inf),
        level=level,
    )
    return StoppedEstimate(
        theta.p,
        float(np.exp(-theta.median_unbiased)),
        float(np.exp(-theta.high)),
        float(np.exp(-theta.low)),
        float(np.exp(-theta.naive)),
    )
