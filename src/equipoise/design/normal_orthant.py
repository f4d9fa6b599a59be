# SPDX-License-Identifier: Apache-2.0
"""P(all X_i < c_i) for a multivariate normal of a few dimensions, by iterated integration."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from equipoise.design.array import FloatArray, floats

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)


def orthant_probability(
    upper: npt.ArrayLike, *, mean: npt.ArrayLike, correlation: FloatArray
) -> float:
    """P(X_1 < upper_1, ..., X_m < upper_m), X normal with unit variances.

    Parameters    upper, mean : (m,) float
                  correlation : (m, m) float - positive definite; m up to 4
    Returns       float - exact to about 1e-8 while no correlation exceeds 0.98
    Notes         X = mean + L e with L the Cholesky factor; the last e is integrated in closed
                  form, the others by 40 Gauss-Legendre nodes each.
    Source: Genz (1992) Journal of Computational and Graphical Statistics 1:141-149, eq. 2-4.
    """
    top = floats(upper) - floats(mean)
    factor = np.linalg.cholesky(correlation)
    e = np.zeros((1, 0))
    mass = np.ones(1)
    for i in range(len(top) - 1):
        limit = np.clip((top[i] - e @ factor[i, :i]) / factor[i, i], -8.0, 8.0)
        half = (limit + 8.0) / 2
        nodes = -8.0 + half[:, None] * (1 + _NODES)
        density = np.exp(-0.5 * nodes**2) / np.sqrt(2 * np.pi) * half[:, None] * _WEIGHTS
        mass = (mass[:, None] * density).ravel()
        e = np.column_stack([np.repeat(e, len(_NODES), axis=0), nodes.ravel()])
    last = len(top) - 1
    return float(mass @ ndtr((top[last] - e @ factor[last, :last]) / factor[last, last]))
