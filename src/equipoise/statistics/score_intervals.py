# SPDX-License-Identifier: Apache-2.0
"""Score intervals of two proportions: Miettinen-Nurminen, Mee, Koopman and their skewness forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from equipoise.statistics.normal import critical_value, lower_p
from equipoise.statistics.observations import Floats, check_choice, fail
from equipoise.statistics.roots import sign_change
from equipoise.statistics.two_proportions import Contrast, Counts, sample_odds_ratio

SCALES = ("difference", "ratio", "odds ratio")


@dataclass(frozen=True, slots=True)
class ScoreForm:
    """Which score: `variance_factor` N / (N - 1); `skewness` corrected; `continuity`: 0.5 subtracts
    0.5 / min(n1, n2) from the difference, as Hauck and Anderson; `bias` corrected, which changes
    the odds ratio only: its score has mean (p1 - p2) / (n1 p1 q1 + n2 p2 q2) to order 1 / n.
    """

    variance_factor: bool
    skewness: bool
    continuity: float
    bias: bool


MIETTINEN_NURMINEN = ScoreForm(variance_factor=True, skewness=False, continuity=0.0, bias=False)
MEE = ScoreForm(variance_factor=False, skewness=False, continuity=0.0, bias=False)
SCAS = ScoreForm(variance_factor=True, skewness=True, continuity=0.0, bias=True)
GART_NAM = ScoreForm(variance_factor=False, skewness=True, continuity=0.0, bias=False)


def restricted(c: Counts, scale: str, theta: float) -> tuple[float, float]:
    """Maximum likelihood (p1, p2) when p1 - p2, p1 / p2 or the odds ratio is held at theta."""
    p1, p2 = RESTRICTED[scale](np.array([c.x1]), c.n1, np.array([c.x2]), c.n2, theta)
    return float(p1[0]), float(p2[0])


def restricted_difference(
    x1: Floats, n1: int, x2: Floats, n2: int, theta: float
) -> tuple[Floats, Floats]:
    """(p1, p2) of many tables at p1 - p2 = theta.

    Source: Miettinen & Nurminen, Stat Med 1985;4:213-226, eq. 27-28 (the cubic in p2).
    """
    n, x = n1 + n2, x1 + x2
    l2 = (n1 + 2 * n2) * theta - n - x
    l1 = (n2 * theta - n - 2 * x2) * theta + x
    l0 = x2 * theta * (1 - theta)
    q = (l2 / (3 * n)) ** 3 - l1 * l2 / (6 * n * n) + l0 / (2 * n)
    size = np.sqrt(np.maximum((l2 / (3 * n)) ** 2 - l1 / (3 * n), 0.0))
    size = np.where(q > 0, size, -size)
    cube = np.where(size != 0, size**3, 1.0)
    angle = np.arccos(np.clip(np.where(size != 0, q / cube, 0.0), -1.0, 1.0))
    p2 = 2 * size * np.cos((np.pi + angle) / 3) - l2 / (3 * n)
    p2 = np.clip(p2, max(0.0, -theta), min(1.0, 1.0 - theta))
    return np.clip(p2 + theta, 0.0, 1.0), p2


def restricted_ratio(
    x1: Floats, n1: int, x2: Floats, n2: int, theta: float
) -> tuple[Floats, Floats]:
    """(p1, p2) of many tables at p1 / p2 = theta. Source: the same, eq. 29-30."""
    a, x = (n1 + n2) * theta, x1 + x2
    b = -(n1 * theta + x1 + n2 + x2 * theta)
    p2 = (-b - np.sqrt(np.maximum(b * b - 4 * a * x, 0.0))) / (2 * a)
    p2 = np.clip(p2, 0.0, 1.0)
    return np.minimum(theta * p2, 1.0), p2


def restricted_odds_ratio(
    x1: Floats, n1: int, x2: Floats, n2: int, theta: float
) -> tuple[Floats, Floats]:
    """(p1, p2) of many tables at a given odds ratio. Source: the same, appendix."""
    x = x1 + x2
    a, b = n2 * (theta - 1), n1 * theta + n2 - x * (theta - 1)
    root = np.sqrt(np.maximum(b * b + 4 * a * x, 0.0))
    p2 = np.clip(2 * x / np.maximum(b + root, 1e-300), 0.0, 1.0)
    return p2 * theta / (1 + p2 * (theta - 1)), p2


RESTRICTED = {
    "difference": restricted_difference,
    "ratio": restricted_ratio,
    "odds ratio": restricted_odds_ratio,
}


def score_parts(c: Counts, scale: str, theta: float) -> tuple[float, float, float]:
    """Score contrast, its variance (no factor) and third moment at theta."""
    r1, r2 = restricted(c, scale, theta)
    v1, v2 = r1 * (1 - r1) / c.n1, r2 * (1 - r2) / c.n2
    m1, m2 = v1 * (1 - 2 * r1) / c.n1, v2 * (1 - 2 * r2) / c.n2
    if scale == "difference":
        return c.p1 - c.p2 - theta, v1 + v2, m1 - m2
    if scale == "ratio":
        return c.p1 - theta * c.p2, v1 + theta**2 * v2, m1 - theta**3 * m2
    b1, b2 = r1 * (1 - r1), r2 * (1 - r2)
    if b1 <= 0 or b2 <= 0:
        return 0.0, 0.0, 0.0
    contrast = (c.p1 - r1) / b1 - (c.p2 - r2) / b2
    variance = 1 / (c.n1 * b1) + 1 / (c.n2 * b2)
    return contrast, variance, (1 - 2 * r1) / (c.n1 * b1) ** 2 - (1 - 2 * r2) / (c.n2 * b2) ** 2


def odds_ratio_bias(c: Counts, theta: float) -> float:
    """Mean of the odds ratio's score to order 1 / n: (p1 - p2) / (n1 p1 q1 + n2 p2 q2).

    Source: Gart, Biometrika 1985;72:673-677, as Laud 2017 uses it; 0 where p1 = p2.
    """
    r1, r2 = restricted(c, "odds ratio", theta)
    spread = c.n1 * r1 * (1 - r1) + c.n2 * r2 * (1 - r2)
    return (r1 - r2) / spread if spread > 0 else 0.0


def score_z(c: Counts, scale: str, theta: float, form: ScoreForm, side: float) -> float:
    """The score statistic at theta; positive when the data lie above it.

    side: +1 for the lower limit, -1 for the upper; the continuity correction pulls towards 0.
    """
    contrast, variance, third = score_parts(c, scale, theta)
    contrast -= side * form.continuity / min(c.n1, c.n2)
    if form.bias and scale == "odds ratio":
        contrast -= odds_ratio_bias(c, theta)
    n = c.n1 + c.n2
    variance *= n / (n - 1) if form.variance_factor else 1.0
    if variance <= 0.0:
        return 0.0 if abs(contrast) < 1e-14 else float(np.sign(contrast)) * float("inf")
    z = contrast / float(np.sqrt(variance))
    skew = third / (6 * variance**1.5)
    if not form.skewness or abs(skew) < 1e-12:
        return z
    inside = 1 + 4 * skew * (z + skew)
    # (-1 + sqrt(inside)) / (2 skew), written so that nearly equal numbers are not subtracted.
    return z if inside < 0 else 2 * (z + skew) / (1 + float(np.sqrt(inside)))


def score_interval(c: Counts, *, scale: str, form: ScoreForm, conf_level: float) -> Contrast:
    """Values of the contrast the score test does not reject.

    Parameters    c : Counts; scale : difference, ratio or odds ratio; form : ScoreForm
    Returns       Contrast; 0 or infinity where a zero count leaves no bound
    Raises        MethodError - unknown scale; a continuity correction of anything but a difference
    Source: Miettinen & Nurminen 1985; Mee, Biometrics 1984;40:1175; Koopman 1984;40:513 (factor
            off); Gart & Nam, Biometrics 1988;44:323; Laud, Pharm Stat 2017;16:334-348.
    """
    check_choice("scale", scale, SCALES)
    if form.continuity and scale != "difference":
        raise fail(
            "the continuity correction is defined for a difference.",
            "argument form",
            "pass continuity=0.",
        )
    z = critical_value(conf_level)
    estimate, low_end, high_end = _range(c, scale)

    def at(side: float) -> Callable[[float], float]:
        def gap(u: float) -> float:
            return score_z(c, scale, _from_unit(scale, u), form, side) - side * z

        return gap

    reached = at(1.0)(low_end) > 0  # else even the smallest value is not rejected
    low = _from_unit(scale, sign_change(at(1.0), low_end, high_end)) if reached else low_end
    high = _from_unit(scale, sign_change(at(-1.0), low_end, high_end))
    if scale != "difference" and c.x1 == 0:
        low = 0.0
    if scale != "difference" and c.x2 == 0:
        high = float("inf")
    if scale == "odds ratio" and c.x2 == c.n2:
        low = 0.0
    if scale == "odds ratio" and c.x1 == c.n1:
        high = float("inf")
    name = "score" if form != MIETTINEN_NURMINEN else "Miettinen-Nurminen"
    return Contrast(estimate, low, high, conf_level, name)


def _range(c: Counts, scale: str) -> tuple[float, float, float]:
    if scale == "difference":
        return c.p1 - c.p2, -1.0, 1.0
    if scale == "ratio":
        ratio = c.p1 / c.p2 if c.x2 else (float("inf") if c.x1 else float("nan"))
        return ratio, 1e-12, 1 - 1e-12
    return sample_odds_ratio(c), 1e-12, 1 - 1e-12


def _from_unit(scale: str, u: float) -> float:
    """Ratios are searched as u / (1 - u) with u in (0, 1)."""
    return u if scale == "difference" else u / (1 - u)


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """Test that p1 - p2 exceeds -margin; one-sided p."""

    z: float
    p: float
    std_err: float
    lower: float
    upper: float


def farrington_manning(c: Counts, *, margin: float, conf_level: float) -> NonInferiority:
    """Non-inferiority with the restricted error at -margin; limits D +- z SE.

    Source: Farrington & Manning, Stat Med 1990;9:1447-1454.
    """
    contrast, variance, _ = score_parts(c, "difference", -margin)
    error = float(np.sqrt(variance))
    half = critical_value(conf_level) * error
    d = c.p1 - c.p2
    return NonInferiority(contrast / error, lower_p(-contrast / error), error, d - half, d + half)


def ratio_likelihood(c: Counts, *, conf_level: float) -> Contrast:
    """Profile likelihood interval of the ratio. Source: Nam & Blackwelder 2002; SAS CL=LR."""
    drop = critical_value(conf_level) ** 2 / 2

    def loglik(p1: float, p2: float) -> float:
        terms = ((c.x1, p1), (c.n1 - c.x1, 1 - p1), (c.x2, p2), (c.n2 - c.x2, 1 - p2))
        if any(k > 0 and not p > 0 for k, p in terms):
            return float("-inf")
        return float(sum(k * np.log(p) for k, p in terms if k > 0))

    top = loglik(c.p1, c.p2)

    def gap(u: float) -> float:
        p1, p2 = restricted(c, "ratio", u / (1 - u))
        return loglik(p1, p2) - top + drop

    estimate, low_end, high_end = _range(c, "ratio")
    middle = estimate / (1 + estimate) if np.isfinite(estimate) else high_end
    middle = max(middle, low_end)
    low = sign_change(gap, low_end, middle) if c.x1 else 0.0
    high = sign_change(gap, middle, high_end) if c.x2 else 1.0
    upper = high / (1 - high) if c.x2 else float("inf")
    return Contrast(estimate, low / (1 - low), upper, conf_level, "likelihood ratio")
