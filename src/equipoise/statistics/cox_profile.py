# SPDX-License-Identifier: Apache-2.0
"""Profile-likelihood limits of one coefficient of a Cox model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.statistics.cox import CoxFit
from equipoise.statistics.cox_rows import CoxRows, likelihood
from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import Floats, fail

PRECISION = 1e-11
MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class ProfileLimits:
    """Limits on the log hazard ratio scale; infinite on a side where the likelihood never drops."""

    lower: float
    upper: float
    conf_level: float


def profile_limits(fit: CoxFit, term: int, *, conf_level: float) -> ProfileLimits:
    """Where twice the drop of the log-likelihood, maximised over the rest, is the chi-square.

    Useful when a coefficient is infinite: one limit is then still finite.
    Raises MethodError when the coefficient is not determined at all.
    Source: Venzon & Moolgavkar, Appl Stat 1988;37:87-94, eq. 2 (solved here by safeguarded Newton).
    """
    if np.isnan(fit.result.coef[term]):
        raise fail("the coefficient is not determined.", f"term {term}", "leave it out.")
    drop = 0.5 * critical_value(conf_level) ** 2
    target = fit.result.loglik - drop
    low, high = (_search(fit, term, target, sign) for sign in (-1.0, 1.0))
    return ProfileLimits(low, high, conf_level)


def _search(fit: CoxFit, term: int, target: float, sign: float) -> float:
    if fit.result.coef[term] == sign * np.inf:
        return sign * float("inf")
    others = np.array([j for j in range(fit.beta.size) if j != term and _known(fit, j)], dtype=int)
    inner = float(fit.beta[term])
    se = float(1.0 / np.sqrt(max(fit.information[term, term], 1e-12)))
    beta = fit.beta.copy()
    outer, width = float("nan"), min(se, 4.0 / max(float(fit.rows.x[:, term].std()), 1e-12))
    for _ in range(60):  # walk out until the likelihood has dropped enough
        outer = inner + sign * width
        beta = _maximise_others(fit.rows, beta, term, outer, others)
        if likelihood(fit.rows, beta)[0] < target:
            return _solve(fit.rows, beta, term, others, target, (inner, outer))
        inner, width = outer, 2.0 * width
    return sign * float("inf")


def _known(fit: CoxFit, j: int) -> bool:
    return bool(np.isfinite(fit.result.coef[j]))


def _solve(
    rows: CoxRows,
    beta: Floats,
    term: int,
    others: Floats,
    target: float,
    bracket: tuple[float, float],
) -> float:
    inside, outside = bracket
    point = outside
    for _ in range(MOST_STEPS):
        beta = _maximise_others(rows, beta, term, point, others)
        value, score, _ = likelihood(rows, beta)
        gap = value - target
        inside, outside = (point, outside) if gap > 0 else (inside, point)
        step = gap / float(score[term]) if score[term] != 0 else np.inf
        if abs(step) < PRECISION * max(1.0, abs(point)):
            return point - step
        newton = point - step
        between = min(inside, outside) < newton < max(inside, outside)
        point = newton if between else 0.5 * (inside + outside)
    return point


def _maximise_others(
    rows: CoxRows, beta: Floats, term: int, value: float, others: Floats
) -> Floats:
    beta = beta.copy()
    beta[term] = value
    if others.size == 0:
        return beta
    for _ in range(50):
        _, score, info = likelihood(rows, beta)
        step = np.linalg.solve(info[np.ix_(others, others)], score[others])
        beta[others] += step
        if float(np.sqrt(max(float(score[others] @ step), 0.0))) < 1e-8:
            break
    return beta
