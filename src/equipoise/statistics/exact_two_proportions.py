# SPDX-License-Identifier: Apache-2.0
"""Unconditional exact intervals of a difference or ratio of two proportions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from equipoise.statistics.observations import Floats, check_choice, check_probability
from equipoise.statistics.proportion import binomial_pmf
from equipoise.statistics.score_intervals import RESTRICTED
from equipoise.statistics.two_proportions import Contrast, Counts, ratio_or_limit

NUISANCE = 400  # points over the nuisance parameter; doubled locally around the largest
ORDERINGS = ("score", "raw", "score two-sided")


def exact_unconditional(c: Counts, *, scale: str, ordering: str, conf_level: float) -> Contrast:
    """Limits by inverting exact tests whose p-value is the largest over the nuisance parameter.

    Parameters    scale : difference or ratio; ordering of tables : `score` (Chan & Zhang, two
                  one-sided tests), `raw` (Santner & Snell, two one-sided tests), `score
                  two-sided` (Agresti & Min, outermost crossing)
    Source: Santner & Snell, JASA 1980;75:386; Chan & Zhang, Biometrics 1999;55:1202; Agresti &
            Min, Biometrics 2001;57:963.
    """
    check_choice("scale", scale, ("difference", "ratio"))
    check_choice("ordering", ordering, ORDERINGS)
    alpha = 1 - check_probability("conf_level", conf_level)
    share = alpha if ordering == "score two-sided" else alpha / 2
    estimate = c.p1 - c.p2 if scale == "difference" else ratio_or_limit(c.p1, c.p2)
    low, high = (_limit(c, scale, ordering, share, estimate, side) for side in (1.0, -1.0))
    return Contrast(estimate, low, high, conf_level, f"exact, {ordering}")


def _raw(x1: Floats, n1: int, x2: Floats, n2: int, scale: str) -> Floats:
    if scale == "difference":
        return x1 / n1 - x2 / n2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (x1 / n1) / (x2 / n2)
    out: Floats = np.where((x1 == 0) & (x2 == 0), 1.0, ratio)
    return out


def _score(x1: Floats, n1: int, x2: Floats, n2: int, scale: str, theta: float) -> Floats:
    r1, r2 = RESTRICTED[scale](x1, n1, x2, n2, theta)
    v1, v2 = r1 * (1 - r1) / n1, r2 * (1 - r2) / n2
    if scale == "difference":
        top, variance = x1 / n1 - x2 / n2 - theta, v1 + v2
    else:
        top, variance = x1 / n1 - theta * x2 / n2, v1 + theta**2 * v2
    flat = np.where(np.abs(top) < 1e-13, 0.0, np.sign(top) * 1e9)
    out: Floats = np.where(variance > 1e-15, top / np.sqrt(np.maximum(variance, 1e-15)), flat)
    return out


def p_value(c: Counts, scale: str, ordering: str, theta: float, side: float) -> float:
    """Largest probability, over the nuisance, of tables at least as extreme at `theta`."""
    x1, x2 = np.meshgrid(np.arange(c.n1 + 1.0), np.arange(c.n2 + 1.0), indexing="ij")
    if ordering == "raw":
        order = _raw(x1, c.n1, x2, c.n2, scale)
    else:
        order = _score(x1, c.n1, x2, c.n2, scale, theta)
    order = np.abs(order) if ordering == "score two-sided" else side * order
    extreme = order >= order[c.x1, c.x2] - 1e-9 * max(1.0, abs(order[c.x1, c.x2]))
    if scale == "difference":
        low, high = max(0.0, -theta), min(1.0, 1.0 - theta)
    else:
        low, high = 0.0, min(1.0, 1.0 / theta)

    def worst(points: Floats) -> tuple[float, float]:
        first = points + theta if scale == "difference" else points * theta
        one = _pmf(c.n1, np.clip(first, 0.0, 1.0))
        two = _pmf(c.n2, points)
        total = np.einsum("gi,ij,gj->g", one, extreme.astype(float), two, optimize=True)
        at = int(np.argmax(total))
        return float(total[at]), float(points[at])

    grid = np.linspace(low, high, NUISANCE + 1)
    best, where = worst(grid)
    width = (high - low) / NUISANCE
    for _ in range(3):
        fine = np.linspace(max(low, where - width), min(high, where + width), 41)
        value, where = worst(fine)
        best, width = max(best, value), width / 20
    return best


def _pmf(n: int, p: Floats) -> Floats:
    counts = np.arange(n + 1, dtype=float)[None, :]
    return binomial_pmf(counts, np.full_like(counts, float(n)), p[:, None])


def _limit(
    c: Counts, scale: str, ordering: str, share: float, estimate: float, side: float
) -> float:
    edge = {"difference": (-1.0, 1.0), "ratio": (0.0, float("inf"))}[scale]
    if scale == "ratio" and side > 0 and c.x1 == 0:
        return edge[0]
    if scale == "ratio" and side < 0 and c.x2 == 0:
        return edge[1]

    def accepted(u: float) -> bool:
        theta = u if scale == "difference" else float(np.exp(u))
        return p_value(c, scale, ordering, theta, side) > share

    inside = estimate if scale == "difference" else _log_or_far(estimate)
    reach = 1.0 if scale == "difference" else 15.0
    outside = -side * reach if scale == "difference" else inside - side * reach
    if accepted(outside * (1 - 1e-9)):
        return edge[0] if side > 0 else edge[1]
    if ordering == "score two-sided":
        inside = _outermost(accepted, inside, outside)
        outside = inside - side * abs(inside - outside) / 400 if inside != outside else outside
    for _ in range(26):
        middle = 0.5 * (inside + outside)
        inside, outside = (middle, outside) if accepted(middle) else (inside, middle)
    found = 0.5 * (inside + outside)
    return found if scale == "difference" else float(np.exp(found))


def _log_or_far(ratio: float) -> float:
    """Log of the ratio, or of one far out where it is 0, infinite or undefined."""
    if not ratio > 0.0:
        return -8.0
    return float(np.log(ratio)) if np.isfinite(ratio) else 8.0


def _outermost(accepted: Callable[[float], bool], inside: float, outside: float) -> float:
    """The farthest accepted point: bisection first, then a scan beyond it for islands."""
    near, far = inside, outside
    for _ in range(12):
        middle = 0.5 * (near + far)
        near, far = (middle, far) if accepted(middle) else (near, middle)
    span = 0.05 * abs(outside - inside) * np.sign(outside - inside)
    last = near
    for step in np.linspace(0.0, span, 61)[1:]:
        if accepted(near + step):
            last = near + float(step)
    return last
