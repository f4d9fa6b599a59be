# SPDX-License-Identifier: Apache-2.0
"""Two arms compared within strata: common differences, ratios and odds ratios, and their tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.normal import ChiSquare, chi_square, critical_value
from equipoise.statistics.observations import Floats, fail
from equipoise.statistics.proportion import check_counts, wilson_limits
from equipoise.statistics.roots import sign_change
from equipoise.statistics.score_intervals import MIETTINEN_NURMINEN, score_interval, score_parts
from equipoise.statistics.two_proportions import Contrast, Counts, ratio_or_limit


@dataclass(frozen=True, slots=True)
class Strata:
    """Counts per stratum (k,), both arms present: x1 of n1 against x2 of n2."""

    x1: Floats
    n1: Floats
    x2: Floats
    n2: Floats


@dataclass(frozen=True, slots=True)
class Common:
    """A common contrast with its standard error (log scale for ratios) and interval."""

    estimate: float
    std_err: float
    lower: float
    upper: float
    conf_level: float
    method: str


def strata_counts(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> Strata:
    """Checked counts; strata with an empty arm hold no comparison and are left out."""
    a, m = check_counts(x1, n1)
    b, n = check_counts(x2, n2)
    kept = (m > 0) & (n > 0)
    if not bool(kept.any()):
        raise fail("no stratum holds both arms.", "arguments n1, n2", "report it as NA.")
    return Strata(a[kept], m[kept], b[kept], n[kept])


def _log_common(value: float, error: float, conf_level: float, name: str) -> Common:
    half = critical_value(conf_level) * error
    low, high = value * float(np.exp(-half)), value * float(np.exp(half))
    return Common(value, error, low, high, conf_level, name)


def mantel_haenszel_odds_ratio(s: Strata, *, conf_level: float) -> Common:
    """Common odds ratio; NaN limits when a sum of its formula is 0.

    Source: Mantel & Haenszel 1959; Robins, Breslow & Greenland, Biometrics 1986;42:311-323.
    """
    n = s.n1 + s.n2
    r, t = s.x1 * (s.n2 - s.x2) / n, (s.n1 - s.x1) * s.x2 / n
    p, q = (s.x1 + s.n2 - s.x2) / n, (s.n1 - s.x1 + s.x2) / n
    big_r, big_t = float(r.sum()), float(t.sum())
    if big_r == 0.0 or big_t == 0.0:
        value = float("inf") if big_r > 0 else (0.0 if big_t > 0 else float("nan"))
        nan = float("nan")
        return Common(value, nan, nan, nan, conf_level, "Mantel-Haenszel")
    variance = (p * r).sum() / (2 * big_r**2) + (p * t + q * r).sum() / (2 * big_r * big_t)
    variance += (q * t).sum() / (2 * big_t**2)
    return _log_common(big_r / big_t, float(np.sqrt(variance)), conf_level, "Mantel-Haenszel")


def mantel_haenszel_ratio(s: Strata, *, conf_level: float) -> Common:
    """Common relative risk. Source: Greenland & Robins, Biometrics 1985;41:55-68, eq. 4 and 13."""
    n = s.n1 + s.n2
    top, bottom = float((s.x1 * s.n2 / n).sum()), float((s.x2 * s.n1 / n).sum())
    part = (s.n1 * s.n2 * (s.x1 + s.x2) - s.x1 * s.x2 * n) / n**2
    error = float(np.sqrt(part.sum() / (top * bottom))) if top * bottom > 0 else float("nan")
    value = ratio_or_limit(top, bottom)
    if not error > 0.0:
        nan = float("nan")
        return Common(value, nan, nan, nan, conf_level, "Mantel-Haenszel")
    return _log_common(value, error, conf_level, "Mantel-Haenszel")


def _inverse_variance(logs: Floats, variance: Floats, conf_level: float) -> Common:
    weight = 1 / variance
    centre = float((weight * logs).sum() / weight.sum())
    error = float(1 / np.sqrt(weight.sum()))
    return _log_common(float(np.exp(centre)), error, conf_level, "logit")


def logit_odds_ratio(s: Strata, *, conf_level: float) -> Common:
    """Inverse-variance mean of log odds ratios; 1/2 is added where a stratum has a zero cell."""
    cells = np.stack([s.x1, s.n1 - s.x1, s.x2, s.n2 - s.x2])
    cells = cells + 0.5 * (cells == 0).any(axis=0)
    logs = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    return _inverse_variance(logs, (1 / cells).sum(axis=0), conf_level)


def logit_ratio(s: Strata, *, conf_level: float) -> Common:
    """Inverse-variance mean of log relative risks; 1/2 is added where a count is zero."""
    add = 0.5 * ((s.x1 == 0) | (s.x2 == 0))
    a, b, m, n = s.x1 + add, s.x2 + add, s.n1 + add, s.n2 + add
    variance = 1 / a - 1 / m + 1 / b - 1 / n
    if not bool((variance > 0).all()):
        raise fail(
            "a stratum in which everybody responds has no variance.",
            f"stratum number {int(np.argmax(~(variance > 0))) + 1}",
            "use the Mantel-Haenszel ratio.",
        )
    return _inverse_variance(np.log(a * n / (b * m)), variance, conf_level)


def _difference(s: Strata) -> tuple[float, Floats]:
    weight: Floats = s.n1 * s.n2 / (s.n1 + s.n2)
    return float((weight * (s.x1 / s.n1 - s.x2 / s.n2)).sum() / weight.sum()), weight


def mantel_haenszel_difference(s: Strata, *, conf_level: float) -> Common:
    """CMH-weighted risk difference with Sato's variance, valid for few or many strata.

    Source: Greenland & Robins 1985, eq. 1; Sato, Biometrics 1989;45:1323-1324.
    """
    d, weight = _difference(s)
    n = s.n1 + s.n2
    p = (s.n1**2 * s.x2 - s.n2**2 * s.x1 + s.n1 * s.n2 * (s.n2 - s.n1) / 2) / n**2
    q = (s.x1 * (s.n2 - s.x2) + s.x2 * (s.n1 - s.x1)) / (2 * n)
    error = float(np.sqrt((d * p.sum() + q.sum()) / weight.sum() ** 2))
    half = critical_value(conf_level) * error
    return Common(d, error, d - half, d + half, conf_level, "Mantel-Haenszel, Sato")


def mantel_haenszel_difference_unpooled(s: Strata, *, conf_level: float) -> Common:
    """The same weights with the Wald variance of each stratum. Source: Greenland & Robins 1985."""
    d, weight = _difference(s)
    p1, p2 = s.x1 / s.n1, s.x2 / s.n2
    variance = p1 * (1 - p1) / s.n1 + p2 * (1 - p2) / s.n2
    error = float(np.sqrt((weight**2 * variance).sum()) / weight.sum())
    half = critical_value(conf_level) * error
    return Common(d, error, d - half, d + half, conf_level, "Mantel-Haenszel, unpooled")


def stratified_score_difference(s: Strata, *, conf_level: float) -> Contrast:
    """Stratified Miettinen-Nurminen interval with Mantel-Haenszel weights.

    z(d) = sum w (D - d) / sqrt(sum w^2 V(d) N/(N-1)), V at the restricted estimates.
    Source: Miettinen & Nurminen 1985, eq. 11-13 with MH weights; Lu, 2008.
    """
    z = critical_value(conf_level)
    value, weight = _difference(s)
    tables = [Counts(*(int(v) for v in row)) for row in zip(s.x1, s.n1, s.x2, s.n2, strict=True)]
    factor = (s.n1 + s.n2) / (s.n1 + s.n2 - 1)

    def statistic(d: float) -> float:
        parts = np.array([score_parts(t, "difference", d) for t in tables])
        spread = float((weight**2 * parts[:, 1] * factor).sum())
        top = float((weight * parts[:, 0]).sum())
        if spread > 0:
            return top / float(np.sqrt(spread))
        return 0.0 if abs(top) < 1e-12 else float(np.sign(top)) * float("inf")

    low = sign_change(lambda d: statistic(d) - z, -1.0, 1.0) if statistic(-1.0) > z else -1.0
    high = sign_change(lambda d: statistic(d) + z, -1.0, 1.0)
    return Contrast(value, low, high, conf_level, "stratified Miettinen-Nurminen")


def summary_score_difference(s: Strata, *, conf_level: float) -> Common:
    """SAS COMMON(CL=SCORE): inverse-variance mean of stratum score-interval midpoints.

    Source: SAS/STAT FREQ, "Common Risk Difference", summary score estimate; Agresti 2013, p. 231.
    """
    z = critical_value(conf_level)
    middle, error = [], []
    for row in zip(s.x1, s.n1, s.x2, s.n2, strict=True):
        table = Counts(*(int(v) for v in row))
        part = score_interval(
            table, scale="difference", form=MIETTINEN_NURMINEN, conf_level=conf_level
        )
        middle.append((part.lower + part.upper) / 2)
        error.append((part.upper - part.lower) / (2 * z))
    weight = 1 / np.square(error)
    d = float((weight * middle).sum() / weight.sum())
    se = float(1 / np.sqrt(weight.sum()))
    return Common(d, se, d - z * se, d + z * se, conf_level, "summary score")


def stratified_newcombe(s: Strata, *, conf_level: float) -> Contrast:
    """Newcombe's interval of a difference from stratified Wilson limits, Mantel-Haenszel weights.

    Notes         D - z sqrt(a_1 l_1 (1 - l_1) + a_2 u_2 (1 - u_2)) and
                  D + z sqrt(a_1 u_1 (1 - u_1) + a_2 l_2 (1 - l_2)), l and u the stratified Wilson
                  limits of each arm, a = sum of w^2 / n with weights w that sum to 1. With one
                  stratum this is Newcombe's square-and-add.
    Source: Yan & Su, Stat Biopharm Res 2010;2:329-335, section 3; SAS/STAT FREQ, "Stratified
            Newcombe Confidence Limits".
    """
    value, weight = _difference(s)
    share = weight / weight.sum()
    l1, u1 = _weighted_wilson(s.x1, s.n1, share, conf_level)
    l2, u2 = _weighted_wilson(s.x2, s.n2, share, conf_level)
    a1, a2 = float((share**2 / s.n1).sum()), float((share**2 / s.n2).sum())
    z = critical_value(conf_level)
    low = value - z * float(np.sqrt(a1 * l1 * (1 - l1) + a2 * u2 * (1 - u2)))
    high = value + z * float(np.sqrt(a1 * u1 * (1 - u1) + a2 * l2 * (1 - l2)))
    return Contrast(value, low, high, conf_level, "stratified Newcombe")


def _weighted_wilson(x: Floats, n: Floats, share: Floats, conf_level: float) -> tuple[float, float]:
    """Stratum Wilson intervals at a common smaller quantile, averaged with fixed weights.

    Where every stratum has no or only responders the quantile is that of equal variances.
    """
    p = x / n
    variance = p * (1 - p) / n
    total = float(np.sqrt((share**2 * variance).sum()))
    spread = float((share * np.sqrt(variance)).sum())
    z = critical_value(conf_level) * (
        total / spread if spread > 0 else float(np.linalg.norm(share))
    )
    low, high = wilson_limits(x, n, z)
    return float((share * low).sum()), float((share * high).sum())


def stratified_wilson(
    x: ArrayLike, n: ArrayLike, *, weights: ArrayLike, conf_level: float
) -> Contrast:
    """One proportion over strata with fixed weights. Source: Yan & Su 2010, section 2."""
    count, total = check_counts(x, n)
    share = np.asarray(weights, float) / np.sum(weights)
    low, high = _weighted_wilson(count, total, share, conf_level)
    value = float((share * count / total).sum())
    return Contrast(value, low, high, conf_level, "stratified Wilson")


def cochran_mantel_haenszel(s: Strata, *, correction: float) -> ChiSquare:
    """CMH test of conditional independence; correction 0, or 0.5 as R's default."""
    n, x = s.n1 + s.n2, s.x1 + s.x2
    away = abs(float((s.x1 - x * s.n1 / n).sum()))
    variance = float((x * (n - x) * s.n1 * s.n2 / (n**2 * np.maximum(n - 1, 1))).sum())
    if variance <= 0:
        return chi_square(float("nan"), 0)
    return chi_square((away - min(correction, away)) ** 2 / variance, 1)


def breslow_day(s: Strata) -> ChiSquare:
    """Homogeneity of odds ratios, without Tarone's correction. Source: Breslow & Day 1980, 4.4."""
    common = mantel_haenszel_odds_ratio(s, conf_level=0.95).estimate
    x = s.x1 + s.x2
    if not 0.0 < common < np.inf:  # nothing to be the same in every stratum
        return chi_square(float("nan"), 0)
    total = 0.0
    for a, n1, n2, m in zip(s.x1, s.n1, s.n2, x, strict=True):
        low, high = max(0.0, m - n2), min(m, n1)

        def gap(e: float, n1: float = n1, n2: float = n2, m: float = m) -> float:
            return e * (n2 - m + e) - common * (n1 - e) * (m - e)

        e = sign_change(gap, low, high)
        variance = 1 / (1 / e + 1 / (n1 - e) + 1 / (m - e) + 1 / (n2 - m + e))
        total += (a - e) ** 2 / variance
    return chi_square(total, s.x1.size - 1)


def woolf_homogeneity(s: Strata) -> ChiSquare:
    """Homogeneity of odds ratios by weighted log odds ratios. Source: Woolf 1955."""
    cells = np.stack([s.x1, s.n1 - s.x1, s.x2, s.n2 - s.x2])
    if bool((cells == 0).any()):
        raise fail(
            "Woolf's test takes logarithms of every cell; one of them is 0.",
            f"stratum number {int(np.argmax((cells == 0).any(axis=0))) + 1}",
            "use the Breslow-Day test.",
        )
    logs = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    weight = 1 / (1 / cells).sum(axis=0)
    mean = (weight * logs).sum() / weight.sum()
    return chi_square(float((weight * (logs - mean) ** 2).sum()), s.x1.size - 1)
