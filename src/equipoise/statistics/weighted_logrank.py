# SPDX-License-Identifier: Apache-2.0
"""Weighted log-rank tests: Fleming-Harrington, Gehan, Tarone-Ware, Peto, modestly weighted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.logrank import LogRank, RiskTable, sum_risk_table, tabulate_risk
from equipoise.statistics.normal import chi_square, lower_p
from equipoise.statistics.observations import Floats, fail
from equipoise.statistics.states import State

Weigh = Callable[[Floats, Floats], Floats]


def weigh_strata(table: RiskTable, weigh: Weigh) -> Floats:
    """Weights (m,) from `weigh(at risk, events)` (pooled over groups) inside each stratum."""
    n = table.at_risk.sum(axis=1).astype(float)
    d = table.events.sum(axis=1).astype(float)
    cuts = table.offsets
    parts = [weigh(n[a:b], d[a:b]) for a, b in pairwise(cuts)]
    weights: Floats = np.concatenate(parts)
    return weights


def survival_before(n: Floats, d: Floats) -> Floats:
    """Pooled Kaplan-Meier just before each event time, S(t-)."""
    after = np.cumprod(1.0 - d / n)
    before: Floats = np.concatenate([[1.0], after])[: n.size]
    return before


def _test(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    stratum: ArrayLike | None,
    weigh: Weigh,
) -> LogRank:
    table = tabulate_risk(time, event, group, stratum=stratum)
    return sum_risk_table(table, weigh_strata(table, weigh))


def fleming_harrington_weights(rho: float, gamma: float) -> Weigh:
    """Weight S(t-)^rho (1 - S(t-))^gamma, with 0^0 = 1."""

    def weigh(n: Floats, d: Floats) -> Floats:
        before = survival_before(n, d)
        weights: Floats = before**rho * (1.0 - before) ** gamma
        return weights

    return weigh


def fleming_harrington(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    rho: float,
    gamma: float,
    stratum: ArrayLike | None = None,
) -> LogRank:
    """Weighted test with w = S(t-)^rho (1 - S(t-))^gamma, S the pooled curve of the stratum.

    (0, 0) is the log-rank test, (1, 0) R's `survdiff(rho = 1)`; gamma > 0 favours late differences.
    Source: Harrington & Fleming, Biometrika 1982;69:553-566; their book, 1991, section 7.3.
    """
    if rho < 0.0 or gamma < 0.0:
        raise fail(
            f"rho and gamma must be 0 or more; found {rho}, {gamma}.", "arguments", "see the plan."
        )
    return _test(time, event, group, stratum, fleming_harrington_weights(rho, gamma))


def gehan(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, *, stratum: ArrayLike | None = None
) -> LogRank:
    """Weight n_j (SAS WILCOXON). Source: Gehan, Biometrika 1965;52:203-223."""
    return _test(time, event, group, stratum, lambda n, _: n)


def tarone_ware(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, *, stratum: ArrayLike | None = None
) -> LogRank:
    """Weight sqrt(n_j). Source: Tarone & Ware, Biometrika 1977;64:156-160."""
    return _test(time, event, group, stratum, lambda n, _: np.sqrt(n))


def peto_peto(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, *, stratum: ArrayLike | None = None
) -> LogRank:
    """Weight prod over t_i <= t_j of (1 - d_i / (n_i + 1)), the present time included (SAS PETO).

    Source: Peto & Peto, JRSS A 1972;135:185-207; SAS/STAT LIFETEST, "Rank Tests".
    """
    return _test(time, event, group, stratum, lambda n, d: np.cumprod(1.0 - d / (n + 1.0)))


def modified_peto_peto(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, *, stratum: ArrayLike | None = None
) -> LogRank:
    """The Peto-Peto weight times n_j / (n_j + 1) (SAS MODPETO). Source: Andersen et al. 1982."""
    return _test(
        time,
        event,
        group,
        stratum,
        lambda n, d: np.cumprod(1.0 - d / (n + 1.0)) * n / (n + 1.0),
    )


def modestly_weighted_weights(s_star: float) -> Weigh:
    """Weight 1 / max(S(t-), s_star)."""

    def weigh(n: Floats, d: Floats) -> Floats:
        weights: Floats = 1.0 / np.maximum(survival_before(n, d), s_star)
        return weights

    return weigh


def modestly_weighted(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    s_star: float,
    stratum: ArrayLike | None = None,
) -> LogRank:
    """Weight 1 / max(S(t-), s*): late events count more, but never more than 1 / s*.

    Source: Magirr & Burman, Stat Med 2019;38:3782-3790, section 3, with s* in place of t*.
    """
    if not 0.0 < s_star <= 1.0:
        raise fail(f"s_star must lie in (0, 1]; found {s_star}.", "argument s_star", "e.g. 0.5.")
    return _test(time, event, group, stratum, modestly_weighted_weights(s_star))


def trend(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    scores: ArrayLike,
    stratum: ArrayLike | None = None,
) -> LogRank:
    """Log-rank test for trend over k ordered groups with one score per sorted label.

    z = sum a (O - E) / sqrt(a' V a); positive when higher scores have more events than expected.
    Source: Tarone, Biometrika 1975;62:679-682; Collett 2015, section 2.7.
    """
    table = tabulate_risk(time, event, group, stratum=stratum)
    whole = sum_risk_table(table, np.ones(table.at_risk.shape[0]))
    score = np.asarray(scores, dtype=float)
    if score.shape != (len(table.labels),) or not bool(np.isfinite(score).all()):
        raise fail(
            f"`scores` must be {len(table.labels)} numbers, one per group.",
            "argument scores",
            "order them as the sorted labels.",
        )
    return _combine(whole, score)


def _combine(whole: LogRank, score: Floats) -> LogRank:
    variance = float(score @ whole.variance @ score)
    if whole.state is not State.OK or variance <= 0.0:
        nan = float("nan")
        why = whole.reason or "all scores are equal"
        return replace(
            whole, z=nan, chi2=nan, p=nan, p_one_sided=nan, state=State.NE, reason=why, df=0
        )
    z = float(score @ (whole.observed - whole.expected)) / float(np.sqrt(variance))
    test = chi_square(z * z, 1)
    return replace(whole, z=z, chi2=z * z, df=1, p=test.p, p_one_sided=lower_p(z))
