# SPDX-License-Identifier: Apache-2.0
"""Accelerated failure time regression: exponential, Weibull, log-normal and log-logistic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_ndtr

from equipoise.statistics.cox_rows import as_matrix
from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import (
    Flags,
    Floats,
    as_events,
    as_times,
    check_choice,
    fail,
)

DISTRIBUTIONS = ("exponential", "weibull", "lognormal", "loglogistic")
LEAST_LOG_SCALE = -12.0  # below, all times are one: the likelihood has no maximum
LONGEST_STEP = 20.0


@dataclass(frozen=True, slots=True)
class ParametricSurvival:
    """log T = coef[0] + x coef[1:] + scale W; a positive coefficient means longer times.

    se (p + 1,) of coef; scale and se_log_scale (NaN for exponential, whose scale is 1);
    loglik_null is the fit without x. hazard_ratio (p,) and its limits only where hazards are
    proportional (exponential, weibull), else NaN.
    """

    distribution: str
    coef: Floats
    se: Floats
    lower: Floats
    upper: Floats
    scale: float
    se_log_scale: float
    hazard_ratio: Floats
    loglik_null: float
    loglik: float
    covariance: Floats


def parametric_survival(
    time: ArrayLike, event: ArrayLike, x: ArrayLike, *, distribution: str, conf_level: float
) -> ParametricSurvival:
    """Fit log T = x b + scale W by maximum likelihood.

    Parameters    time : (n,) float > 0; event : (n,) 0/1; x : (n,) or (n, p) float
                  distribution : exponential, weibull, lognormal or loglogistic; conf_level
    Returns       ParametricSurvival; log-likelihood on the scale of time, not of log time
    Raises        MethodError - a time of 0, no events, or no finite maximum
    Notes         w = (log t - x b) / s; events add log f(w) - log s - log t, censorings log S(w).
    Source: Kalbfleisch & Prentice 2002, sections 2.2 and 3.6.
    """
    check_choice("distribution", distribution, DISTRIBUTIONS)
    z = critical_value(conf_level)
    times = as_times(time)
    events = as_events(event, times.size)
    if float(times.min()) <= 0.0 or int(events.sum()) == 0:
        raise fail(
            "a parametric model needs positive times and at least one event.",
            f"{int((times <= 0).sum())} times of 0, {int(events.sum())} events",
            "state how times of 0 are counted before the fit.",
        )
    ones = np.ones((times.size, 1))
    design = np.hstack([ones, as_matrix(x, times.size)])
    null, *_ = _fit(np.log(times), events, ones, distribution)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise fail(
            "a covariate is constant, or a sum of the others.",
            f"argument x, {design.shape[1] - 1} columns over {times.size} subjects",
            "leave it out: one arm alone has no contrast.",
        )
    value, theta, info = _fit(np.log(times), events, design, distribution)
    covariance = np.linalg.inv(info)
    p = design.shape[1]
    coef, se = theta[:p], np.sqrt(np.diag(covariance))
    free = theta.size > p
    scale = float(np.exp(theta[p])) if free else 1.0
    proportional = distribution in ("exponential", "weibull")
    ratio = np.exp(-coef[1:] / scale) if proportional else np.full(p - 1, np.nan)
    return ParametricSurvival(
        distribution,
        coef,
        se[:p],
        coef - z * se[:p],
        coef + z * se[:p],
        scale,
        float(se[p]) if free else float("nan"),
        ratio,
        null,
        value,
        covariance,
    )


def _shape(w: Floats, died: Floats, distribution: str) -> tuple[Floats, Floats, Floats]:
    """Log density or log survival of the standard W at w, with its two derivatives."""
    if distribution in ("exponential", "weibull"):
        grown = np.exp(w)
        return died * w - grown, died - grown, -grown
    if distribution == "loglogistic":
        f = expit(w)
        log_s = -np.logaddexp(0.0, w)
        value = log_s + died * (w + log_s)
        return value, died - (1.0 + died) * f, -(1.0 + died) * f * (1.0 - f)
    tail = log_ndtr(-w)
    log_density = -0.5 * w * w - 0.5 * np.log(2 * np.pi)
    ratio = np.exp(log_density - tail)
    value = np.where(died > 0, log_density, tail)
    slope = np.where(died > 0, -w, -ratio)
    return value, slope, np.where(died > 0, -1.0, -ratio * (ratio - w))


def _value(
    theta: Floats, log_t: Floats, died: Floats, design: Floats, distribution: str
) -> tuple[float, Floats, Floats]:
    p = design.shape[1]
    scale = float(np.exp(np.clip(theta[p], -600.0, 600.0))) if theta.size > p else 1.0
    w = np.clip((log_t - design @ theta[:p]) / scale, -1e8, 300.0)
    value, a, c = _shape(w, died, distribution)
    loglik = float(value.sum() - died.sum() * np.log(scale) - (died * log_t).sum())
    score = -design.T @ a / scale
    info = -(design * c[:, None]).T @ design / scale**2
    if theta.size == p:
        return loglik, score, info
    cross = -design.T @ (c * w + a) / scale
    last = -float((c * w * w + a * w).sum())
    score = np.append(score, -float((a * w).sum()) - float(died.sum()))
    return loglik, score, np.block([[info, cross[:, None]], [cross[None, :], np.array([[last]])]])


def _fit(
    log_t: Floats, events: Flags, design: Floats, distribution: str
) -> tuple[float, Floats, Floats]:
    died = events.astype(float)
    free = 0 if distribution == "exponential" else 1
    theta: Floats = np.zeros(design.shape[1] + free)
    theta[0] = float(np.log(np.exp(log_t).sum() / died.sum()))
    value, score, info = _value(theta, log_t, died, design, distribution)
    for _ in range(200):
        curve, vectors = np.linalg.eigh(info)
        step = vectors @ ((vectors.T @ score) / np.maximum(np.abs(curve), 1e-10))
        size = min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        while size > 1e-12:
            trial = _value(theta + size * step, log_t, died, design, distribution)
            if trial[0] >= value - 1e-12 * abs(value):
                break
            size *= 0.5
        theta = theta + size * step
        value, score, info = trial
        if float(np.abs(size * step).max()) < 1e-11:
            return value, theta, info
        if float(np.abs(theta).max()) > 1e3 or (free and float(theta[-1]) < LEAST_LOG_SCALE):
            break
    raise fail(
        "the likelihood has no finite maximum.", "argument x", "one group may have no events."
    )
