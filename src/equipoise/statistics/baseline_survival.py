# SPDX-License-Identifier: Apache-2.0
"""Survival of a subject with given covariates under a fitted Cox model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.cox import CoxFit
from equipoise.statistics.cox_residuals import RiskSums, risk_sums
from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import Floats, fail


@dataclass(frozen=True, slots=True)
class PredictedCurve:
    """Steps at the event times of one stratum; limits on the log scale, cut to [0, 1]."""

    time: Floats
    survival: Floats
    std_err: Floats
    lower: Floats
    upper: Floats


def predicted_survival(
    fit: CoxFit, x: ArrayLike, *, stratum: int, conf_level: float
) -> PredictedCurve:
    """S(t | x) = exp(-H(t) exp(x b)) with the tie method of the fit.

    Parameters    fit : CoxFit (efron or breslow); x : (p,) covariates; stratum : its position
                  conf_level : float
    Raises        MethodError - an infinite coefficient
    Notes         var log S = e^2 [sum of dH terms squared / dw + a' V a], a the sum of
                  (mean x - x) dH, e = exp(x b).
    Source: Tsiatis, Ann Stat 1981;9:93-108; Therneau & Grambsch 2000, section 10.2.
    """
    infinite = np.isinf(fit.result.coef)
    if bool(infinite.any()):
        raise fail(
            "a coefficient is infinite: the curve of its covariate is not determined.",
            f"coefficient {int(np.argmax(infinite)) + 1} of {infinite.size}",
            "draw the Kaplan-Meier curve of the group instead.",
        )
    rows = fit.rows
    sums = risk_sums(rows, fit.beta)
    here = slice(sums.offsets[stratum], sums.offsets[stratum + 1])
    centred = np.asarray(x, float) - rows.centre
    ratio = float(np.exp(centred @ fit.beta))
    hazard, variance, moment = _increments(sums, here, rows.ties == "efron")
    reach = np.cumsum(moment - centred * hazard[:, None], axis=0)
    cov = np.where(np.isfinite(fit.result.covariance), fit.result.covariance, 0.0)
    error = ratio * np.sqrt(np.cumsum(variance) + np.einsum("ia,ab,ib->i", reach, cov, reach))
    survival: Floats = np.exp(-ratio * np.cumsum(hazard))
    z = critical_value(conf_level)
    return PredictedCurve(
        sums.time[here],
        survival,
        survival * error,
        np.clip(survival * np.exp(-z * error), 0.0, 1.0),
        np.clip(survival * np.exp(z * error), 0.0, 1.0),
    )


def _increments(sums: RiskSums, here: slice, efron: bool) -> tuple[Floats, Floats, Floats]:
    s0, d0, dw, count = sums.s0[here], sums.d0[here], sums.dw[here], sums.count[here]
    hazard: Floats = np.zeros(s0.size)
    variance: Floats = np.zeros(s0.size)
    moment: Floats = np.zeros((s0.size, sums.s1.shape[1]))
    for k in range(int(count.max(initial=0)) if efron else 1):
        on = np.flatnonzero(count > k)
        f = k / count[on] if efron else np.zeros(on.size)
        steps = count[on] if efron else np.ones(on.size)
        rest = s0[on] - f * d0[on]
        h = dw[on] / steps / rest
        hazard[on] += h
        variance[on] += h / rest
        mean = (sums.s1[here][on] - f[:, None] * sums.d1[here][on]) / rest[:, None]
        moment[on] += h[:, None] * mean
    return hazard, variance, moment
