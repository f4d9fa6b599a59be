# SPDX-License-Identifier: Apache-2.0
"""Group-sequential efficacy bounds by error spending, and the power and size of any bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from equipoise.design.array import FloatArray, floats
from equipoise.design.recursion import (
    State,
    Walk,
    begin,
    carry_on,
    crossing_probabilities,
    density_at,
    make_walk,
    mass_above,
)
from equipoise.design.root import find_root
from equipoise.design.spending import check_spent
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class Bounds:
    """When to stop, on the Z scale; Z is positive in favour of the experimental arm.

    `fraction` (K,) information fraction of each look; `upper` (K,) stop for efficacy at Z >= upper,
    inf where a look may not; `lower` (K,) stop for futility at Z < lower, -inf where it may not;
    `alpha` (K,) cumulative one-sided probability under no effect of crossing `upper`, whatever the
    lower bound for non-binding futility, in view of it for binding.
    """

    fraction: FloatArray
    upper: FloatArray
    lower: FloatArray
    alpha: FloatArray


@dataclass(frozen=True, slots=True)
class Operating:
    """What a group-sequential design does under one effect.

    `drift` is E(Z) at the last look; `cross_upper`, `cross_lower` (K,) stop first at that look;
    `power` their sum for the upper bound; `expected_information` in units of the maximum.
    """

    drift: float
    cross_upper: FloatArray
    cross_lower: FloatArray
    power: float
    expected_information: float


def efficacy_bounds(fraction: npt.ArrayLike, alpha_spent: npt.ArrayLike) -> Bounds:
    """Upper bounds that spend exactly the alpha given, look by look, without futility.

    Parameters    fraction    : (K,) float - information fractions, increasing
                  alpha_spent : (K,) float - cumulative one-sided alpha; a look that spends nothing
                                has no bound
    Returns       Bounds - lower is -inf
    Raises        MethodError - alpha decreases, or fractions do
    Notes         P(Z_1 < u_1, ..., Z_(k-1) < u_(k-1), Z_k >= u_k) = alpha_k - alpha_(k-1).
    Source: Lan and DeMets (1983) Biometrika 70:659-663; Jennison and Turnbull (2000) section 7.2.
    Proof: tests/reference/design_group_sequential.yaml
    """
    t, spent = floats(fraction), floats(alpha_spent)
    check_spent(spent, "alpha")
    lower = np.full(len(t), -np.inf)
    upper = bounds_spending(make_walk(0.0, t), np.diff(spent, prepend=0.0), lower=lower)
    return Bounds(t, upper, lower, spent)


def bounds_spending(walk: Walk, increments: FloatArray, *, lower: FloatArray) -> FloatArray:
    """Upper bounds (K,) crossed first at look k with probability increments (K,) under `walk`."""
    upper = np.full(len(increments), np.inf)
    state = begin(walk)
    for look, increment in enumerate(increments):
        upper[look] = bound_above(walk, look, state, float(increment))
        if look < len(increments) - 1:
            state = carry_on(walk, look, state, lower[look], upper[look])
    return upper


def bound_above(walk: Walk, look: int, state: State, probability: float) -> float:
    """The bound with P(no stop before, Z >= bound) = probability; inf for probability 0.

    Notes         Newton's method on the logarithm, which is concave in the bound.
    Raises        MethodError - more is to be spent than trials are left
    """
    if probability <= 1e-15:
        return float(np.inf)
    left = float(state.mass.sum())
    if probability >= left:
        raise MethodError(
            Fault(
                what=f"{probability:.3g} is to be spent at look {look + 1}, but only {left:.3g} of "
                "the trials are still going on",
                where=f"look {look + 1}",
                mend="spend less there, or make the earlier bounds harder to cross",
            )
        )
    bound = float(walk.mean[look] - ndtri(probability / left))
    for _ in range(60):
        tail = mass_above(walk, look, state, bound)
        slope = float(density_at(walk, look, state, bound)[0])
        if tail <= 0 or slope <= 0:
            bound -= 1.0
            continue
        step = float(np.log(tail / probability)) * tail / slope
        bound += max(min(step, 2.0), -2.0)
        if abs(step) < 1e-11:
            break
    return bound


def operating(bounds: Bounds, *, drift: float) -> Operating:
    """Stopping probabilities, power and expected information of a design.

    Parameters    drift : float - E(Z) at the planned end without interim looks, theta sqrt(I_max)
    Returns       Operating
    Notes         what happens at the last look counts as its full information
    """
    return operating_at_means(bounds, mean=drift * np.sqrt(bounds.fraction))


def operating_at_means(bounds: Bounds, *, mean: npt.ArrayLike) -> Operating:
    """The same when E(Z) is known look by look, (K,): under hazards that are not proportional."""
    walk = make_walk(mean, bounds.fraction)
    crossing = crossing_probabilities(walk, upper=bounds.upper, lower=bounds.lower)
    stop = crossing.upper + crossing.lower
    stop[-1] = 1 - stop[:-1].sum()
    return Operating(
        drift=float(walk.mean[-1]),
        cross_upper=crossing.upper,
        cross_lower=crossing.lower,
        power=float(crossing.upper.sum()),
        expected_information=float(stop @ bounds.fraction),
    )


def drift_for_power(bounds: Bounds, *, power: float) -> float:
    """The drift theta sqrt(I_max) at which these bounds have that power.

    Raises        MethodError - power not above what the bounds give without effect, or not below 1
    Notes         its square over that of the design without looks is the inflation factor
    """
    size = operating(bounds, drift=0.0).power
    if not size < power < 1:
        raise MethodError(
            Fault(
                what=f"a power of {power:g} is impossible",
                where=f"bounds with one-sided size {size:.4g}",
                mend=f"ask for a power between {size:.3g} and 1",
            )
        )
    fixed = fixed_drift(float(bounds.alpha[-1]), power)

    def gap(drift: float) -> float:
        # on the probit scale power is nearly a straight line in drift, so few steps are needed
        reached = operating(bounds, drift=drift).power
        return float(np.clip(ndtri(reached), -9, 9) - ndtri(power))

    first = max(fixed, 0.0)
    short = gap(first)
    if short >= 0:
        return find_root(gap, -1.0, first, what="the drift that gives this power", tolerance=1e-9)
    return find_root(
        gap,
        first,
        first - 1.5 * short + 0.1,
        what="the drift that gives this power",
        tolerance=1e-9,
    )


def fixed_drift(alpha: float, power: float) -> float:
    """Drift of a test without interim looks: z_(1-alpha) + z_power."""
    return float(-ndtri(alpha) + ndtri(power))


def nominal_p(z: npt.ArrayLike) -> FloatArray:
    """One-sided p-value of each Z."""
    return np.asarray(ndtr(-floats(z)))
