# SPDX-License-Identifier: Apache-2.0
"""Group-sequential designs with futility bounds by beta spending, binding or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from equipoise.design.array import FloatArray, floats
from equipoise.design.boundaries import Bounds, bound_above, efficacy_bounds, fixed_drift
from equipoise.design.recursion import (
    State,
    Walk,
    begin,
    carry_on,
    make_walk,
    mass_below,
)
from equipoise.design.root import find_root
from equipoise.design.spending import check_spent
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class FutilityDesign:
    """Bounds that meet at the last look, and the drift at which they have the power asked for.

    `beta` (K,) is the cumulative probability of crossing the lower bound at that drift;
    `inflation` is (drift / drift without looks)^2: the price in information of looking.
    """

    bounds: Bounds
    beta: FloatArray
    drift: float
    inflation: float


def nonbinding_futility_bounds(
    fraction: npt.ArrayLike, *, alpha_spent: npt.ArrayLike, beta_spent: npt.ArrayLike
) -> FutilityDesign:
    """Futility that may be overruled: the upper bounds ignore it, so alpha holds either way.

    Parameters    fraction    : (K,) float - information fractions
                  alpha_spent : (K,) float - cumulative one-sided alpha
                  beta_spent  : (K,) float - cumulative type II error; a look that spends nothing
                                has no lower bound
    Returns       FutilityDesign
    Raises        MethodError - no drift makes the bounds meet
    Source: Jennison and Turnbull (2000) section 7.3; Anderson and Clark (2010) eq. 5-8.
    Proof: tests/reference/design_group_sequential.yaml
    """
    efficacy = efficacy_bounds(fraction, alpha_spent)
    beta = _beta(beta_spent, efficacy.fraction)

    def lower_for(drift: float) -> tuple[FloatArray, float]:
        return _lower_bounds(efficacy.fraction, efficacy.upper, np.diff(beta, prepend=0.0), drift)

    drift = _meeting_drift(lambda d: lower_for(d)[1], float(efficacy.alpha[-1]), float(beta[-1]))
    bounds = Bounds(efficacy.fraction, efficacy.upper, lower_for(drift)[0], efficacy.alpha)
    return _design(bounds, beta, drift)


def binding_futility_bounds(
    fraction: npt.ArrayLike, *, alpha_spent: npt.ArrayLike, beta_spent: npt.ArrayLike
) -> FutilityDesign:
    """Futility that must be obeyed: the upper bounds are lower for it.

    Parameters, Returns, Raises and Source: as `nonbinding_futility_bounds`.
    """
    t, alpha = floats(fraction), floats(alpha_spent)
    check_spent(alpha, "alpha")
    beta = _beta(beta_spent, t)
    steps = np.diff(alpha, prepend=0.0), np.diff(beta, prepend=0.0)

    def both_for(drift: float) -> tuple[FloatArray, FloatArray, float]:
        return _both_bounds(t, *steps, drift)

    drift = _meeting_drift(lambda d: both_for(d)[2], float(alpha[-1]), float(beta[-1]))
    upper, lower, _ = both_for(drift)
    return _design(Bounds(t, upper, lower, alpha), beta, drift)


def _beta(beta_spent: npt.ArrayLike, fraction: FloatArray) -> FloatArray:
    beta = np.broadcast_to(floats(beta_spent), fraction.shape).astype(np.float64)
    check_spent(beta, "beta")
    return beta


def _design(bounds: Bounds, beta: FloatArray, drift: float) -> FutilityDesign:
    fixed = fixed_drift(float(bounds.alpha[-1]), 1 - float(beta[-1]))
    lower = bounds.lower.copy()
    lower[-1] = bounds.upper[-1]
    closed = Bounds(bounds.fraction, bounds.upper, lower, bounds.alpha)
    return FutilityDesign(closed, beta, float(drift), float((drift / fixed) ** 2))


def _meeting_drift(gap: Callable[[float], float], alpha: float, beta: float) -> float:
    """The drift at which the type II error left for the last look is what the bounds use up."""
    fixed = fixed_drift(alpha, 1 - beta)
    try:
        return find_root(
            gap, fixed * 0.999, fixed * 1.5, what="the drift of the design", tolerance=1e-9
        )
    except MethodError as error:
        raise MethodError(
            Fault(
                what="efficacy and futility bounds do not meet at any drift",
                where=f"one-sided alpha {alpha:g}, power {1 - beta:g}",
                mend="spend less alpha or beta early, plan fewer looks, or ask for less power",
            )
        ) from error


def _lower_bound(drift_walk: Walk, look: int, state: State, probability: float) -> float:
    """The bound with P(no stop before, Z < bound) = probability; -inf for probability 0."""
    if probability <= 1e-15:
        return -float(np.inf)
    left = float(state.mass.sum())
    if probability >= left:
        return float(np.inf)
    return bound_above(drift_walk, look, state, left - probability)


def _lower_bounds(
    t: FloatArray, upper: FloatArray, steps: FloatArray, drift: float
) -> tuple[FloatArray, float]:
    """Lower bounds (K,) for this drift, and how far the last look overspends beta."""
    walk = make_walk(drift * np.sqrt(t), t)
    lower = np.full(len(t), -np.inf)
    state = begin(walk)
    last = len(t) - 1
    for look in range(last):
        lower[look] = _lower_bound(walk, look, state, steps[look])
        if lower[look] >= upper[look]:
            return lower, -1.0
        state = carry_on(walk, look, state, lower[look], upper[look])
    lower[last] = upper[last]
    return lower, mass_below(walk, last, state, upper[last]) - steps[last]


def _both_bounds(
    t: FloatArray, alpha_steps: FloatArray, beta_steps: FloatArray, drift: float
) -> tuple[FloatArray, FloatArray, float]:
    """Both bounds (K,) for this drift, and how far the last look overspends beta."""
    null, walk = make_walk(0.0, t), make_walk(drift * np.sqrt(t), t)
    upper, lower = np.full(len(t), np.inf), np.full(len(t), -np.inf)
    at_null, state = begin(null), begin(walk)
    last = len(t) - 1
    for look in range(last + 1):
        upper[look] = bound_above(null, look, at_null, alpha_steps[look])
        if look == last:
            break
        lower[look] = _lower_bound(walk, look, state, beta_steps[look])
        if lower[look] >= upper[look]:
            return upper, lower, -1.0
        at_null = carry_on(null, look, at_null, lower[look], upper[look])
        state = carry_on(walk, look, state, lower[look], upper[look])
    lower[last] = upper[last]
    return upper, lower, mass_below(walk, last, state, upper[last]) - beta_steps[last]
