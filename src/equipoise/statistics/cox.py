# SPDX-License-Identifier: Apache-2.0
"""Hazard ratio by partial likelihood, tie method named by the caller."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.cox_newton import Maximum, maximise
from equipoise.statistics.cox_robust import robust_covariance
from equipoise.statistics.cox_rows import CoxRows, sort_cox_rows
from equipoise.statistics.normal import ChiSquare, chi_square, critical_value
from equipoise.statistics.observations import Floats, as_codes
from equipoise.statistics.states import State


@dataclass(frozen=True, slots=True)
class Cox:
    """A fitted Cox model; a hazard ratio below 1 means fewer events per unit of x.

    Arrays have one value per covariate (p,); a coefficient that is not determined (constant,
    collinear) is NaN with state NE; one that runs to infinity (no events in one group) is +-inf
    with state NE and its reason. se comes from the information; with `cluster` or `robust` the
    robust_se, and covariance, z, p, lower, upper and wald, come from the sandwich.
    loglik_null, loglik and the lrt, score and wald tests are of all determined covariates.
    """

    coef: Floats
    se: Floats
    hr: Floats
    lower: Floats
    upper: Floats
    z: Floats
    p: Floats
    states: tuple[State, ...]
    reasons: tuple[str, ...]
    covariance: Floats
    robust_se: Floats | None
    loglik_null: float
    loglik: float
    lrt: ChiSquare
    score: ChiSquare
    wald: ChiSquare
    robust_score: ChiSquare | None
    n: int
    n_event: int
    ties: str
    conf_level: float
    iterations: int


@dataclass(frozen=True, slots=True)
class CoxFit:
    """A fitted model together with its sorted rows, for residuals and further tests."""

    result: Cox
    rows: CoxRows
    beta: Floats
    information: Floats


def cox(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    *,
    ties: str,
    conf_level: float,
    stratum: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    robust: bool = False,
) -> Cox:
    """Fit the proportional hazards model and return its numbers; see `fit_cox`."""
    return fit_cox(
        time,
        event,
        x,
        ties=ties,
        conf_level=conf_level,
        stratum=stratum,
        weight=weight,
        entry=entry,
        cluster=cluster,
        robust=robust,
    ).result


def fit_cox(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    *,
    ties: str,
    conf_level: float,
    stratum: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    robust: bool = False,
) -> CoxFit:
    """Fit the proportional hazards model.

    Parameters    time : (n,) float; event : (n,) 0 or 1 - 1 = event, 0 = censored
                  x : (n,) or (n, p) float - covariates; for an arm code experimental 1, control 0
                  ties : efron, breslow or exact (SAS: discrete)
                  conf_level : float
                  stratum : (n,) or None - a baseline hazard for each level
                  weight : (n,) float > 0 or None; entry : (n,) float or None - (entry, time]
                  cluster : (n,) or None - rows of one level are summed in the robust variance
                  robust : True for the robust variance with every row its own cluster
    Returns       CoxFit
    Raises        MethodError - malformed arrays, unknown ties, weights with exact ties
    Notes         Efron: l(b) = sum over event times of sum of x_i b over the d events, less
                  sum_{k<d} log(S0 - (k/d) D0), S0 over the risk set, D0 over the events.
                  Breslow: k/d is 0. Newton-Raphson until the Newton decrement is below 1e-9,
                  then one more step, so that the coefficient is exact to rounding.
    Source: Cox, JRSS B 1972;34:187-220; Efron, JASA 1977;72:557-565, eq. 3.6; Breslow 1974.
    Proof: tests against survival_ref, kmdata and camis.
    """
    z = critical_value(conf_level)
    rows = sort_cox_rows(time, event, x, ties=ties, stratum=stratum, weight=weight, entry=entry)
    top = maximise(rows)
    sandwich = None
    if cluster is not None or robust:
        n = rows.time.size
        codes = None if cluster is None else as_codes("cluster", cluster, n).code[rows.order]
        sandwich = robust_covariance(rows, top, codes)
    return CoxFit(_summary(rows, top, z, conf_level, sandwich), rows, top.beta, top.information)


def _summary(
    rows: CoxRows,
    top: Maximum,
    z: float,
    conf_level: float,
    sandwich: tuple[Floats, ChiSquare] | None,
) -> Cox:
    covariance = top.covariance if sandwich is None else sandwich[0]
    se = np.sqrt(np.diag(top.covariance))
    used = np.sqrt(np.diag(covariance))
    finite = np.array([state is State.OK for state in top.states])
    coef = np.where(finite, top.beta, top.limit)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratio = np.where(finite, coef / used, np.nan)
        lower = np.where(finite, np.exp(coef - z * used), np.nan)
        upper = np.where(finite, np.exp(coef + z * used), np.nan)
        hr = np.exp(coef)
    p = np.array([chi_square(float(value**2), 1).p for value in ratio])
    df = int(np.isfinite(se).sum())
    nan = float("nan")
    wald = nan
    if bool(finite.any()) and bool(finite[np.isfinite(se)].all()):
        kept = np.flatnonzero(finite)
        wald = float(coef[kept] @ np.linalg.solve(covariance[np.ix_(kept, kept)], coef[kept]))
    return Cox(
        coef=coef,
        se=np.where(finite, se, np.nan),
        hr=hr,
        lower=lower,
        upper=upper,
        z=ratio,
        p=p,
        states=top.states,
        reasons=top.reasons,
        covariance=np.where(np.outer(finite, finite), covariance, np.nan),
        robust_se=None if sandwich is None else np.where(finite, used, np.nan),
        loglik_null=top.loglik_null,
        loglik=top.loglik,
        lrt=chi_square(2.0 * (top.loglik - top.loglik_null), df),
        score=chi_square(top.score_statistic, df),
        wald=chi_square(wald, df),
        robust_score=None if sandwich is None else sandwich[1],
        n=rows.time.size,
        n_event=int(rows.event.sum()),
        ties=rows.ties,
        conf_level=conf_level,
        iterations=top.iterations,
    )
