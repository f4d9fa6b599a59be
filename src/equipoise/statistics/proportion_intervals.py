# SPDX-License-Identifier: Apache-2.0
"""Rarer intervals of one proportion: Blaker, likelihood ratio, skewness-corrected score, strata."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc

from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import Floats, check_probability
from equipoise.statistics.proportion import Proportion, check_counts, clopper_pearson
from equipoise.statistics.roots import sign_change


def _single(x: int, n: int, low: float, high: float, conf_level: float, name: str) -> Proportion:
    return Proportion(np.asarray(x / n), np.asarray(low), np.asarray(high), conf_level, name)


def blaker(x: int, n: int, *, conf_level: float) -> Proportion:
    """Exact interval from the acceptability of each p. Source: Blaker, Can J Stat 2000;28:783.

    The limits are the outermost accepted values, found on a grid of 2e-5 and then by bisection.
    """
    check_counts(x, n)
    alpha = 1 - check_probability("conf_level", conf_level)
    outer = clopper_pearson(x, n, conf_level=conf_level)
    p_hat = x / n
    low, high = 0.0, 1.0
    if x > 0:
        grid = np.linspace(float(outer.lower), p_hat, 20001)
        first = int(np.argmax(_acceptability(x, n, grid) > alpha))
        low = _edge(x, n, float(grid[max(first - 1, 0)]), float(grid[first]), alpha)
    if x < n:
        grid = np.linspace(float(outer.upper), p_hat, 20001)
        first = int(np.argmax(_acceptability(x, n, grid) > alpha))
        high = _edge(x, n, float(grid[max(first - 1, 0)]), float(grid[first]), alpha)
    return _single(x, n, low, high, conf_level, "Blaker")


def _edge(x: int, n: int, outside: float, inside: float, alpha: float) -> float:
    return sign_change(
        lambda p: float(_acceptability(x, n, np.array([p]))[0]) - alpha, outside, inside
    )


def _tails(k: Floats, n: int, p: Floats) -> tuple[Floats, Floats]:
    """P(X >= k) and P(X <= k) at each p."""
    above = np.where(k > 0, betainc(np.maximum(k, 1), n - k + 1, p), 1.0)
    below = np.where(k < n, 1.0 - betainc(k + 1, np.maximum(n - k, 1), p), 1.0)
    return above, below


def _acceptability(x: int, n: int, p: Floats) -> Floats:
    k = np.arange(n + 1.0)[:, None]
    above, below = _tails(k, n, p[None, :])
    here_above, here_below = above[x], below[x]
    small = np.minimum(here_above, here_below)
    # add the largest opposite tail that is no bigger than the observed one
    low_side = np.where(below <= small * (1 + 1e-9), below, 0.0).max(axis=0)
    high_side = np.where(above <= small * (1 + 1e-9), above, 0.0).max(axis=0)
    other = np.where(here_above < here_below, low_side, high_side)
    total: Floats = np.minimum(small + other, 1.0)
    return total


def likelihood_ratio(x: int, n: int, *, conf_level: float) -> Proportion:
    """Where twice the drop of the log-likelihood is the chi-square. Source: Brown et al. 2001."""
    check_counts(x, n)
    drop = critical_value(conf_level) ** 2 / 2

    def loglik(p: float) -> float:
        return float((x * np.log(p) if x else 0.0) + ((n - x) * np.log1p(-p) if x < n else 0.0))

    tiny = 1e-15
    top = loglik(x / n)
    low = sign_change(lambda p: loglik(p) - top + drop, tiny, x / n) if x else 0.0
    high = sign_change(lambda p: loglik(p) - top + drop, x / n, 1 - tiny) if x < n else 1.0
    return _single(x, n, low, high, conf_level, "likelihood ratio")


def _score_z(x: Floats, n: Floats, weight: Floats, p: float, skewed: bool) -> float:
    share = weight / weight.sum()
    top = float((share * (x / n - p)).sum())
    variance = float((share**2 * p * (1 - p) / n).sum())
    third = float((share**3 * p * (1 - p) * (1 - 2 * p) / n**2).sum())
    skew = third / (6 * variance**1.5)
    z = top / float(np.sqrt(variance))
    inside = 1 + 4 * skew * (z + skew)
    if not skewed or abs(skew) < 1e-12 or inside < 0:
        return z
    return float((-1 + np.sqrt(inside)) / (2 * skew))


def stratified_score(
    x: ArrayLike, n: ArrayLike, *, weights: ArrayLike, conf_level: float
) -> Proportion:
    """Score interval of a weighted proportion over strata.

    Source: Laud, Pharm Stat 2017;16:334-348, sections 2.2 and 2.6, without skewness correction.
    """
    count, total = check_counts(x, n)
    count, total = np.atleast_1d(count), np.atleast_1d(total)
    weight = np.atleast_1d(np.asarray(weights, float))
    low, high = _score_limits(count, total, weight, conf_level, skewed=False)
    estimate = float((weight * count / total).sum() / weight.sum())
    value, lower, upper = np.asarray(estimate), np.asarray(low), np.asarray(high)
    return Proportion(value, lower, upper, conf_level, "stratified score")


def skewness_corrected_score(x: int, n: int, *, conf_level: float) -> Proportion:
    """Score interval of one proportion, corrected for skewness. Source: Laud 2017, section 2.2."""
    check_counts(x, n)
    arrays = (np.array([float(x)]), np.array([float(n)]), np.ones(1))
    low, high = _score_limits(*arrays, conf_level, skewed=True)
    return _single(x, n, low, high, conf_level, "skewness-corrected score")


def _score_limits(
    x: Floats, n: Floats, weight: Floats, conf_level: float, *, skewed: bool
) -> tuple[float, float]:
    z, tiny = critical_value(conf_level), 1e-12
    low = sign_change(lambda p: _score_z(x, n, weight, p, skewed) - z, tiny, 1 - tiny)
    high = sign_change(lambda p: _score_z(x, n, weight, p, skewed) + z, tiny, 1 - tiny)
    return (low if x.sum() else 0.0), (high if bool((x < n).any()) else 1.0)
