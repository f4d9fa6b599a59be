# SPDX-License-Identifier: Apache-2.0
"""Roots of monotone functions, exact to rounding and never lost."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

EPS = float(np.finfo(float).eps)


def sign_change(function: Callable[[float], float], low: float, high: float) -> float:
    """The point of [low, high] where `function` changes sign; low or high when it does not.

    NaN counts as negative. Brent's method comes near the root in a few steps; halving what lies
    between neighbours of that place with different signs reaches the spacing of doubles, as
    halving from the start would, with a quarter of the evaluations.
    Source: Brent, Algorithms for Minimization without Derivatives (1973), chapter 4 (scipy).
    """
    at_low = function(low) > 0
    if (function(high) > 0) == at_low:
        return high

    def finite(x: float) -> float:
        """The arc tangent, which has the same sign and a value at infinity."""
        angle = math.atan(function(x))
        return angle if angle == angle else -1.0

    near = brentq(finite, low, high, xtol=1e-300, rtol=4 * EPS, maxiter=100, disp=False)
    low, high = _around(near, function, low, high, at_low=at_low)
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if (function(middle) > 0) == at_low:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _around(
    near: float, function: Callable[[float], float], low: float, high: float, *, at_low: bool
) -> tuple[float, float]:
    """The smallest of ever wider neighbourhoods of `near` at whose ends the signs differ."""
    step = 2 * float(np.spacing(abs(near)))
    while True:
        left, right = max(low, near - step), min(high, near + step)
        from_left = left == low or (function(left) > 0) == at_low
        from_right = right == high or (function(right) > 0) != at_low
        if from_left and from_right:
            return left, right
        step *= 16
