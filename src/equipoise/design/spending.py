# SPDX-License-Identifier: Apache-2.0
"""Spending functions: how much error may be used up by each fraction of the information."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from equipoise.design.array import BoolArray, FloatArray, floats
from equipoise.errors import Fault, MethodError

Spending = Callable[[npt.ArrayLike, float], FloatArray]
"""Information fractions (K,) and the total error -> cumulative error spent (K,)."""


def obrien_fleming_spending(fraction: npt.ArrayLike, error: float) -> FloatArray:
    """Lan-DeMets spending of the O'Brien-Fleming type, one-sided.

    Parameters    fraction : (K,) float - information fraction t, 0 < t; above 1 counts as 1
                  error    : float - total error, one-sided
    Returns       (K,) float - cumulative error 2 - 2 Phi(z_{error/2} / sqrt(t))
    Source: Lan and DeMets (1983) Biometrika 70:659-663, alpha_1*.
    Proof: tests/reference/design_group_sequential.yaml
    """
    t = _clip(fraction)
    return np.asarray(2 * ndtr(ndtri(error / 2) / np.sqrt(t)))


def pocock_spending(fraction: npt.ArrayLike, error: float) -> FloatArray:
    """Lan-DeMets spending of the Pocock type: error x ln(1 + (e - 1) t).

    Source: Lan and DeMets (1983) Biometrika 70:659-663, alpha_2*.
    """
    return np.asarray(error * np.log1p((np.e - 1) * _clip(fraction)))


def kim_demets_spending(rho: float) -> Spending:
    """Kim-DeMets power family: error x t^rho, rho > 0.

    Source: Kim and DeMets (1987) Biometrika 74:149-154.
    """
    if not rho > 0:
        raise _parameter("rho", rho, "rho > 0; 3 is close to O'Brien-Fleming, 1 to Pocock")

    def spend(fraction: npt.ArrayLike, error: float) -> FloatArray:
        return np.asarray(error * _clip(fraction) ** rho)

    return spend


def hwang_shih_decani_spending(gamma: float) -> Spending:
    """Hwang-Shih-DeCani gamma family: error x (1 - e^(-gamma t)) / (1 - e^(-gamma)).

    gamma = -4 is close to O'Brien-Fleming, 1 to Pocock; 0 spends error x t.
    Source: Hwang, Shih and DeCani (1990) Statistics in Medicine 9:1439-1445.
    """

    def spend(fraction: npt.ArrayLike, error: float) -> FloatArray:
        t = _clip(fraction)
        if gamma == 0:
            return np.asarray(error * t)
        return np.asarray(error * np.expm1(-gamma * t) / np.expm1(-gamma))

    return spend


def user_spending(fractions: npt.ArrayLike, shares: npt.ArrayLike) -> Spending:
    """Spending given as points, straight between them: share of the error at each fraction.

    Parameters    fractions : (m,) float - increasing, the last 1
                  shares    : (m,) float - cumulative share of the error, not decreasing, last 1
    Raises        MethodError - the points do not describe a spending function
    """
    t, share = np.append(0.0, floats(fractions)), np.append(0.0, floats(shares))
    if np.any(np.diff(t) <= 0) or np.any(np.diff(share) < 0) or t[-1] != 1 or share[-1] != 1:
        raise MethodError(
            Fault(
                what="these points are no spending function",
                where=f"fractions {t[1:].tolist()}, shares {share[1:].tolist()}",
                mend="fractions increase to 1, shares do not decrease and end at 1",
            )
        )

    def spend(fraction: npt.ArrayLike, error: float) -> FloatArray:
        return np.asarray(error * np.interp(_clip(fraction), t, share))

    return spend


def hold_spending(spent: npt.ArrayLike, *, allowed: npt.ArrayLike) -> FloatArray:
    """Cumulative error when only some looks may stop; what is held back is spent at the next one.

    Parameters    spent   : (K,) float - cumulative error by the spending function
                  allowed : (K,) bool - whether the look may stop for this reason
    """
    error, may = floats(spent), np.asarray(allowed, dtype=bool)
    return np.asarray(np.maximum.accumulate(np.where(may, error, 0.0)))


def check_spent(spent: FloatArray, what: str) -> BoolArray:
    """Which looks spend anything; raises MethodError where cumulative error decreases."""
    if np.any(np.diff(spent, prepend=0.0) < -1e-15) or spent[-1] >= 1 or spent[-1] <= 0:
        raise MethodError(
            Fault(
                what=f"{what} cannot be spent as given",
                where=f"cumulative {what} {np.array2string(spent, precision=5)}",
                mend="cumulative error never decreases and ends between 0 and 1",
            )
        )
    return np.asarray(np.diff(spent, prepend=0.0) > 1e-15)


def _clip(fraction: npt.ArrayLike) -> FloatArray:
    t = floats(fraction)
    if np.any(~(t > 0)):
        raise _parameter("information fraction", float(t.min()), "fractions above 0")
    return np.minimum(t, 1.0)


def _parameter(name: str, value: float, allowed: str) -> MethodError:
    return MethodError(
        Fault(
            what=f"{name} {value:g} is not allowed",
            where="spending function",
            mend=f"use {allowed}",
        )
    )
