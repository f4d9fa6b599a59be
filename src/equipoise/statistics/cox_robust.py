# SPDX-License-Identifier: Apache-2.0
"""Robust (sandwich) variance of a Cox model, by row or by cluster, and the robust score test."""

from __future__ import annotations

import numpy as np

from equipoise.statistics.cox_newton import Maximum
from equipoise.statistics.cox_residuals import score_rows
from equipoise.statistics.cox_rows import CoxRows
from equipoise.statistics.normal import ChiSquare, chi_square
from equipoise.statistics.observations import Floats, Ints


def robust_covariance(
    rows: CoxRows, top: Maximum, cluster: Ints | None
) -> tuple[Floats, ChiSquare]:
    """V B V with B the sum over clusters of the squared summed weighted score residuals.

    Returns the covariance (p, p), NaN for undetermined columns, and the score test at beta = 0
    with the same B. cluster (n,) codes in sorted order; None makes each row its own cluster.
    Source: Lin & Wei, JASA 1989;84:1074-1078, eq. 2.6; Wei, Lin & Weissfeld 1989.
    """
    p = rows.x.shape[1]
    used = top.used
    covariance = np.full((p, p), np.nan)
    if used.size == 0:
        return covariance, chi_square(float("nan"), 0)
    bread = top.covariance[np.ix_(used, used)]
    leverage = _by_cluster(rows, top.beta, cluster)[:, used] @ bread
    covariance[np.ix_(used, used)] = leverage.T @ leverage
    at_null = _by_cluster(rows, np.zeros(p), cluster)[:, used]
    score = at_null.sum(axis=0)
    statistic = float(score @ np.linalg.lstsq(at_null.T @ at_null, score)[0])
    return covariance, chi_square(statistic, int(used.size))


def _by_cluster(rows: CoxRows, beta: Floats, cluster: Ints | None) -> Floats:
    residual = score_rows(rows, beta)
    if rows.weight.size:
        residual = residual * rows.weight[:, None]
    if cluster is None:
        return residual
    summed = np.zeros((int(cluster.max()) + 1, residual.shape[1]))
    np.add.at(summed, cluster, residual)
    return summed
