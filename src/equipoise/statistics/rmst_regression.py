# SPDX-License-Identifier: Apache-2.0
"""Regression of the restricted mean survival time by inverse probability of censoring weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.cox_rows import as_matrix
from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import (
    Floats,
    as_codes,
    as_events,
    as_times,
    check_choice,
    fail,
)

LINKS = ("linear", "log")


@dataclass(frozen=True, slots=True)
class RmstRegression:
    """Coefficients (p + 1,), intercept first, on the scale of the link, with sandwich errors."""

    coef: Floats
    se: Floats
    lower: Floats
    upper: Floats
    wald: Floats
    covariance: Floats
    tau: float


def rmst_regression(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    *,
    tau: float,
    link: str,
    censoring_stratum: ArrayLike,
    conf_level: float,
) -> RmstRegression:
    """E[min(T, tau) | x] = x b (linear) or exp(x b) (log).

    Parameters    time, event : (n,); x : (n, p); tau : float; link : linear or log
                  censoring_stratum : (n,) - the censoring curve is estimated in each level
    Raises        MethodError - a covariate without contrast, or restricted times without spread
    Notes         Complete rows (event, or time >= tau) weigh 1 / G(min(T, tau)); the sandwich
                  includes the estimation of G.
    Source: Tian, Zhao & Wei, Biostatistics 2014;15:222-233, eq. 2.1; SAS/STAT RMSTREG.
    """
    check_choice("link", link, LINKS)
    z = critical_value(conf_level)
    times = as_times(time)
    events = as_events(event, times.size)
    design = np.hstack([np.ones((times.size, 1)), as_matrix(x, times.size)])
    strata = as_codes("censoring_stratum", censoring_stratum, times.size)
    y = np.minimum(times, tau)
    complete = np.where(times >= tau, 1, events)
    _check(design, y[complete == 1])
    weight = np.zeros(times.size)
    for level in range(len(strata.labels)):
        mine = strata.code == level
        weight[mine] = complete[mine] / _censoring(y[mine], complete[mine])
    beta = _solve(y, design, weight, link)
    mean, slope = _mean(design @ beta, link)
    error = (weight * (y - mean))[:, None] * design
    bread = np.linalg.inv(design.T @ (design * slope[:, None]))  # the weights average to 1
    for level in range(len(strata.labels)):
        mine = strata.code == level
        error[mine] += _censoring_part(y[mine], complete[mine], error[mine])
    covariance = bread @ (error.T @ error) @ bread.T
    se = np.sqrt(np.diag(covariance))
    wald = (beta / se) ** 2
    return RmstRegression(beta, se, beta - z * se, beta + z * se, wald, covariance, tau)


def _check(design: Floats, y: Floats) -> None:
    """An error when the design has no contrast, or the complete times have no spread."""
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise fail(
            "a covariate is constant, or a sum of the others.",
            f"argument x, {design.shape[1] - 1} columns over {design.shape[0]} subjects",
            "leave it out: one arm alone has no contrast.",
        )
    if y.size == 0 or float(np.ptp(y)) == 0.0:
        raise fail(
            "the restricted times known in full are all equal.",
            f"{y.size} of {design.shape[0]} subjects have an event, or are followed to tau",
            "there is no error to estimate; report NE.",
        )


def _mean(eta: Floats, link: str) -> tuple[Floats, Floats]:
    return (eta, np.ones(eta.size)) if link == "linear" else (np.exp(eta), np.exp(eta))


def _solve(y: Floats, design: Floats, weight: Floats, link: str) -> Floats:
    if link == "linear":
        left = design.T @ (design * weight[:, None])
        beta: Floats = np.linalg.solve(left, design.T @ (weight * y))
        return beta
    beta = np.zeros(design.shape[1])
    beta[0] = np.log((weight * y).sum() / weight.sum())
    for _ in range(100):
        mean = np.exp(design @ beta)
        left = design.T @ (design * (weight * mean)[:, None])
        step = np.linalg.solve(left, design.T @ (weight * (y - mean)))
        beta = beta + step
        if float(np.abs(step).max()) < 1e-12:
            break
    return beta


def _censoring(y: Floats, complete: Floats) -> Floats:
    """Kaplan-Meier curve of censoring at each y, events first."""
    distinct, place = np.unique(y, return_inverse=True)
    lost = np.bincount(place, 1 - complete, distinct.size)
    at_risk = y.size - np.concatenate([[0], np.cumsum(np.bincount(place))[:-1]])
    curve: Floats = np.cumprod(1 - lost / at_risk)
    return curve[place]


def _censoring_part(y: Floats, complete: Floats, error: Floats) -> Floats:
    """Martingale correction of each row for the estimated censoring curve."""
    distinct, place = np.unique(y, return_inverse=True)
    lost = np.bincount(place, 1 - complete, distinct.size)
    at_risk = y.size - np.concatenate([[0], np.cumsum(np.bincount(place))[:-1]])
    total = np.zeros((distinct.size, error.shape[1]))
    np.add.at(total, place, error)
    later = np.cumsum(total[::-1], axis=0)[::-1]
    q = later / at_risk[:, None]
    hazard = lost / at_risk
    run = np.cumsum(q * hazard[:, None], axis=0)
    part: Floats = np.where((complete == 0)[:, None], q[place], 0.0) - run[place]
    return part
