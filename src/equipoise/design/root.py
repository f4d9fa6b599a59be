# SPDX-License-Identifier: Apache-2.0
"""Where a continuous function of one number crosses zero."""

from __future__ import annotations

from collections.abc import Callable

from equipoise.errors import Fault, MethodError


def find_root(
    function: Callable[[float], float], low: float, high: float, *, what: str, tolerance: float
) -> float:
    """A point between `low` and `high` where `function` changes sign.

    Parameters    low, high : float - the function has opposite signs there, or is zero at one
                  what      : str - what is solved for, in the words of the error
                  tolerance : float - absolute width of the last bracket
    Returns       float
    Raises        MethodError - no change of sign between the two
    Notes         Chandrupatla's mixture of inverse quadratic interpolation and bisection.
    Source: Chandrupatla (1997) Advances in Engineering Software 28:145-149.
    """
    a, b = high, low
    fa, fb = function(a), function(b)
    if fa == 0:
        return a
    if fb == 0:
        return b
    if (fa > 0) == (fb > 0):
        raise MethodError(
            Fault(
                what=f"{what} has no answer between {low:g} and {high:g}",
                where=f"the criterion is {fb:.4g} at the one and {fa:.4g} at the other",
                mend="relax alpha, power or effect, or widen what may vary",
            )
        )
    c, fc, share = a, fa, 0.5
    for _ in range(200):
        x = a + share * (b - a)
        fx = function(x)
        if (fx > 0) == (fa > 0):
            c, fc = a, fa
        else:
            c, b, fc, fb = b, a, fb, fa
        a, fa = x, fx
        best = a if abs(fa) < abs(fb) else b
        limit = tolerance / max(abs(b - a), 1e-300)
        if limit > 1 or fa == 0:
            return float(best)
        share = min(max(_share(a, b, c, fa, fb, fc), limit / 2), 1 - limit / 2)
    return float(best)


def _share(a: float, b: float, c: float, fa: float, fb: float, fc: float) -> float:
    """How far from a towards b to look next: inverse quadratic where it is safe, else half way."""
    if fc in (fa, fb):
        return 0.5
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    if not (phi * phi < xi and (1 - phi) ** 2 < 1 - xi):
        return 0.5
    return fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
