# SPDX-License-Identifier: Apache-2.0
"""Tests of one proportion against a fixed value: exact, mid-P and normal approximation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from equipoise.statistics.normal import lower_p, two_sided_p
from equipoise.statistics.observations import check_probability
from equipoise.statistics.proportion import binomial_pmf, check_counts

RELATIVE = 1e-7  # outcomes this close in probability count as equally likely, as R does


@dataclass(frozen=True, slots=True)
class BinomialTest:
    """Exact p-values of x / n against p0.

    p_two_sided sums every outcome no likelier than x (R, scipy); p_doubled doubles the smaller
    tail and is at most 1 (SAS); mid_p_* count the observed outcome half.
    """

    p_greater: float
    p_less: float
    p_two_sided: float
    p_doubled: float
    mid_p_greater: float
    mid_p_less: float
    mid_p_two_sided: float


def binomial_test(x: int, n: int, *, p0: float) -> BinomialTest:
    """Exact test that the probability is `p0`. Raises MethodError for impossible counts or p0.

    Source: Clopper & Pearson 1934; two-sided by probability ordering (Sterne 1954).
    """
    check_counts(x, n)
    check_probability("p0", p0)
    greater = float(betainc(x, n - x + 1, p0)) if x > 0 else 1.0
    less = float(betainc(n - x, x + 1, 1.0 - p0)) if x < n else 1.0
    outcomes = np.arange(n + 1, dtype=float)
    pmf = binomial_pmf(outcomes, np.full(n + 1, float(n)), p0)
    here = float(pmf[x])
    two = min(1.0, float(pmf[pmf <= here * (1 + RELATIVE)].sum()))
    mid = (greater - 0.5 * here, less - 0.5 * here)
    return BinomialTest(
        greater, less, two, min(1.0, 2 * min(greater, less)), *mid, min(1.0, 2 * min(mid))
    )


@dataclass(frozen=True, slots=True)
class ProportionScore:
    """Normal test of x / n against p0: z by the standard error under p0, and both errors."""

    z: float
    p_two_sided: float
    p_greater: float
    std_err: float
    std_err_null: float


def proportion_score_test(x: int, n: int, *, p0: float, correction: float) -> ProportionScore:
    """Z = (p - p0 -+ c) / sqrt(p0 q0 / n); correction c is 0, or 1/(2n) for continuity.

    Source: Fleiss, Levin & Paik 2003, section 2.1.
    """
    check_counts(x, n)
    p = x / n
    null = float(np.sqrt(p0 * (1 - p0) / n))
    away = p - p0
    z = float(np.sign(away) * max(abs(away) - correction, 0.0) / null)
    error = float(np.sqrt(p * (1 - p) / n))
    return ProportionScore(z, two_sided_p(z), lower_p(-z), error, null)
