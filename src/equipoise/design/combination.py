# SPDX-License-Identifier: Apache-2.0
"""Combination tests: stages joined by their p-values, so that the plan may change in between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri, ndtri

from equipoise.design.array import FloatArray, floats
from equipoise.design.root import find_root
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class FisherRule:
    """Two stages: stop for success at p1 <= `alpha1`, for futility at p1 > `alpha0`; at the end
    reject when p1 p2 <= `product`.
    """

    alpha1: float
    alpha0: float
    product: float


def inverse_normal_z(p: npt.ArrayLike, *, weights: npt.ArrayLike) -> FloatArray:
    """Combined Z after each stage from the stages' own one-sided p-values.

    Parameters    p       : (k,) float - one per stage, from that stage's new patients or events
                  weights : (K,) float - planned information of each stage, K at least k
    Returns       (k,) float - compare with group-sequential bounds planned at those weights
    Notes         Z_k = sum sqrt(w_j) z_j / sqrt(sum w_j); the weights never change
    Source: Lehmacher and Wassmer (1999) Biometrics 55:1286-1290, eq. 2.
    Proof: tests/reference/test_design_oracle.py, kind `adaptive`
    """
    z = -ndtri(floats(p))
    w = floats(weights)[: len(z)]
    return np.asarray(np.cumsum(np.sqrt(w) * z) / np.sqrt(np.cumsum(w)))


def fisher_rule(*, alpha: float, alpha0: float, alpha1: float | None = None) -> FisherRule:
    """Bauer and Koehne's two-stage rule.

    Parameters    alpha  : float - one-sided, overall
                  alpha0 : float - stop for futility above it; 1 never stops
                  alpha1 : float - early success level; absent: p1 alone at the product's level
    Raises        MethodError - alpha1 leaves nothing for the second stage, or exceeds alpha0
    Notes         alpha1 + product (ln alpha0 - ln alpha1) = alpha; with alpha1 absent the product
                  is exp(-chi2_(4, 1 - alpha) / 2) and alpha1 solves the equation
    Source: Bauer and Koehne (1994) Biometrics 50:1029-1041, eq. 3.
    """
    if alpha1 is None:
        product = float(np.exp(-chdtri(4, alpha) / 2))
        low = _solve_alpha1(alpha, alpha0, product)
        return FisherRule(low, alpha0, product)
    if not 0 < alpha1 < alpha < alpha0 <= 1:
        raise MethodError(
            Fault(
                what=f"alpha1 {alpha1:g}, alpha {alpha:g} and alpha0 {alpha0:g} are out of order",
                where="Fisher's combination test",
                mend="keep 0 < alpha1 < alpha < alpha0 <= 1",
            )
        )
    product = (alpha - alpha1) / float(np.log(alpha0) - np.log(alpha1))
    return FisherRule(alpha1, alpha0, min(product, alpha1))


def fisher_rejects(rule: FisherRule, p: npt.ArrayLike) -> bool:
    """Whether the stages so far, (1,) or (2,) p-values, reject."""
    value = floats(p)
    if value[0] <= rule.alpha1:
        return True
    if value[0] > rule.alpha0 or len(value) == 1:
        return False
    return bool(value[0] * value[1] <= rule.product)


def _solve_alpha1(alpha: float, alpha0: float, product: float) -> float:
    """alpha1 with alpha1 + product ln(alpha0 / alpha1) = alpha; the product where alpha0 is 1."""

    def size(alpha1: float) -> float:
        return alpha1 + product * float(np.log(alpha0 / alpha1)) - alpha

    if abs(size(product)) < 1e-12:
        return product
    return find_root(size, product, alpha, what="alpha1", tolerance=1e-12)
