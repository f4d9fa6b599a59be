# SPDX-License-Identifier: Apache-2.0
"""MaxCombo over strata combined by their z statistics or by their estimates, not by their sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.max_combo import (
    MaxCombo,
    StratumScores,
    Weights,
    joint_test,
    stratum_scores,
    tabulate_two_groups,
)
from equipoise.statistics.observations import Floats, as_codes, fail


def max_combo_stratum_z(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    weights: Weights,
    stratum: ArrayLike,
) -> MaxCombo:
    """Joint test of FH(rho, gamma) statistics, each the weighted mean of its stratum z.

    Parameters    as `max_combo`, with a stratum for every subject
    Returns       MaxCombo
    Raises        MethodError - not two groups, or a stratum without information for one weight
    Notes         Z_i = sum_s sqrt(v_s) Z_is / sqrt(sum_s v_s), Z_is = U_is / sqrt(V_is), v_s the
                  variance of the plain log-rank score of stratum s; correlation
                  sum_s v_s corr_s(i, j) / sum_s v_s. For (0, 0) this is the stratified log-rank.
    Source: Magirr & Jimenez, Biom J 2023;65:2200126, section 2 ("Z-statistic scale").
    """
    parts = stratum_scores(tabulate_two_groups(time, event, group, stratum=stratum), weights)
    spread = _informative(parts)
    return _combine(weights, parts, np.sqrt(parts.logrank_variance)[:, None] / spread)


def max_combo_stratum_estimates(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    weights: Weights,
    stratum: ArrayLike,
) -> MaxCombo:
    """Joint test of FH(rho, gamma) statistics, each the size-weighted mean of stratum estimates.

    Parameters    as `max_combo`, with a stratum for every subject
    Returns       MaxCombo
    Raises        MethodError - not two groups, or a stratum without information for one weight
    Notes         Z_i = sum_s n_s U_is / V_is / sqrt(sum_s n_s^2 / V_is): U / V estimates the log
                  hazard ratio of the stratum, n_s is its number of subjects.
    Source: Magirr & Jimenez, Biom J 2023;65:2200126, section 2, with sample-size weights as
            strata.MaxCombo 0.0.1 (`SMCtest`, method 3) takes them.
    """
    parts = stratum_scores(tabulate_two_groups(time, event, group, stratum=stratum), weights)
    code = as_codes("stratum", stratum, np.size(time)).code
    size = np.bincount(code).astype(float)
    return _combine(weights, parts, size[:, None] / _informative(parts) ** 2)


def _informative(parts: StratumScores) -> Floats:
    """Standard errors (s, k) of the stratum scores; an error where one of them is 0."""
    spread: Floats = np.sqrt(np.einsum("skk->sk", parts.covariance))
    if not bool((spread > 0).all()):
        empty = np.flatnonzero(~(spread > 0).all(axis=1))
        raise fail(
            "a stratum holds no comparison for one of the weights.",
            f"argument stratum, level number {int(empty[0]) + 1} in sorted order",
            "join small strata, or sum them with max_combo.",
        )
    return spread


def _combine(weights: Weights, parts: StratumScores, factor: Floats) -> MaxCombo:
    """The joint test of scores multiplied by `factor` (s, k) before they are summed."""
    scaled = factor[:, :, None] * factor[:, None, :] * parts.covariance
    return joint_test(weights, (factor * parts.score).sum(axis=0), scaled.sum(axis=0))
