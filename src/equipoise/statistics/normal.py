# SPDX-License-Identifier: Apache-2.0
"""Normal and chi-square probabilities, exact far into the tails, without scipy.stats."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import chdtrc, ndtr, ndtri

from equipoise.statistics.observations import check_probability


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """A chi-square test: statistic, degrees of freedom, upper-tail p-value."""

    statistic: float
    df: int
    p: float


def critical_value(conf_level: float) -> float:
    """Z with P(|Z| < z) = conf_level; MethodError unless 0 < conf_level < 1."""
    level = check_probability("conf_level", conf_level)
    return -float(ndtri((1.0 - level) / 2.0))


def two_sided_p(z: float) -> float:
    """P(|Z| > |z|) for a standard normal Z."""
    return 2.0 * float(ndtr(-abs(z)))


def lower_p(z: float) -> float:
    """P(Z < z)."""
    return float(ndtr(z))


def chi_square(statistic: float, df: int) -> ChiSquare:
    """The test of `statistic` on `df` degrees of freedom; p is NaN when df is 0."""
    p = float(chdtrc(df, statistic)) if df > 0 else float("nan")
    return ChiSquare(float(statistic), int(df), p)
