# SPDX-License-Identifier: Apache-2.0
"""Contrasts of two arms beyond the log-rank test: RMST, MaxCombo, response. Readable, not fast.

All are oriented like the log-rank Z: below 0 favours the experimental arm when events are bad.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import multivariate_normal, norm

from equipoise.errors import Fault, MethodError
from equipoise.operating.plan import Floats
from equipoise.operating.reference import Flags, Snapshot


@dataclass(frozen=True, slots=True)
class Contrast:
    """An estimate (None where the method has none), Z and one-sided p for the experimental arm."""

    estimate: float | None
    se: float | None
    z: float
    p: float


def rmst_difference(data: Snapshot, *, tau: float) -> Contrast:
    """Restricted mean survival time to `tau` months, control minus experimental.

    Raises        MethodError - when an arm is not followed to `tau`
    Notes         RMST = area under Kaplan-Meier S up to tau; its variance is
                  sum over events t_i of (area from t_i to tau)^2 d_i / (n_i (n_i - d_i)).
    Source: Klein and Moeschberger, Survival Analysis, 2nd edition, 2003, equations 4.5.1 and 4.5.3
    (without the factor for a last event).   Proof: tests/reference/contrasts_r.yaml
    """
    means, variances = zip(*(_rmst(data, arm, tau) for arm in (0, 1)), strict=True)
    difference, se = means[0] - means[1], math.sqrt(sum(variances))
    return Contrast(difference, se, difference / se, float(norm.cdf(difference / se)))


def _rmst(data: Snapshot, arm: int, tau: float) -> tuple[float, float]:
    own = data.arm == arm
    time, event = data.time[own], data.event[own]
    if time.max() < tau and not event[time == time.max()].any():
        raise MethodError(
            Fault(
                what=f"No patient of arm {arm} is followed to {tau} months.",
                where=f"data cut at {data.cut:.2f} months",
                mend="choose a smaller tau, or a later look.",
            )
        )
    points = np.unique(time[event & (time <= tau)])
    at_risk = np.array([np.sum(time >= t) for t in points])
    deaths = np.array([np.sum(event & (time == t)) for t in points])
    survival = np.concatenate([[1.0], np.cumprod(1 - deaths / at_risk)])
    areas = survival * np.diff(np.concatenate([[0.0], points, [tau]]))
    after = np.cumsum(areas[::-1])[::-1][1:]  # area from each event to tau
    terms = np.where(at_risk > deaths, deaths / (at_risk * np.maximum(at_risk - deaths, 1)), 0.0)
    return float(areas.sum()), float(np.sum(after**2 * terms))


def fleming_harrington(data: Snapshot, *, rho: float, gamma: float) -> float:
    """Weighted log-rank Z with weights S(t-)^rho (1 - S(t-))^gamma of the pooled Kaplan-Meier."""
    scores, covariance = _weighted(data, ((rho, gamma),))
    return float(scores[0] / math.sqrt(covariance[0, 0]))


def maxcombo(data: Snapshot, *, weights: tuple[tuple[float, float], ...]) -> Contrast:
    """The most extreme of several Fleming-Harrington tests, with their joint normal p value.

    Parameters    weights : (rho, gamma) of each test
    Notes         Cov(G_k, G_l) = sum over events of w_k w_l times the hypergeometric variance.
                  With three or more weights p is integrated by quasi-Monte-Carlo, to about 1e-4,
                  always from the same points.
    Source: Lee, Biostatistics 2007, section 2; Karrison, Stata Journal 2016, equation 2.
    """
    scores, covariance = _weighted(data, weights)
    sd = np.sqrt(np.diag(covariance))
    z = float(np.min(scores / sd))
    below = multivariate_normal.cdf(
        np.full(len(weights), -z),
        cov=covariance / np.outer(sd, sd),
        allow_singular=True,
        abseps=1e-4,
        releps=1e-4,
        maxpts=50_000,
        rng=np.random.default_rng(0),
    )
    return Contrast(None, None, z, 1.0 - float(below))


def _weighted(data: Snapshot, weights: tuple[tuple[float, float], ...]) -> tuple[Floats, Floats]:
    """Score of each weighted test, and their covariance."""
    before = _pooled_survival_before(data.time, data.event)
    scores, covariance = np.zeros(len(weights)), np.zeros((len(weights), len(weights)))
    for t, survival in before.items():
        here = data.event & (data.time == t)
        n, n1 = np.sum(data.time >= t), np.sum(data.arm[data.time >= t])
        d, d1 = np.sum(here), np.sum(data.arm[here])
        w = np.array([survival**rho * (1 - survival) ** gamma for rho, gamma in weights])
        scores += w * (d1 - d * n1 / n)
        variance = d * (n1 / n) * (1 - n1 / n) * (n - d) / max(n - 1, 1)
        covariance += np.outer(w, w) * variance
    return scores, covariance


def _pooled_survival_before(time: Floats, event: Flags) -> dict[float, float]:
    """S(t-) of both arms together at each event time."""
    survival, before = 1.0, {}
    for t in np.unique(time[event]):
        before[float(t)] = survival
        survival *= 1 - np.sum(event & (time == t)) / np.sum(time >= t)
    return before


def response_difference(data: Snapshot) -> Contrast:
    """Response rate, control minus experimental: unpooled standard error, pooled Z."""
    n = [int(np.sum(data.arm == arm)) for arm in (0, 1)]
    rates = [float(np.mean(data.response[data.arm == arm])) for arm in (0, 1)]
    pooled = float(np.mean(data.response))
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
    se = math.sqrt(sum(r * (1 - r) / m for r, m in zip(rates, n, strict=True)))
    difference = rates[0] - rates[1]
    z = difference / spread if spread > 0 else 0.0
    return Contrast(difference, se, z, float(norm.cdf(z)))
