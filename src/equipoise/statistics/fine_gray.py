# SPDX-License-Identifier: Apache-2.0
"""Regression of the subdistribution hazard of one cause, by Fine and Gray."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.cox_rows import as_matrix
from equipoise.statistics.cumulative_incidence import as_causes
from equipoise.statistics.normal import critical_value, two_sided_p
from equipoise.statistics.observations import Floats, Ints, as_times, fail


@dataclass(frozen=True, slots=True)
class FineGray:
    """Subdistribution hazard ratios per covariate (p,); below 1 lowers the incidence."""

    coef: Floats
    se: Floats
    hr: Floats
    lower: Floats
    upper: Floats
    z: Floats
    p: Floats
    loglik: float
    covariance: Floats


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows by ascending time; g (n,) censoring curve G(t-) at each row's time."""

    time: Floats
    cause: Ints
    x: Floats
    g: Floats
    own: Ints
    competing: Ints
    first: Ints


def fine_gray(
    time: ArrayLike, cause: ArrayLike, x: ArrayLike, *, cause_of_interest: int, conf_level: float
) -> FineGray:
    """Fit the proportional subdistribution hazards model.

    Parameters    time : (n,) float; cause : (n,) int - 0 censored; x : (n,) or (n, p) float
                  cause_of_interest : int; conf_level : float
    Returns       FineGray - standard errors include the estimation of the censoring curve
    Raises        MethodError - no event of that cause, a constant covariate, no finite maximum
    Notes         Those with another event at T stay at risk with weight G(t-) / G(T-), G the
                  Kaplan-Meier curve of censoring, pooled over all; Breslow ties.
    Source: Fine & Gray, JASA 1999;94:496-509, eq. 8 (score) and the variance after it.
    """
    z = critical_value(conf_level)
    rows = _sort(time, cause, x, cause_of_interest)
    if np.linalg.matrix_rank(rows.x) < rows.x.shape[1]:
        raise fail(
            "a covariate is constant, or a sum of the others.",
            f"argument x, {rows.x.shape[1]} columns over {rows.time.size} subjects",
            "leave it out: one arm alone has no contrast.",
        )
    beta = np.zeros(rows.x.shape[1])
    value, score, info = _likelihood(rows, beta)
    for _ in range(100):
        step = np.linalg.lstsq(info, score)[0]
        trial = beta + step
        new = _likelihood(rows, trial)
        while new[0] < value - 1e-10 * abs(value):
            trial = 0.5 * (beta + trial)
            new = _likelihood(rows, trial)
        beta, (value, score, info) = trial, new
        if float(np.abs(step).max()) < 1e-11:
            break
        if float(np.abs(beta * rows.x.std(axis=0)).max()) > 15.0:
            raise fail("no finite maximum.", "argument x", "one group may have no such event.")
    bread = np.linalg.inv(info)
    meat = _influence(rows, beta)
    covariance = bread @ (meat.T @ meat) @ bread
    se = np.sqrt(np.diag(covariance))
    ratio = beta / se
    p = np.array([two_sided_p(float(value)) for value in ratio])
    low, high = np.exp(beta - z * se), np.exp(beta + z * se)
    return FineGray(beta, se, np.exp(beta), low, high, ratio, p, value, covariance)


def _sort(time: ArrayLike, cause: ArrayLike, x: ArrayLike, of_interest: int) -> _Rows:
    times = as_times(time)
    codes = as_causes(cause, times.size)
    matrix = as_matrix(x, times.size)
    if not bool((codes == of_interest).any()):
        raise fail(
            f"no subject has cause {of_interest}.", "argument cause_of_interest", "check coding."
        )
    order = np.argsort(times, kind="stable")
    t, c = times[order], codes[order]
    first = np.searchsorted(t, t, side="left")
    at_risk = t.size - first
    censored = np.bincount(first, c == 0, t.size)  # per distinct time, kept at its first row
    factor = 1.0 - censored / np.where(at_risk > 0, at_risk, 1)
    after = np.cumprod(np.where(first == np.arange(t.size), factor, 1.0))
    g = np.concatenate([[1.0], after])[first]
    own = np.flatnonzero(c == of_interest)
    competing = np.flatnonzero((c > 0) & (c != of_interest))
    return _Rows(t, c, matrix[order] - matrix.mean(axis=0), g, own, competing, first)


def _sums(rows: _Rows, r: Floats, values: Floats) -> Floats:
    """At each event of interest: sum of w r values over its risk set; values (n, q)."""
    weighted = r[:, None] * values
    still = np.cumsum(weighted[::-1], axis=0)[::-1][rows.first[rows.own]]
    gone = np.zeros_like(weighted)
    gone[rows.competing] = weighted[rows.competing] / rows.g[rows.competing, None]
    before = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(gone, axis=0)])
    total: Floats = still + rows.g[rows.own, None] * before[rows.first[rows.own]]
    return total


def _likelihood(rows: _Rows, beta: Floats) -> tuple[float, Floats, Floats]:
    n, p = rows.x.shape
    eta = rows.x @ beta
    r = np.exp(eta)
    outer = (rows.x[:, :, None] * rows.x[:, None, :]).reshape(n, p * p)
    sums = _sums(rows, r, np.hstack([np.ones((n, 1)), rows.x, outer]))
    s0, mean = sums[:, 0], sums[:, 1 : p + 1] / sums[:, :1]
    score = (rows.x[rows.own] - mean).sum(axis=0)
    second = (sums[:, p + 1 :] / s0[:, None]).sum(axis=0).reshape(p, p)
    value = float((eta[rows.own] - np.log(s0)).sum())
    return value, score, second - mean.T @ mean


def _influence(rows: _Rows, beta: Floats) -> Floats:
    """eta_i + psi_i of each subject (n, p), whose squares make the middle of the sandwich."""
    n, p = rows.x.shape
    r = np.exp(rows.x @ beta)
    sums = _sums(rows, r, np.hstack([np.ones((n, 1)), rows.x]))
    s0, mean = sums[:, 0], sums[:, 1:] / sums[:, :1]
    event_first = rows.first[rows.own]
    g = rows.g[rows.own]
    # at-risk part: integral of (x_i - mean) dL up to own time
    table = np.zeros((n + 1, 2 * p + 2))
    np.add.at(table, event_first, np.column_stack([1 / s0, mean / s0[:, None], g / s0,
                                                   (g / s0)[:, None] * mean]))  # fmt: skip
    upto = np.cumsum(table, axis=0)
    at = upto[rows.first]  # dL is filed at the first row of its time: included up to own time
    eta = -r[:, None] * (rows.x * at[:, :1] - at[:, 1 : p + 1])
    eta[rows.own] += rows.x[rows.own] - mean
    later = upto[-1] - upto  # after a given time
    tail = later[rows.first][:, p + 1 :]
    k = rows.competing
    scale = (r / rows.g)[k, None]
    eta[k] -= scale * (rows.x[k] * tail[k, :1] - tail[k, 1:])
    earlier = np.vstack([np.zeros((1, 2 * p + 2)), upto])[rows.first]
    total: Floats = eta + _censoring_part(rows, r, (upto[-1] - earlier)[:, p + 1 :])
    return total


def _censoring_part(rows: _Rows, r: Floats, tail: Floats) -> Floats:
    """psi_i (n, p); tail (n, p + 1): sums of G dL and mean G dL from each row's time on."""
    n, p = rows.x.shape
    k = rows.competing
    load = np.zeros((n + 1, p + 1))
    load[k + 1] = (r / rows.g)[k, None] * np.column_stack([np.ones(k.size), rows.x[k]])
    gone = np.cumsum(load, axis=0)[rows.first]  # other events strictly before each row's time
    q = gone[:, 1:] * tail[:, :1] - gone[:, :1] * tail[:, 1:]
    at_risk = (n - rows.first).astype(float)
    censored = (rows.cause == 0)[:, None]
    psi: Floats = np.where(censored, q / at_risk[:, None], 0.0)
    step = np.where(censored, q / at_risk[:, None] ** 2, 0.0)
    last = np.searchsorted(rows.time, rows.time, side="right") - 1
    whole: Floats = psi - np.cumsum(step, axis=0)[last]
    return whole
