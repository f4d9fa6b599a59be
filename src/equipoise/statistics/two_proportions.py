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
    x, n = _arrays(c)
    middle = betaincinv(x + 0.5, n - x + 0.5, 0.5)
    return float(middle[0]), float(middle[1])


def _pair(limits: tuple[np.ndarray, np.ndarray]) -> tuple[tuple[float, float], ...]:
    low, high = limits
    return tuple((float(low[i]), float(high[i])) for i in range(2))


def _arrays(c: Counts) -> tuple[np.ndarray, np.ndarray]:
    return np.array([c.x1, c.x2], float), np.array([c.n1, c.n2], float)


def difference_newcombe(c: Counts, *, conf_level: float) -> Contrast:
    """Square-and-add of Wilson intervals. Source: Newcombe, Stat Med 1998;17:873, method 10."""
    first, second = _pair(wilson_limits(*_arrays(c), critical_value(conf_level)))
    return _difference(c, *square_and_add((c.p1, c.p2), first, second), conf_level, "Newcombe")


def difference_newcombe_corrected(c: Counts, *, conf_level: float) -> Contrast:
    """Square-and-add of continuity corrected Wilson intervals. Source: Newcombe 1998, method 11."""
    first, second = _pair(wilson_corrected_limits(*_arrays(c), critical_value(conf_level)))
    name = "Newcombe, continuity corrected"
    return _difference(c, *square_and_add((c.p1, c.p2), first, second), conf_level, name)


def jeffreys_pair(
    c: Counts, conf_level: float, correction: float
) -> tuple[tuple[float, float], ...]:
    """Equal-tailed Jeffreys limits of each arm; correction moves the beta parameters outwards."""
    x, n = _arrays(c)
    tail, near, far = (1 - conf_level) / 2, 0.5 - correction, 0.5 + correction
    low = betaincinv(np.maximum(x + near, 1e-300), n - x + far, tail)
    high = betaincinv(x + far, np.maximum(n - x + near, 1e-300), 1 - tail)
    low, high = np.where(x + near <= 0, 0.0, low), np.where(n - x + near <= 0, 1.0, high)
    return _pair((low, high))


def difference_mover_jeffreys(c: Counts, *, conf_level: float, correction: float) -> Contrast:
    """Square-and-add of Jeffreys intervals. Source: Laud, Pharm Stat 2017;16:334-348, 2.4."""
    first, second = jeffreys_pair(c, conf_level, correction)
    return _difference(
        c, *square_and_add(jeffreys_medians(c), first, second), conf_level, "MOVER Jeffreys"
    )


def mover_ratio(
    a: float, first: tuple[float, float], b: float, second: tuple[float, float]
) -> tuple[float, float]:
    """Limits of a / b from the limits of each. Source: Donner & Zou 2012, eq. 6."""
    (l1, u1), (l2, u2) = first, second
    low_part = max((a * b) ** 2 - l1 * (2 * a - l1) * u2 * (2 * b - u2), 0.0)
    high_part = max((a * b) ** 2 - u1 * (2 * a - u1) * l2 * (2 * b - l2), 0.0)
    low = (a * b - np.sqrt(low_part)) / (u2 * (2 * b - u2))
    bottom = l2 * (2 * b - l2)
    high = (a * b + np.sqrt(high_part)) / bottom if bottom > 0 else np.inf
    return float(low), float(high)


def ratio_mover_wilson(c: Counts, *, conf_level: float) -> Contrast:
    """MOVER-R of Wilson intervals."""
    first, second = _pair(wilson_limits(*_arrays(c), critical_value(conf_level)))
    low, high = mover_ratio(c.p1, first, c.p2, second)
    return Contrast(_ratio(c.p1, c.p2), low, high, conf_level, "MOVER-R Wilson")


def odds_ratio_mover_jeffreys(c: Counts, *, conf_level: float) -> Contrast:
    """MOVER-R on the odds of Jeffreys intervals. Source: Fagerland & Newcombe 2013;32:2823-2836."""
    pair = jeffreys_pair(c, conf_level, 0.0)
    middle = jeffreys_medians(c)
    first, second = (tuple(_odds(value) for value in limits) for limits in pair)
    low, high = mover_ratio(
        _odds(middle[0]), (first[0], first[1]), _odds(middle[1]), (second[0], second[1])
    )
    return Contrast(sample_odds_ratio(c), low, high, conf_level, "MOVER-R Jeffreys")


def _odds(p: float) -> float:
    return p / (1 - p) if p < 1 else float("inf")


def _ratio(a: float, b: float) -> float:
    return a / b if b > 0 else (float("inf") if a > 0 else float("nan"))


def sample_odds_ratio(c: Counts) -> float:
    """x1 (n2 - x2) / (x2 (n1 - x1)); infinite or NaN with zero cells."""
    return _ratio(c.x1 * (c.n2 - c.x2), c.x2 * (c.n1 - c.x1))


def _log_limits(
    centre: float, half: float, estimate: float, conf_level: float, name: str
) -> Contrast:
    return Contrast(
        estimate, float(np.exp(centre - half)), float(np.exp(centre + half)), conf_level, name
    )


def ratio_katz(c: Counts, *, conf_level: float) -> Contrast:
    """Log relative risk +- z SE; no bound with a zero count. Source: Katz, 1978;34:469."""
    if c.x1 == 0 or c.x2 == 0:
        return Contrast(_ratio(c.p1, c.p2), 0.0, float("inf"), conf_level, "Katz")
    error = np.sqrt(1 / c.x1 - 1 / c.n1 + 1 / c.x2 - 1 / c.n2)
    half, centre = critical_value(conf_level) * float(error), float(np.log(c.p1 / c.p2))
    return _log_limits(centre, half, c.p1 / c.p2, conf_level, "Katz")


def ratio_katz_adjusted(c: Counts, *, conf_level: float) -> Contrast:
    """Katz with 1/2 added to counts and totals. Source: Walter, Biometrika 1975;62:371-374."""
    a, b, m, n = c.x1 + 0.5, c.x2 + 0.5, c.n1 + 0.5, c.n2 + 0.5
    half = critical_value(conf_level) * float(np.sqrt(1 / a - 1 / m + 1 / b - 1 / n))
    centre = float(np.log(a / m) - np.log(b / n))
    return _log_limits(centre, half, _ratio(c.p1, c.p2), conf_level, "Katz, adjusted")


def ratio_price_bonett(c: Counts, *, conf_level: float) -> Contrast:
    """Approximate Bayes interval. Source: Price & Bonett, Comput Stat Data Anal 2008;52:3497."""
    a, b = c.x1 + 0.25, c.x2 + 0.25
    centre = float(np.log(a / (c.n1 + 1.75)) - np.log(b / (c.n2 + 1.75)))
    parts = 1 / (a + a * a / (c.n1 - c.x1 + 1.5)) + 1 / (b + b * b / (c.n2 - c.x2 + 1.5))
    half = critical_value(conf_level) * float(np.sqrt(parts))
    return _log_limits(centre, half, _ratio(c.p1, c.p2), conf_level, "Price-Bonett")


def ratio_inverse_sinh(c: Counts, *, conf_level: float) -> Contrast:
    """Log relative risk +- 2 asinh(z SE / 2). Source: Newcombe, Am Stat 2001;55:200-202."""
    if c.x1 == 0 or c.x2 == 0:
        return Contrast(_ratio(c.p1, c.p2), 0.0, float("inf"), conf_level, "inverse sinh")
    error = np.sqrt(1 / c.x1 - 1 / c.n1 + 1 / c.x2 - 1 / c.n2)
    half = 2 * float(np.arcsinh(critical_value(conf_level) / 2 * error))
    return _log_limits(float(np.log(c.p1 / c.p2)), half, c.p1 / c.p2, conf_level, "inverse sinh")


def odds_ratio_woolf(c: Counts, *, conf_level: float) -> Contrast:
    """Log odds ratio +- z sqrt(sum of 1 / cells). Source: Woolf, Ann Hum Genet 1955;19:251-253."""
    if min(c.x1, c.x2, c.n1 - c.x1, c.n2 - c.x2) == 0:
        return Contrast(sample_odds_ratio(c), 0.0, float("inf"), conf_level, "Woolf")
    return _woolf(c, 0.0, conf_level, "Woolf")


def odds_ratio_gart(c: Counts, *, conf_level: float) -> Contrast:
    """Woolf with 1/2 added to each cell. Source: Gart, JRSS B 1966;28:164-179."""
    return _woolf(c, 0.5, conf_level, "Gart")


def _cells(c: Counts, added: float) -> np.ndarray:
    return np.array([c.x1, c.n1 - c.x1, c.x2, c.n2 - c.x2]) + added


def _woolf(c: Counts, added: float, conf_level: float, name: str) -> Contrast:
    cells = _cells(c, added)
    centre = float(np.log(cells[0] * cells[3] / (cells[1] * cells[2])))
    half = critical_value(conf_level) * float(np.sqrt((1 / cells).sum()))
    return _log_limits(centre, half, sample_odds_ratio(c), conf_level, name)


def odds_ratio_inverse_sinh(c: Counts, *, conf_level: float) -> Contrast:
    """Adjusted inverse sinh: 0.6 added for the centre, 0.4 for the width.

    Source: Fagerland & Newcombe, Stat Med 2013;32:2823-2836.
    """
    centre_cells, width = _cells(c, 0.6), (1 / _cells(c, 0.4)).sum()
    centre = np.log(centre_cells[0] * centre_cells[3] / (centre_cells[1] * centre_cells[2]))
    half = 2 * float(np.arcsinh(critical_value(conf_level) / 2 * np.sqrt(width)))
    return _log_limits(
        float(centre), half, sample_odds_ratio(c), conf_level, "adjusted inverse sinh"
    )


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
