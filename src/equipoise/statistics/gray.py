# SPDX-License-Identifier: Apache-2.0
"""Gray's test: do groups have the same cumulative incidence of one cause?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.cumulative_incidence import as_causes
from equipoise.statistics.normal import ChiSquare, chi_square
from equipoise.statistics.observations import Floats, Ints, as_codes, as_times, fail


@dataclass(frozen=True, slots=True)
class _Counts:
    """Per distinct event time (m,) and group (m, k): at risk, events of the cause, others."""

    at_risk: Floats
    own: Floats
    other: Floats
    survival: Floats
    before: Floats
    incidence_before: Floats


def gray_test(
    time: ArrayLike, cause: ArrayLike, group: ArrayLike, *, cause_of_interest: int
) -> ChiSquare:
    """Compare cumulative incidences of `cause_of_interest` between k groups (rho = 0).

    Parameters    time : (n,) float; cause : (n,) int, 0 censored; group : (n,)
    Returns       ChiSquare on k - 1 degrees of freedom; NaN with df 0 without such events
    Raises        MethodError - one group only
    Notes         z_k = sum of d_k - R_k d / R with R_k = Y_k (1 - F_k(t-)) / S_k(t-). Its variance
                  sums (a_kr a_lr) dF0 / h_r + (b_kr b_lr) dF2_r / h_r, h_r = Y_r / S_r(t-), F0 the
                  pooled incidence, g_kr = h_r (1[k=r] - h_k / h), a = g + (1 - q) C, b = -q C,
                  q = (1 - F0) / S_r, C the sum of g dGamma after t. Ties: factor
                  1 - (d - 1) / (h S_r(t-) - 1) on the first and 1 - (d2 - 1) / (Y_r - 1) on the
                  second, as in Gray's own program.
    Source: Gray, Ann Stat 1988;16:1141-1154, section 2.
    """
    times = as_times(time)
    causes = as_causes(cause, times.size)
    codes = as_codes("group", group, times.size)
    k = len(codes.labels)
    if k < 2:
        raise fail("`group` has one level only.", "argument group", "pass both arms.")
    counts = _count(times, causes, codes.code, k, cause_of_interest)
    if float(counts.own.sum()) == 0.0:
        return chi_square(float("nan"), 0)
    risk = _divide(counts.at_risk * (1.0 - counts.incidence_before), counts.before)
    total = counts.own.sum(axis=1)
    score = (counts.own - risk * _divide(total, risk.sum(axis=1))[:, None]).sum(axis=0)
    variance = sum((_group_part(counts, r) for r in range(k)), np.zeros((k, k)))
    kept = slice(0, k - 1)
    inverse = np.linalg.pinv(variance[kept, kept], rcond=1e-12, hermitian=True)
    return chi_square(float(score[kept] @ inverse @ score[kept]), k - 1)


def _divide(top: Floats, bottom: Floats) -> Floats:
    out: Floats = np.divide(top, bottom, out=np.zeros(np.shape(top)), where=bottom > 0)
    return out


def _count(times: Floats, causes: Ints, group: Ints, k: int, of_interest: int) -> _Counts:
    at = np.unique(times[causes > 0])
    place = np.searchsorted(at, times)
    own, other, at_risk = np.zeros((3, at.size, k))
    for g in range(k):
        mine = group == g
        hit = mine & (causes == of_interest)
        miss = mine & (causes > 0) & (causes != of_interest)
        own[:, g] = np.bincount(place[hit], minlength=at.size)
        other[:, g] = np.bincount(place[miss], minlength=at.size)
        at_risk[:, g] = mine.sum() - np.searchsorted(np.sort(times[mine]), at, side="left")
    survival = np.cumprod(1.0 - _divide(own + other, at_risk), axis=0)
    before = np.vstack([np.ones(k), survival[:-1]])
    incidence = np.cumsum(before * _divide(own, at_risk), axis=0)
    return _Counts(at_risk, own, other, survival, before, np.vstack([np.zeros(k), incidence[:-1]]))


def _group_part(counts: _Counts, r: int) -> Floats:
    """What the subjects of group r add to the variance of the score (k, k)."""
    h = _divide(counts.at_risk, counts.before)
    pooled, total = h.sum(axis=1), counts.own.sum(axis=1)
    step = _divide(total, pooled)
    incidence = np.cumsum(step)
    share = -_divide(h, pooled[:, None] * np.ones_like(h))
    share[:, r] += 1.0
    g = share * h[:, r, None]
    rate = _divide(step, 1.0 - np.concatenate([[0.0], incidence[:-1]]))
    run = np.cumsum(g * rate[:, None], axis=0)
    later = run[-1] - run
    ratio = _divide(1.0 - incidence, counts.survival[:, r])[:, None]
    a, b = g + (1.0 - ratio) * later, -ratio * later
    alive = counts.at_risk[:, r] > 0
    tie = np.where(total > 1, 1.0 - _divide(total - 1.0, pooled * counts.before[:, r] - 1.0), 1.0)
    first = np.where(alive, _divide(tie * step, h[:, r]), 0.0)
    other, n = counts.other[:, r], counts.at_risk[:, r]
    tie_other = np.where(other > 1, 1.0 - _divide(other - 1.0, n - 1.0), 1.0)
    second = tie_other * _divide(counts.before[:, r] ** 2 * other, n**2)
    part: Floats = (a * first[:, None]).T @ a + (b * second[:, None]).T @ b
    return part
