# SPDX-License-Identifier: Apache-2.0
"""Tail probabilities of the largest and the smallest of several correlated normal statistics."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import chdtrc, ndtri

from equipoise.statistics.observations import Floats

DIRECTIONS = 1 << 16
NEGLIGIBLE = 1e-9  # eigenvalues below this part of the largest are rounding
GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)


def largest_exceeds(correlation: Floats, size: float) -> float:
    """P(max |Z_i| >= size) of normal Z with mean 0.

    Parameters    correlation : (k, k), of any rank - the statistics may determine one another
    Notes         Z = L x with x of r = rank independent normals. In a direction u of x the box is
                  left at radius size / max |(L u)_i|, and |x|^2 is chi-square on r degrees of
                  freedom: p is the mean of its tail over directions spread evenly on the sphere.
                  Deterministic. Error below 1e-6 up to rank 3, and about 1e-4 beyond, less where
                  p is small. Four Fleming-Harrington statistics (0, 0), (1, 0), (0, 1), (1, 1) are
                  of rank 3: the first score is the sum of the next two.
    Source: Deak, Numer Math 1980;35:369-380 (probabilities by directions). Rank 3: the spiral of
            Gonzalez, Math Geosci 2010;42:49-64; above: Richtmyer's sequence.
    """
    root = factor(correlation)
    reach = np.abs(half_sphere(root.shape[1]) @ root.T).max(axis=1)
    return _mean_tail(root.shape[1], size / reach)


def smallest_below(correlation: Floats, low: float) -> float:
    """P(min Z_i <= low); the method and its source stand at `largest_exceeds`."""
    root = factor(correlation)
    ahead = half_sphere(root.shape[1]) @ root.T
    least = np.concatenate([ahead.min(axis=1), -ahead.max(axis=1)])  # and the other half
    if low < 0.0:
        leaves = least < 0.0
        return _mean_tail(root.shape[1], low / least[leaves]) * float(leaves.mean())
    inside = least > 0.0
    return 1.0 - _mean_tail(root.shape[1], low / least[inside]) * float(inside.mean())


def _mean_tail(rank: int, radius: Floats) -> float:
    return float(chdtrc(rank, radius * radius).mean()) if radius.size else 0.0


def factor(correlation: Floats) -> Floats:
    """L (k, r) with L L' = correlation, r its rank."""
    values, vectors = np.linalg.eigh(correlation)
    kept = values > NEGLIGIBLE * values[-1]
    root: Floats = vectors[:, kept] * np.sqrt(values[kept])
    return root


@cache
def half_sphere(rank: int) -> Floats:
    """Unit vectors (m, rank), one of each opposite pair, spread evenly over the sphere."""
    step = (np.arange(DIRECTIONS) + 0.5) / DIRECTIONS
    if rank == 1:
        return np.ones((1, 1))
    if rank == 2:
        return np.column_stack([np.cos(np.pi * step), np.sin(np.pi * step)])
    if rank == 3:  # equal steps of height are equal areas; longitudes turn by the golden angle
        turn = 2.0 * np.pi * np.mod(np.arange(DIRECTIONS) * GOLDEN, 1.0)
        across = np.sqrt(1.0 - step**2)
        return np.column_stack([across * np.cos(turn), across * np.sin(turn), step])
    points = np.mod(0.5 + np.arange(1, 2 * DIRECTIONS + 1)[:, None] * np.sqrt(PRIMES[:rank]), 1.0)
    normal = ndtri(np.clip(points, 1e-12, 1.0 - 1e-12))
    even: Floats = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    return even
