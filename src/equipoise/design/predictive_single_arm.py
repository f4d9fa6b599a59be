# SPDX-License-Identifier: Apache-2.0
"""Bayesian single-arm designs that stop on the predictive probability of success."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaln, gammaln

from equipoise.design.array import FloatArray, IntArray
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class PredictiveDesign:
    """`looks` (K,) patients at each look, the last the maximum; `stop_at` (K,): stop for futility
    with at most that many responses, -1 never; `responses`: success at the end with at least as
    many.
    """

    looks: IntArray
    stop_at: IntArray
    responses: int


@dataclass(frozen=True, slots=True)
class PredictiveOperating:
    """`success` and `early_stop` probability, `expected_patients`, at one true response rate."""

    success: float
    early_stop: float
    expected_patients: float


def predictive_design(
    *,
    p0: float,
    prior: tuple[float, float],
    looks: npt.ArrayLike,
    posterior_cut: float,
    futility_cut: float,
) -> PredictiveDesign:
    """Stopping rules from predictive probabilities.

    Parameters    p0            : float - rate to be beaten
                  prior         : (a, b) - beta prior of the response rate
                  looks         : (K,) int - patients at each look, the last the maximum
                  posterior_cut : float - success at the end: P(p > p0 | data) > posterior_cut
                  futility_cut  : float - stop when the predictive probability of success is below
    Raises        MethodError - success is impossible with so few patients
    Source: Lee and Liu (2008) Clinical Trials 5:93-106, eq. 1.
    Proof: tests/reference/design_single_arm.yaml
    """
    sizes = np.asarray(looks, dtype=np.int64)
    most = int(sizes[-1])
    x = np.arange(most + 1)
    certain = 1 - betainc(prior[0] + x, prior[1] + most - x, p0)
    good = np.flatnonzero(certain > posterior_cut)
    if not len(good):
        raise MethodError(
            Fault(
                what=f"not even {most} responses of {most} exceed a posterior of {posterior_cut:g}",
                where="Bayesian single-arm design",
                mend="plan more patients, or lower the posterior probability asked for",
            )
        )
    responses = int(good[0])
    stop_at = [
        int(np.sum(predictive_success(int(n), most, responses, prior) < futility_cut)) - 1
        for n in sizes[:-1]
    ]
    return PredictiveDesign(sizes, np.array([*stop_at, -1]), responses)


def predictive_success(
    patients: int, most: int, responses: int, prior: tuple[float, float]
) -> FloatArray:
    """P(at least `responses` of `most` | x of `patients`), for x = 0, ..., `patients`."""
    rest = most - patients
    x = np.arange(patients + 1)[:, None]
    y = np.arange(rest + 1)
    a, b = prior[0] + x, prior[1] + patients - x
    log_mass = (
        gammaln(rest + 1)
        - gammaln(y + 1)
        - gammaln(rest - y + 1)
        + betaln(a + y, b + rest - y)
        - betaln(a, b)
    )
    return np.asarray((np.exp(log_mass) * (x + y >= responses)).sum(axis=1))


def predictive_operating(design: PredictiveDesign, *, rate: float) -> PredictiveOperating:
    """Exact operating characteristics at a true response rate, by recursion over the looks."""
    going = np.ones(1)
    before, expected, stopped = 0, 0.0, 0.0
    for size, stop_at in zip(design.looks, design.stop_at, strict=True):
        expected += float(going.sum()) * (int(size) - before)
        going = np.convolve(going, _binomial(int(size) - before, rate))
        stopped += float(going[: int(stop_at) + 1].sum())
        going[: int(stop_at) + 1] = 0.0
        before = int(size)
    return PredictiveOperating(float(going[design.responses :].sum()), stopped, expected)


def _binomial(n: int, p: float) -> FloatArray:
    k = np.arange(n + 1)
    log_choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.asarray(np.exp(log_choose + k * np.log(p) + (n - k) * np.log1p(-p)))
