# SPDX-License-Identifier: Apache-2.0
"""Intervals by formula for the ratio and the odds ratio of two proportions.

Ratios are p1 / p2 and odds ratios of the first arm against the second; a zero count leaves 0 or
infinity as the limit it cannot bound.
"""

from __future__ import annotations

import numpy as np

from equipoise.statistics.normal import critical_value
from equipoise.statistics.proportion import wilson_limits
from equipoise.statistics.two_proportions import (
    Contrast,
    Counts,
    count_arrays,
    jeffreys_medians,
    jeffreys_pair,
    pair_limits,
    ratio_or_limit,
    sample_odds_ratio,
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
    first, second = pair_limits(wilson_limits(*count_arrays(c), critical_value(conf_level)))
    low, high = mover_ratio(c.p1, first, c.p2, second)
    return Contrast(ratio_or_limit(c.p1, c.p2), low, high, conf_level, "MOVER-R Wilson")


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


def _log_limits(
    centre: float, half: float, estimate: float, conf_level: float, name: str
) -> Contrast:
    return Contrast(
        estimate, float(np.exp(centre - half)), float(np.exp(centre + half)), conf_level, name
    )


def ratio_katz(c: Counts, *, conf_level: float) -> Contrast:
    """Log relative risk +- z SE; no bound with a zero count. Source: Katz, 1978;34:469."""
    if c.x1 == 0 or c.x2 == 0:
        return Contrast(ratio_or_limit(c.p1, c.p2), 0.0, float("inf"), conf_level, "Katz")
    error = np.sqrt(1 / c.x1 - 1 / c.n1 + 1 / c.x2 - 1 / c.n2)
    half, centre = critical_value(conf_level) * float(error), float(np.log(c.p1 / c.p2))
    return _log_limits(centre, half, c.p1 / c.p2, conf_level, "Katz")


def ratio_katz_adjusted(c: Counts, *, conf_level: float) -> Contrast:
    """Katz with 1/2 added to counts and totals. Source: Walter, Biometrika 1975;62:371-374."""
    a, b, m, n = c.x1 + 0.5, c.x2 + 0.5, c.n1 + 0.5, c.n2 + 0.5
    half = critical_value(conf_level) * float(np.sqrt(1 / a - 1 / m + 1 / b - 1 / n))
    centre = float(np.log(a / m) - np.log(b / n))
    return _log_limits(centre, half, ratio_or_limit(c.p1, c.p2), conf_level, "Katz, adjusted")


def ratio_price_bonett(c: Counts, *, conf_level: float) -> Contrast:
    """Approximate Bayes interval. Source: Price & Bonett, Comput Stat Data Anal 2008;52:3497."""
    a, b = c.x1 + 0.25, c.x2 + 0.25
    centre = float(np.log(a / (c.n1 + 1.75)) - np.log(b / (c.n2 + 1.75)))
    parts = 1 / (a + a * a / (c.n1 - c.x1 + 1.5)) + 1 / (b + b * b / (c.n2 - c.x2 + 1.5))
    half = critical_value(conf_level) * float(np.sqrt(parts))
    return _log_limits(centre, half, ratio_or_limit(c.p1, c.p2), conf_level, "Price-Bonett")


def ratio_inverse_sinh(c: Counts, *, conf_level: float) -> Contrast:
    """Log relative risk +- 2 asinh(z SE / 2). Source: Newcombe, Am Stat 2001;55:200-202."""
    if c.x1 == 0 or c.x2 == 0:
        return Contrast(ratio_or_limit(c.p1, c.p2), 0.0, float("inf"), conf_level, "inverse sinh")
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
