# SPDX-License-Identifier: Apache-2.0
"""MaxCombo: the largest of several Fleming-Harrington statistics, with its joint p-value."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.logrank import RiskTable, tabulate_risk
from equipoise.statistics.multivariate_normal import largest_exceeds, smallest_below
from equipoise.statistics.observations import Floats, fail
from equipoise.statistics.states import State
from equipoise.statistics.weighted_logrank import fleming_harrington_weights, weigh_strata

MOST_WEIGHTS = 12

Weights = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class MaxCombo:
    """Statistics z (k,) of the second group (negative favours it), their correlation (k, k).

    p: two-sided, P(max |Z| >= max |z|); p_one_sided: P(min Z <= min z), for the second group.
    """

    weights: Weights
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
    weights: Weights,
    stratum: ArrayLike | None = None,
) -> MaxCombo:
    """Joint test of FH(rho, gamma) statistics; U and V are summed over strata.

    `stratified_max_combo.py` combines the strata in two other ways.

    Source: Lee, Stat Med 1996;15:2557; Lin et al., Stat Biopharm Res 2020;12:187-198.
    """
    table = tabulate_two_groups(time, event, group, stratum=stratum)
    parts = stratum_scores(table, weights)
    return joint_test(weights, parts.score.sum(axis=0), parts.covariance.sum(axis=0))


@dataclass(frozen=True, slots=True)
class StratumScores:
    """Per stratum: score U (s, k) of each weight, its covariance (s, k, k), log-rank variance."""

    score: Floats
    covariance: Floats
    logrank_variance: Floats


def tabulate_two_groups(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, *, stratum: ArrayLike | None
) -> RiskTable:
    """The risk table of exactly two groups; MethodError otherwise."""
    table = tabulate_risk(time, event, group, stratum=stratum)
    if len(table.labels) != 2:
        raise fail("MaxCombo compares two groups.", "argument group", "drop other arms.")
    return table


def stratum_scores(table: RiskTable, weights: Weights) -> StratumScores:
    """U = sum w (d_1 - d n_1 / n) and cov(U_i, U_j) = sum w_i w_j v of the second group."""
    if not weights or len(weights) > MOST_WEIGHTS:
        raise fail(
            f"MaxCombo joins 1 to {MOST_WEIGHTS} pairs of rho and gamma; found {len(weights)}.",
            "argument weights",
            "for instance ((0, 0), (0, 1), (1, 0), (1, 1)).",
        )
    n, n1 = table.at_risk.sum(axis=1).astype(float), table.at_risk[:, 1]
    d, d1 = table.events.sum(axis=1), table.events[:, 1]
    w = np.stack([weigh_strata(table, fleming_harrington_weights(*pair)) for pair in weights])
    share = n1 / n
    spread = d * share * (1 - share) * np.where(n > 1, (n - d) / np.maximum(n - 1, 1), 0.0)
    cuts = list(pairwise(table.offsets))
    return StratumScores(
        np.array([w[:, a:b] @ (d1 - d * share)[a:b] for a, b in cuts]),
        np.array([(w * spread)[:, a:b] @ w[:, a:b].T for a, b in cuts]),
        np.array([spread[a:b].sum() for a, b in cuts]),
    )


def joint_test(weights: Weights, score: Floats, covariance: Floats) -> MaxCombo:
    """The largest |z| of scores (k,) with covariance (k, k) against the normal they share."""
    scale = np.sqrt(np.diag(covariance))
    nan = float("nan")
    if not bool((scale > 0).all()):
        why = "one of the statistics has no variance"
        empty = np.full(len(weights), nan)
        return MaxCombo(weights, empty, covariance, nan, nan, State.NE, why)
    z = score / scale
    correlation = covariance / np.outer(scale, scale)
    size = float(np.abs(z).max())
    p, one_sided = largest_exceeds(correlation, size), smallest_below(correlation, float(z.min()))
    return MaxCombo(weights, z, correlation, p, one_sided, State.OK, "")
