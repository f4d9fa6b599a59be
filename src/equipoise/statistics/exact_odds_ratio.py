# SPDX-License-Identifier: Apache-2.0
"""Fisher's exact test and exact intervals of the odds ratio of a 2 x 2 table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp

from equipoise.statistics.observations import Floats, check_probability
from equipoise.statistics.roots import sign_change
from equipoise.statistics.two_proportions import Contrast, Counts

RELATIVE = 1e-7


def support(c: Counts) -> tuple[Floats, Floats]:
    """Possible first cells given the margins, and the log of their null weights."""
    x = c.x1 + c.x2
    cells = np.arange(max(0, x - c.n2), min(x, c.n1) + 1, dtype=float)
    log_weight: Floats = -(
        gammaln(cells + 1)
        + gammaln(c.n1 - cells + 1)
        + gammaln(x - cells + 1)
        + gammaln(c.n2 - x + cells + 1)
    )
    return cells, log_weight - logsumexp(log_weight)


@dataclass(frozen=True, slots=True)
class Fisher:
    """Exact test of no association; `greater` means the first arm has more responders."""

    p: float
    p_greater: float
    p_less: float


def fisher_exact(c: Counts) -> Fisher:
    """Two-sided by summing tables no likelier than the observed. Source: Fisher 1935; R, SAS."""
    cells, weight = support(c)
    pmf = np.exp(weight)
    here = pmf[cells == c.x1][0]
    two = float(pmf[pmf <= here * (1 + RELATIVE)].sum())
    greater, less = float(pmf[cells >= c.x1].sum()), float(pmf[cells <= c.x1].sum())
    return Fisher(min(two, 1.0), min(greater, 1.0), min(less, 1.0))


def _at(cells: Floats, weight: Floats, log_odds: float) -> Floats:
    logs = weight + cells * log_odds
    pmf: Floats = np.exp(logs - logsumexp(logs))
    return pmf


def conditional_odds_ratio(cells: Floats, weight: Floats, observed: float) -> float:
    """Conditional maximum likelihood: the odds ratio whose mean cell is the observed one.

    NaN when the margins leave one table only: it says nothing about the odds ratio (D13).
    """
    if cells.size == 1:
        return float("nan")
    if observed == cells[0]:
        return 0.0
    if observed == cells[-1]:
        return float("inf")
    return float(
        np.exp(sign_change(lambda b: float(_at(cells, weight, b) @ cells) - observed, -60.0, 60.0))
    )


def exact_interval(
    cells: Floats, weight: Floats, observed: float, tail: float, here: float
) -> tuple[float, float]:
    """Odds ratios where each tail holds `tail`; `here` is the part of the observed cell counted."""

    def upper_tail(b: float) -> float:
        pmf = _at(cells, weight, b)
        above = float(pmf[cells > observed].sum())
        return above + here * float(pmf[cells == observed][0]) - tail

    def lower_tail(b: float) -> float:
        pmf = _at(cells, weight, b)
        below = float(pmf[cells < observed].sum())
        return below + here * float(pmf[cells == observed][0]) - tail

    low = 0.0 if observed == cells[0] else float(np.exp(sign_change(upper_tail, -60.0, 60.0)))
    high = float("inf")
    if observed != cells[-1]:
        high = float(np.exp(sign_change(lower_tail, -60.0, 60.0)))
    return low, high


def odds_ratio_exact(c: Counts, *, conf_level: float) -> Contrast:
    """Conditional estimate and exact interval. Source: Cornfield 1956; Agresti 2013, 16.6.4."""
    tail = (1 - check_probability("conf_level", conf_level)) / 2
    cells, weight = support(c)
    low, high = exact_interval(cells, weight, c.x1, tail, 1.0)
    estimate = conditional_odds_ratio(cells, weight, c.x1)
    return Contrast(estimate, low, high, conf_level, "exact conditional")


def odds_ratio_mid_p(c: Counts, *, conf_level: float) -> Contrast:
    """The same with half the observed table's probability in each tail (Cornfield mid-P)."""
    tail = (1 - check_probability("conf_level", conf_level)) / 2
    cells, weight = support(c)
    low, high = exact_interval(cells, weight, c.x1, tail, 0.5)
    estimate = conditional_odds_ratio(cells, weight, c.x1)
    return Contrast(estimate, low, high, conf_level, "mid-P")


def odds_ratio_baptista_pike(c: Counts, *, conf_level: float) -> Contrast:
    """Inverts one two-sided test that orders tables by probability, with mid-P.

    Source: Baptista & Pike, Appl Stat 1977;26:214-220; mid-P as Fagerland et al. 2017, 4.8.
    """
    alpha = 1 - check_probability("conf_level", conf_level)
    cells, weight = support(c)
    estimate = conditional_odds_ratio(cells, weight, c.x1)

    def excess(b: float) -> float:
        pmf = _at(cells, weight, b)
        here = float(pmf[cells == c.x1][0])
        same = pmf[np.abs(pmf - here) <= RELATIVE * here].sum()
        return float(pmf[pmf < here * (1 - RELATIVE)].sum() + 0.5 * same) - alpha

    low, high = 0.0, float("inf")
    if estimate > 0:
        low = float(np.exp(_outermost(excess, np.log(min(estimate, 1e12)), -1.0)))
    if np.isfinite(estimate):
        high = float(np.exp(_outermost(excess, np.log(max(estimate, 1e-12)), 1.0)))
    return Contrast(estimate, low, high, conf_level, "Baptista-Pike mid-P")


def _outermost(excess: Callable[[float], float], centre: float, sign: float) -> float:
    steps = centre + sign * np.linspace(0.0, 12.0, 4801)
    inside = np.array([excess(b) > 0 for b in steps])
    last = int(np.flatnonzero(inside)[-1])
    if last + 1 >= steps.size:
        return float(sign * np.inf)
    return sign_change(excess, float(steps[last]), float(steps[last + 1]))
