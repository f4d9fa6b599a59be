# SPDX-License-Identifier: Apache-2.0
"""Log-rank tests by the permutation distribution of scores, as R coin computes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.logrank import LogRank, finish, sum_risk_table, tabulate_risk
from equipoise.statistics.observations import as_codes, as_events, as_times, fail
from equipoise.statistics.weighted_logrank import Weigh, weigh_strata


def permutation_logrank(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, *, weigh: Weigh
) -> LogRank:
    """Two-group score test with the permutation variance.

    Scores a_i = event_i w(t_i) - sum of w d / n up to t_i; the sum over the second group has
    variance n1 n2 / (N (N - 1)) sum (a - mean)^2. z is of the second label, as in `logrank`.
    Source: Letón & Zuluaga, Commun Stat 2001;30:591; Hothorn et al., Am Stat 2006;60:257.
    """
    times = as_times(time)
    events = as_events(event, times.size)
    codes = as_codes("group", group, times.size)
    if len(codes.labels) != 2:
        raise fail("two groups are needed.", "argument group", "drop other arms.")
    table = tabulate_risk(times, events, codes.code)
    if int(events.sum()) == 0:  # no weights and no scores: the test is not estimable
        return sum_risk_table(table, np.ones(table.at_risk.shape[0]))
    w = weigh_strata(table, weigh)
    died = np.unique(times[events > 0])
    hazard = np.concatenate([[0.0], np.cumsum(w * table.events.sum(axis=1) / table.at_risk.sum(1))])
    upto = np.searchsorted(died, times, side="right")
    own = np.where(events > 0, w[np.maximum(upto - 1, 0)], 0.0)
    score = own - hazard[upto]
    second = codes.code == 1
    n, m = times.size, int(second.sum())
    variance = m * (n - m) / (n * (n - 1)) * float(((score - score.mean()) ** 2).sum())
    u = float(score[second].sum() - m * score.mean())
    observed = np.array([own[~second].sum(), own[second].sum()])
    return finish(
        codes.labels,
        np.array([n - m, m]),
        observed,
        observed - np.array([-u, u]),
        variance * np.array([[1.0, -1.0], [-1.0, 1.0]]),
    )
