# SPDX-License-Identifier: Apache-2.0
"""Roots of monotone functions by bisection, exact to rounding and never lost."""

from __future__ import annotations

from collections.abc import Callable


def bisect(function: Callable[[float], float], low: float, high: float) -> float:
    """The point of [low, high] where `function` changes sign; low or high when it does not.

    NaN counts as the sign at `low`. 200 halvings reach the spacing of doubles.
    """
    at_low = function(low) > 0
    if (function(high) > 0) == at_low:
        return high
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if (function(middle) > 0) == at_low:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
