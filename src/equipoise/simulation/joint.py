# SPDX-License-Identifier: Apache-2.0
"""Uniform draws made to go together: a Gaussian copula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from equipoise.protocol.model import Correlation
from equipoise.simulation.streams import FloatArray


def correlate(
    uniforms: Mapping[str, FloatArray], correlations: Sequence[Correlation]
) -> dict[str, FloatArray]:
    """The draws of each variable, uniform as before, with the correlations of normal scores asked.

    Parameters    uniforms : (subjects,) inside (0, 1) for each variable, independent
    Notes         With R = L L' the correlation matrix and z the normal scores, u' = Phi(L z)
                  (Nelsen: An Introduction to Copulas, 2nd ed. 2006, section 2.3 and 2.9).
    """
    joined = sorted({name for item in correlations for name in item.between})
    if not joined:
        return dict(uniforms)
    lower = np.linalg.cholesky(correlation_matrix(joined, correlations))
    scores = lower @ ndtri(np.stack([uniforms[name] for name in joined]))
    return {**uniforms, **dict(zip(joined, inside(ndtr(scores)), strict=True))}


def correlation_matrix(names: Sequence[str], correlations: Sequence[Correlation]) -> FloatArray:
    """The matrix of `names`; pairs that are not stated are uncorrelated."""
    matrix = np.eye(len(names))
    for item in correlations:
        one, other = (names.index(name) for name in item.between)
        matrix[one, other] = matrix[other, one] = item.normal_scores
    return matrix


def follow(leader: FloatArray, uniform: FloatArray, correlation: float) -> FloatArray:
    """Draws whose normal scores have this correlation with those of `leader`; both (subjects,)."""
    if correlation == 0:
        return uniform
    rest = np.sqrt(1 - correlation**2)
    return inside(ndtr(correlation * ndtri(leader) + rest * ndtri(uniform)))


def inside(uniform: FloatArray) -> FloatArray:
    """Held off 0 and 1, which have no normal score and no logarithm."""
    return np.asarray(np.clip(uniform, 2.0**-54, 1 - 2.0**-53))
