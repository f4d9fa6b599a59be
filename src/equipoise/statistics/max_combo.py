# SPDX-License-Identifier: Apache-2.0
"""MaxCombo: the largest of several Fleming-Harrington statistics, with its joint p-value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from equipoise.statistics.logrank import tabulate_risk
from equipoise.statistics.observations import Floats, fail
from equipoise.statistics.states import State
from equipoise.statistics.weighted_logrank import fleming_harrington_weights, weigh_strata

LATTICE = 1 << 17


@dataclass(frozen=True, slots=True)
class MaxCombo:
    """Statistics z (k,) of the second group (negative favours it), their correlation (k, k).

    p: two-sided, P(max |Z| >= max |z|); p_one_sided: P(min Z <= min z), for the second group.
    """

    weights: tuple[tuple[float, float], ...]
    z: Floats
    correlation: Floats
    p: float
    p_one_sided: float
    state: State
    reason: str


def max_combo(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    weights: tuple[tuple[float, float], ...],
    stratum: ArrayLike | None = None,
) -> MaxCombo:
    """Joint test of FH(rho, gamma) statistics; U and V are summed over strata.

    Source: Lee, Stat Med 1996;15:2557; Lin et al., Stat Biopharm Res 2020;12:187-198.
    """
    table = tabulate_risk(time, event, group, stratum=stratum)
    if len(table.labels) != 2:
        raise fail("MaxCombo compares two groups.", "argument group", "drop other arms.")
    n, n1 = table.at_risk.sum(axis=1).astype(float), table.at_risk[:, 1]
    d, d1 = table.events.sum(axis=1), table.events[:, 1]
    w = np.stack([weigh_strata(table, fleming_harrington_weights(*pair)) for pair in weights])
    share = n1 / n
    spread = d * share * (1 - share) * np.where(n > 1, (n - d) / np.maximum(n - 1, 1), 0.0)
    covariance = (w * spread) @ w.T
    scale = np.sqrt(np.diag(covariance))
    nan = float("nan")
    if not bool((scale > 0).all()):
        why = "one of the statistics has no variance"
        empty = np.full(len(weights), nan)
        return MaxCombo(weights, empty, covariance, nan, nan, State.NE, why)
    z = (w @ (d1 - d * share)) / scale
    correlation = covariance / np.outer(scale, scale)
    size = float(np.abs(z).max())
    inside = box_probability(correlation, -size, size)
    above = box_probability(correlation, float(z.min()), float("inf"))
    return MaxCombo(weights, z, correlation, 1.0 - inside, 1.0 - above, State.OK, "")


def box_probability(correlation: Floats, low: float, high: float) -> float:
    """P(all low < Z_i < high) of a multivariate normal, by Genz's transform on a fixed lattice.

    Deterministic; error below about 1e-6. Source: Genz, J Comput Graph Stat 1992;1:141-149.
    """
    k = correlation.shape[0]
    values, vectors = np.linalg.eigh(correlation)
    safe = (vectors * np.maximum(values, 1e-12)) @ vectors.T
    root = np.linalg.cholesky(safe)
    primes = np.array([2, 3, 5, 7, 11, 13, 17, 19, 23, 29][: max(k - 1, 1)])
    index = np.arange(1, LATTICE + 1)[:, None]
    points = np.abs(2 * np.modf(index * np.sqrt(primes))[0] - 1)
    start, end = ndtr(low / root[0, 0]), ndtr(high / root[0, 0])
    total = np.full(LATTICE, end - start)
    begin, width = np.full(LATTICE, start), np.full(LATTICE, end - start)
    y = np.zeros((LATTICE, k))
    for i in range(1, k):
        y[:, i - 1] = ndtri(np.clip(begin + points[:, i - 1] * width, 1e-16, 1 - 1e-16))
        shift = y[:, :i] @ root[i, :i]
        begin = ndtr((low - shift) / root[i, i])
        width = ndtr((high - shift) / root[i, i]) - begin
        total = total * width
    return float(total.mean())
