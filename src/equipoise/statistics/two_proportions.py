# SPDX-License-Identifier: Apache-2.0
"""Two independent proportions: tests, and intervals of their contrasts by formula.

x1 of n1 is the first arm, x2 of n2 the second. Differences are p1 - p2, ratios p1 / p2: a positive
difference and a ratio above 1 favour the first arm when the count is of responders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv

from equipoise.statistics.normal import ChiSquare, chi_square, critical_value
from equipoise.statistics.observations import fail
from equipoise.statistics.proportion import check_counts, wilson_corrected_limits, wilson_limits


class Counts(NamedTuple):
    """Responders and subjects of two arms."""

    x1: int
    n1: int
    x2: int
    n2: int

    @property
    def p1(self) -> float:
        """Proportion of the first arm."""
        return self.x1 / self.n1

    @property
    def p2(self) -> float:
        """Proportion of the second arm."""
        return self.x2 / self.n2


@dataclass(frozen=True, slots=True)
class Contrast:
    """A difference, ratio or odds ratio with its interval; infinite where the data put no bound."""

    estimate: float
    lower: float
    upper: float
    conf_level: float
    method: str


def two_counts(x1: int, n1: int, x2: int, n2: int) -> Counts:
    """Checked counts; MethodError when a count exceeds its total or an arm is empty."""
    check_counts([x1, x2], [n1, n2])
    if n1 == 0 or n2 == 0:
        raise fail("an arm has no subjects.", f"n1 = {n1}, n2 = {n2}", "report it as NA.")
    return Counts(int(x1), int(n1), int(x2), int(n2))


def _difference(c: Counts, low: float, high: float, conf_level: float, name: str) -> Contrast:
    return Contrast(c.p1 - c.p2, low, high, conf_level, name)


def difference_wald(c: Counts, *, conf_level: float) -> Contrast:
    """D +- z sqrt(p1 q1 / n1 + p2 q2 / n2). Source: Newcombe, Stat Med 1998;17:873, method 1."""
    half = critical_value(conf_level) * wald_error(c)
    d = c.p1 - c.p2
    return _difference(c, d - half, d + half, conf_level, "Wald")


def wald_error(c: Counts) -> float:
    """The unpooled standard error of p1 - p2."""
    return float(np.sqrt(c.p1 * (1 - c.p1) / c.n1 + c.p2 * (1 - c.p2) / c.n2))


def difference_wald_corrected(c: Counts, *, conf_level: float, correction: float) -> Contrast:
    """Wald widened by correction (1/n1 + 1/n2), 0.5 for Yates. Source: Newcombe 1998, method 2."""
    half = critical_value(conf_level) * wald_error(c) + correction * (1 / c.n1 + 1 / c.n2)
    d = c.p1 - c.p2
    return _difference(c, d - half, d + half, conf_level, "Wald, continuity corrected")


def difference_agresti_caffo(c: Counts, *, conf_level: float) -> Contrast:
    """Wald with one success and one failure added to each arm. Source: Am Stat 2000;54:280-288."""
    p1, p2 = (c.x1 + 1) / (c.n1 + 2), (c.x2 + 1) / (c.n2 + 2)
    error = float(np.sqrt(p1 * (1 - p1) / (c.n1 + 2) + p2 * (1 - p2) / (c.n2 + 2)))
    half = critical_value(conf_level) * error
    return _difference(c, p1 - p2 - half, p1 - p2 + half, conf_level, "Agresti-Caffo")


def difference_hauck_anderson(c: Counts, *, conf_level: float) -> Contrast:
    """Wald with n - 1 and 1 / (2 min n). Source: Hauck & Anderson, Am Stat 1986;40:318-322."""
    if min(c.n1, c.n2) < 2:
        raise fail("the method divides by n - 1.", f"n1 = {c.n1}, n2 = {c.n2}", "use Newcombe's.")
    error = np.sqrt(c.p1 * (1 - c.p1) / (c.n1 - 1) + c.p2 * (1 - c.p2) / (c.n2 - 1))
    half = critical_value(conf_level) * float(error) + 0.5 / min(c.n1, c.n2)
    d = c.p1 - c.p2
    return _difference(c, d - half, d + half, conf_level, "Hauck-Anderson")


def difference_brown_li(c: Counts, *, conf_level: float) -> Contrast:
    """Wald with p = (x + 1/2) / (n + 1). Source: Brown & Li, J Stat Plan Inf 2005;130:359-375."""
    p1, p2 = (c.x1 + 0.5) / (c.n1 + 1), (c.x2 + 0.5) / (c.n2 + 1)
    error = float(np.sqrt(p1 * (1 - p1) / c.n1 + p2 * (1 - p2) / c.n2))
    half = critical_value(conf_level) * error
    return _difference(c, p1 - p2 - half, p1 - p2 + half, conf_level, "Brown-Li Jeffreys")


def difference_haldane(c: Counts, *, conf_level: float) -> Contrast:
    """Interval around psi = (p1 + p2) / 2. Source: Newcombe 1998, method 5 (Beal 1987)."""
    return _beal(c, (c.p1 + c.p2) / 2, conf_level, "Haldane")


def difference_jeffreys_perks(c: Counts, *, conf_level: float) -> Contrast:
    """The same with psi from (x + 1/2) / (n + 1). Source: Newcombe 1998, method 6 (Beal 1987)."""
    psi = ((c.x1 + 0.5) / (c.n1 + 1) + (c.x2 + 0.5) / (c.n2 + 1)) / 2
    return _beal(c, psi, conf_level, "Jeffreys-Perks")


def _beal(c: Counts, psi: float, conf_level: float, name: str) -> Contrast:
    z = critical_value(conf_level)
    u, v = (1 / c.n1 + 1 / c.n2) / 4, (1 / c.n1 - 1 / c.n2) / 4
    d = c.p1 - c.p2
    centre = (d + z * z * v * (1 - 2 * psi)) / (1 + z * z * u)
    spread = u * (4 * psi * (1 - psi) - d * d) + 2 * v * (1 - 2 * psi) * d
    spread += 4 * z * z * u * u * (1 - psi) * psi + z * z * v * v * (1 - 2 * psi) ** 2
    half = z / (1 + z * z * u) * float(np.sqrt(spread))
    return _difference(c, centre - half, centre + half, conf_level, name)


def square_and_add(
    estimates: tuple[float, float], first: tuple[float, float], second: tuple[float, float]
) -> tuple[float, float]:
    """Newcombe's combination of two single intervals into one of the difference."""
    (l1, u1), (l2, u2), (p1, p2) = first, second, estimates
    d = p1 - p2
    low = d - float(np.hypot(p1 - l1, u2 - p2))
    return low, d + float(np.hypot(u1 - p1, p2 - l2))


def jeffreys_medians(c: Counts) -> tuple[float, float]:
    """Posterior medians of both arms, the centres of the MOVER Jeffreys interval."""
    x, n = count_arrays(c)
    middle = betaincinv(x + 0.5, n - x + 0.5, 0.5)
    return float(middle[0]), float(middle[1])


def pair_limits(limits: tuple[np.ndarray, np.ndarray]) -> tuple[tuple[float, float], ...]:
    """Limits of the first and of the second arm from arrays of lower and upper ones."""
    low, high = limits
    return tuple((float(low[i]), float(high[i])) for i in range(2))


def count_arrays(c: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Counts and totals of both arms as arrays (2,)."""
    return np.array([c.x1, c.x2], float), np.array([c.n1, c.n2], float)


def difference_newcombe(c: Counts, *, conf_level: float) -> Contrast:
    """Square-and-add of Wilson intervals. Source: Newcombe, Stat Med 1998;17:873, method 10."""
    first, second = pair_limits(wilson_limits(*count_arrays(c), critical_value(conf_level)))
    return _difference(c, *square_and_add((c.p1, c.p2), first, second), conf_level, "Newcombe")


def difference_newcombe_corrected(c: Counts, *, conf_level: float) -> Contrast:
    """Square-and-add of continuity corrected Wilson intervals. Source: Newcombe 1998, method 11."""
    first, second = pair_limits(
        wilson_corrected_limits(*count_arrays(c), critical_value(conf_level))
    )
    name = "Newcombe, continuity corrected"
    return _difference(c, *square_and_add((c.p1, c.p2), first, second), conf_level, name)


def jeffreys_pair(
    c: Counts, conf_level: float, correction: float
) -> tuple[tuple[float, float], ...]:
    """Equal-tailed Jeffreys limits of each arm; correction moves the beta parameters outwards."""
    x, n = count_arrays(c)
    tail, near, far = (1 - conf_level) / 2, 0.5 - correction, 0.5 + correction
    low = betaincinv(np.maximum(x + near, 1e-300), n - x + far, tail)
    high = betaincinv(x + far, np.maximum(n - x + near, 1e-300), 1 - tail)
    low, high = np.where(x + near <= 0, 0.0, low), np.where(n - x + near <= 0, 1.0, high)
    return pair_limits((low, high))


def difference_mover_jeffreys(c: Counts, *, conf_level: float, correction: float) -> Contrast:
    """Square-and-add of Jeffreys intervals. Source: Laud, Pharm Stat 2017;16:334-348, 2.4."""
    first, second = jeffreys_pair(c, conf_level, correction)
    return _difference(
        c, *square_and_add(jeffreys_medians(c), first, second), conf_level, "MOVER Jeffreys"
    )


def ratio_or_limit(a: float, b: float) -> float:
    """A / b; infinite or NaN when b is 0."""
    return a / b if b > 0 else (float("inf") if a > 0 else float("nan"))


def sample_odds_ratio(c: Counts) -> float:
    """x1 (n2 - x2) / (x2 (n1 - x1)); infinite or NaN with zero cells."""
    return ratio_or_limit(c.x1 * (c.n2 - c.x2), c.x2 * (c.n1 - c.x1))


def pearson_chi_square(c: Counts) -> ChiSquare:
    """Pearson's test without correction."""
    return _pearson(c, 0.0)


def yates_chi_square(c: Counts) -> ChiSquare:
    """Pearson's test with Yates' correction, at most |O - E| (as R)."""
    expected = (c.x1 + c.x2) * c.n1 / (c.n1 + c.n2)
    return _pearson(c, min(0.5, abs(c.x1 - expected)))


def _pearson(c: Counts, correction: float) -> ChiSquare:
    total, responders = c.n1 + c.n2, c.x1 + c.x2
    if responders in (0, total):
        return chi_square(float("nan"), 0)
    expected = responders * c.n1 / total
    cells = [expected, c.n1 - expected, responders - expected, c.n2 - responders + expected]
    away = abs(c.x1 - expected) - correction
    return chi_square(float(sum(away**2 / cell for cell in cells)), 1)
