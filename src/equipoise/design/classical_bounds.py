# SPDX-License-Identifier: Apache-2.0
"""Bounds of one shape: Wang-Tsiatis with Pocock and O'Brien-Fleming as members; Haybittle-Peto."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from equipoise.design.array import FloatArray, floats
from equipoise.design.boundaries import Bounds, bound_above
from equipoise.design.recursion import Walk, begin, carry_on, crossing_probabilities, make_walk
from equipoise.design.root import find_root
from equipoise.errors import Fault, MethodError

POCOCK_SHAPE = 0.5
OBRIEN_FLEMING_SHAPE = 0.0


def wang_tsiatis_bounds(fraction: npt.ArrayLike, *, alpha: float, shape: float) -> Bounds:
    """One-sided bounds c t^(shape - 1/2).

    Parameters    fraction : (K,) float - information fractions, the last 1
                  alpha    : float - one-sided
                  shape    : float - Delta of the source: 0 O'Brien-Fleming, 1/2 Pocock
    Returns       Bounds - lower is -inf
    Source: Wang and Tsiatis (1987) Biometrics 43:193-199, eq. 2.1.
    Proof: tests/reference/design_group_sequential.yaml
    """
    t = floats(fraction)
    form = t ** (shape - 0.5)
    none = np.full(len(t), -np.inf)
    return _scaled(t, alpha, form, lambda _: none)


def wang_tsiatis_two_sided_bounds(fraction: npt.ArrayLike, *, alpha: float, shape: float) -> Bounds:
    """Symmetric bounds: reject in either direction at |Z| >= c t^(shape - 1/2).

    Parameters    alpha : float - two-sided
    Returns       Bounds - `lower` = -`upper` rejects in favour of the control; `alpha` is one-sided
    """
    t = floats(fraction)
    return _scaled(t, alpha / 2, t ** (shape - 0.5), lambda upper: -upper)


def haybittle_peto_bounds(fraction: npt.ArrayLike, *, alpha: float, interim_z: float) -> Bounds:
    """The same extreme bound at every interim look, the last one solved for the size.

    Parameters    interim_z : float - usually 3 (Haybittle) or 3.29 (Peto)
    Raises        MethodError - the interim looks alone spend more than alpha
    Source: Haybittle (1971) British Journal of Radiology 44:793-797; Peto et al. (1976).
    """
    t = floats(fraction)
    none = np.full(len(t), -np.inf)
    upper = np.full(len(t), float(interim_z))
    walk = make_walk(0.0, t)
    crossed = crossing_probabilities(walk, upper=upper, lower=none).upper
    spent = float(crossed[:-1].sum())
    if spent >= alpha:
        raise MethodError(
            Fault(
                what=f"interim bounds of {interim_z:g} spend {spent:.4g}, alpha is {alpha:g}",
                where="Haybittle-Peto bounds",
                mend=f"take interim bounds of {_least_interim_z(walk, none, alpha):.2f} or more, "
                "or plan fewer looks",
            )
        )
    state = begin(walk)
    for look in range(len(t) - 1):
        state = carry_on(walk, look, state, -np.inf, interim_z)
    upper[-1] = bound_above(walk, len(t) - 1, state, alpha - spent)
    return Bounds(t, upper, none, np.append(np.cumsum(crossed[:-1]), alpha))


def _least_interim_z(walk: Walk, none: FloatArray, alpha: float) -> float:
    """The lowest interim bound that leaves a fifth of alpha to the end, rounded up."""

    def over(interim_z: float) -> float:
        upper = np.full(len(none), interim_z)
        crossed = crossing_probabilities(walk, upper=upper, lower=none).upper
        return float(crossed[:-1].sum()) - 0.8 * alpha

    found = find_root(over, 0.0, 8.0, what="the interim bound", tolerance=1e-4)
    return float(np.ceil(100 * found) / 100)


def _scaled(
    t: FloatArray, alpha: float, form: FloatArray, mirror: Callable[[FloatArray], FloatArray]
) -> Bounds:
    """The constant c for which bounds c x form have one-sided size alpha."""
    walk = make_walk(0.0, t)

    def size(constant: float) -> FloatArray:
        upper = constant * form
        return crossing_probabilities(walk, upper=upper, lower=mirror(upper)).upper

    constant = find_root(
        lambda c: float(np.log(size(c).sum() / alpha)),
        0.5,
        8.0,
        what="the constant of the bounds",
        tolerance=1e-10,
    )
    upper = constant * form
    return Bounds(t, upper, mirror(upper), np.cumsum(size(constant)))
