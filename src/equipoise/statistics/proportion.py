# SPDX-License-Identifier: Apache-2.0
"""One proportion: its estimate, intervals and exact tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaincinv, gammaln

from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import Floats, check_probability, fail


@dataclass(frozen=True, slots=True)
class Proportion:
    """x / n with its interval; arrays of the shape of x and n. NaN where n is 0."""

    estimate: Floats
    lower: Floats
    upper: Floats
    conf_level: float
    method: str


def check_counts(x: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Counts as floats with 0 <= x <= n, both whole numbers; MethodError otherwise."""
    count, total = np.broadcast_arrays(np.asarray(x, float), np.asarray(n, float))
    whole = (count == np.floor(count)) & (total == np.floor(total)) & np.isfinite(total)
    good = whole & (count >= 0) & (count <= total)
    if not bool(np.all(good)):
        first = int(np.flatnonzero(~np.atleast_1d(good))[0])
        bad_x, bad_n = np.atleast_1d(count)[first], np.atleast_1d(total)[first]
        raise fail(
            f"a count must be a whole number between 0 and its total; found {bad_x:g}/{bad_n:g}.",
            f"element {first + 1}",
            "pass responders and subjects, not a percentage.",
        )
    return count.astype(float), total.astype(float)


def proportion(x: Floats, n: Floats) -> Floats:
    """X / n, NaN where n is 0."""
    estimate: Floats = np.divide(x, n, out=np.full(x.shape, np.nan), where=n > 0)
    return estimate


def _result(
    x: Floats, n: Floats, lower: Floats, upper: Floats, conf_level: float, method: str
) -> Proportion:
    empty = n == 0
    low, high = np.where(empty, np.nan, lower), np.where(empty, np.nan, upper)
    return Proportion(proportion(x, n), low, high, conf_level, method)


def clopper_pearson(x: ArrayLike, n: ArrayLike, *, conf_level: float) -> Proportion:
    """Exact interval by inverting two one-sided binomial tests.

    Source: Clopper & Pearson, Biometrika 1934;26:404-413; beta form in Brown et al. 2001, 4.2.1.
    """
    x, n = check_counts(x, n)
    alpha = 1.0 - check_probability("conf_level", conf_level)
    low = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, alpha / 2), 0.0)
    high = np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1), 1 - alpha / 2), 1.0)
    return _result(x, n, low, high, conf_level, "Clopper-Pearson")


def clopper_pearson_lower(x: ArrayLike, n: ArrayLike, *, conf_level: float) -> Floats:
    """One-sided exact lower limit at `conf_level`; the upper limit is 1."""
    x, n = check_counts(x, n)
    alpha = 1.0 - check_probability("conf_level", conf_level)
    low: Floats = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, alpha), 0.0)
    return np.where(n > 0, low, np.nan)


def wilson(x: ArrayLike, n: ArrayLike, *, conf_level: float) -> Proportion:
    """Score interval. Source: Wilson, JASA 1927;22:209-212; Newcombe 1998 method 3."""
    x, n = check_counts(x, n)
    z = critical_value(conf_level)
    low, high = wilson_limits(x, n, z)
    return _result(x, n, low, high, conf_level, "Wilson")


def wilson_limits(x: Floats, n: Floats, z: float | Floats) -> tuple[Floats, Floats]:
    """Wilson limits for a given normal quantile z."""
    size = np.maximum(n, 1.0)
    p = x / size
    centre = (p + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * np.sqrt(p * (1 - p) / size + z * z / (4 * size * size))
    low: Floats = np.where(x == 0, 0.0, np.maximum(centre - half, 0.0))
    high: Floats = np.where(x == n, 1.0, np.minimum(centre + half, 1.0))
    return low, high


def wilson_corrected(x: ArrayLike, n: ArrayLike, *, conf_level: float) -> Proportion:
    """Score interval with continuity correction. Source: Newcombe 1998;17:857, method 4."""
    x, n = check_counts(x, n)
    low, high = wilson_corrected_limits(x, n, critical_value(conf_level))
    return _result(x, n, low, high, conf_level, "Wilson, continuity corrected")


def wilson_corrected_limits(x: Floats, n: Floats, z: float) -> tuple[Floats, Floats]:
    """Wilson limits with continuity correction for a given normal quantile z."""
    size = np.maximum(n, 1.0)
    p, q = x / size, 1 - x / size
    zz, two = z * z, 2 * (size + z * z)
    below = zz - 2 - 1 / size + 4 * p * (size * q + 1)
    above = zz + 2 - 1 / size + 4 * p * (size * q - 1)
    low = (2 * x + zz - 1 - z * np.sqrt(np.maximum(below, 0))) / two
    high = (2 * x + zz + 1 + z * np.sqrt(np.maximum(above, 0))) / two
    low = np.where(x == 0, 0.0, np.maximum(low, 0.0))
    return low, np.where(x == n, 1.0, np.minimum(high, 1.0))


def wald(x: ArrayLike, n: ArrayLike, *, conf_level: float) -> Proportion:
    """P +- z sqrt(p q / n), not cut to [0, 1]. Source: Newcombe 1998, method 1."""
    x, n = check_counts(x, n)
    p = x / np.maximum(n, 1.0)
    half = critical_value(conf_level) * np.sqrt(p * (1 - p) / np.maximum(n, 1.0))
    return _result(x, n, p - half, p + half, conf_level, "Wald")


def wald_corrected(x: ArrayLike, n: ArrayLike, *, conf_level: float) -> Proportion:
    """P +- (z sqrt(p q / n) + 1 / (2 n)), not cut. Source: Newcombe 1998, method 2."""
    x, n = check_counts(x, n)
    size = np.maximum(n, 1.0)
    p = x / size
    half = critical_value(conf_level) * np.sqrt(p * (1 - p) / size) + 0.5 / size
    return _result(x, n, p - half, p + half, conf_level, "Wald, continuity corrected")


def agresti_coull(x: ArrayLike, n: ArrayLike, *, conf_level: float) -> Proportion:
    """Wald form around (x + z^2/2) / (n + z^2), not cut to [0, 1].

    Source: Brown et al., Stat Sci 2001;16:101-133, eq. 5.
    """
    x, n = check_counts(x, n)
    z = critical_value(conf_level)
    size = n + z * z
    p = (x + z * z / 2) / size
    half = z * np.sqrt(p * (1 - p) / size)
    return _result(x, n, p - half, p + half, conf_level, "Agresti-Coull")


def jeffreys(x: ArrayLike, n: ArrayLike, *, conf_level: float) -> Proportion:
    """Equal-tailed posterior interval under Beta(1/2, 1/2); 0 at x = 0 and 1 at x = n.

    Source: Brown et al., Stat Sci 2001;16:101-133, section 4.3 (the modification for the ends is
    only their 0 and 1, not their correction for x = 1).
    """
    x, n = check_counts(x, n)
    alpha = 1.0 - check_probability("conf_level", conf_level)
    low = np.where(x == 0, 0.0, betaincinv(x + 0.5, n - x + 0.5, alpha / 2))
    high = np.where(x == n, 1.0, betaincinv(x + 0.5, n - x + 0.5, 1 - alpha / 2))
    return _result(x, n, low, high, conf_level, "Jeffreys")


def mid_p(x: ArrayLike, n: ArrayLike, *, conf_level: float) -> Proportion:
    """Limits where the tail, counting the observed outcome half, equals alpha / 2.

    Source: Berry & Armitage, Statistician 1995;44:417-423; solved by bisection.
    """
    x, n = check_counts(x, n)
    alpha = 1.0 - check_probability("conf_level", conf_level)
    low = np.where(x == 0, 0.0, _bisect(lambda p: _mid_upper(x, n, p) - alpha / 2, x.shape))
    high = np.where(x == n, 1.0, _bisect(lambda p: alpha / 2 - _mid_lower(x, n, p), x.shape))
    return _result(x, n, low, high, conf_level, "mid-P")


def binomial_pmf(x: Floats, n: Floats, p: Floats | float) -> Floats:
    """P(X = x) for a binomial count; 0 ** 0 is 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log_p = np.where(x > 0, x * np.log(p), 0.0)
        log_q = np.where(n > x, (n - x) * np.log1p(-np.asarray(p)), 0.0)
    pmf: Floats = np.exp(gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1) + log_p + log_q)
    return pmf


def _mid_upper(x: Floats, n: Floats, p: Floats) -> Floats:
    above: Floats = np.where(x < n, betainc(x + 1, np.maximum(n - x, 1), p), 0.0)
    return above + 0.5 * binomial_pmf(x, n, p)


def _mid_lower(x: Floats, n: Floats, p: Floats) -> Floats:
    below: Floats = np.where(x > 0, 1.0 - betainc(np.maximum(x, 1), n - x + 1, p), 0.0)
    return below + 0.5 * binomial_pmf(x, n, p)


def _bisect(function: Callable[[Floats], Floats], shape: tuple[int, ...]) -> Floats:
    low, high = np.zeros(shape), np.ones(shape)
    for _ in range(80):
        middle = 0.5 * (low + high)
        rising = function(middle) > 0
        high, low = np.where(rising, middle, high), np.where(rising, low, middle)
    return 0.5 * (low + high)
