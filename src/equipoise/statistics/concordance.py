# SPDX-License-Identifier: Apache-2.0
"""Concordance of a risk score with the order of events."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit

from equipoise.statistics.cox import CoxFit
from equipoise.statistics.observations import Flags, Floats, Ints


@dataclass(frozen=True, slots=True)
class Concordance:
    """Pairs by whether the higher risk had the earlier event; c = 1 is perfect, 0.5 is chance.

    c = (concordant + tied_x / 2) / (concordant + discordant + tied_x). tied_x: same risk;
    tied_y: both had the event at one time, different risks. std_err: infinitesimal jackknife.
    """

    c: float
    std_err: float
    concordant: float
    discordant: float
    tied_x: float
    tied_y: float


@njit(cache=True, nogil=True)
def _sweep(
    at: Ints, rank: Ints, weight: Floats, query_at: Ints, query_rank: Ints, ranks: int
) -> Floats:  # pragma: no cover - compiled
    """Weight (q, 3) of the points later than each query, by rank: lower, higher, equal.

    Points and queries come with `at` falling. A Fenwick tree holds the weight met so far by rank:
    tree[k] is that of the k & -k ranks that end with rank k - 1.
    """
    tree, equal = np.zeros(ranks + 1), np.zeros(ranks)
    found = np.empty((query_at.size, 3))
    total, p = 0.0, 0
    for q in range(query_at.size):
        while p < at.size and at[p] > query_at[q]:
            k = rank[p] + 1
            while k <= ranks:
                tree[k] += weight[p]
                k += k & -k
            equal[rank[p]] += weight[p]
            total += weight[p]
            p += 1
        lower, k = 0.0, query_rank[q]
        while k > 0:
            lower += tree[k]
            k -= k & -k
        same = equal[query_rank[q]]
        found[q, 0], found[q, 1], found[q, 2] = lower, total - lower - same, same
    return found


def _later(at: Ints, rank: Ints, weight: Floats, query_at: Ints, query_rank: Ints) -> Floats:
    """As `_sweep`, of points and queries in any order; rows come back as the queries were."""
    points, queries = np.argsort(-at, kind="stable"), np.argsort(-query_at, kind="stable")
    ranks = int(max(rank.max(), query_rank.max())) + 1
    found: Floats = np.empty((query_at.size, 3))
    found[queries] = _sweep(
        at[points], rank[points], weight[points], query_at[queries], query_rank[queries], ranks
    )
    return found


def _pairs(
    time: Floats, event: Flags, risk: Floats, weight: Floats, entry: Floats
) -> tuple[Floats, Floats]:
    """Weighted pair counts (4,) and each row's part in the first three (n, 3), of one stratum.

    Events, entries and censorings of one time are put in this order: who enters at the time of an
    event is not at risk, who is censored then is. A pair is an event and a row that leaves later
    and had not entered later.
    """
    total, part = np.zeros(4), np.zeros((time.size, 3))
    died = np.flatnonzero(event)
    if died.size == 0:
        return total, part
    rank = np.unique(risk, return_inverse=True)[1]
    place = np.unique(np.concatenate([time, entry]), return_inverse=True)[1]
    leaves = 3 * place[: time.size] + np.where(event, 0, 2)
    when, own, w = leaves[died], rank[died], weight[died]
    after = _later(leaves, rank, weight, when, own)
    before = _later(-when, own, w, -leaves, rank)
    if entry.size:
        enters = 3 * place[time.size :] + 1
        after -= _later(enters, rank, weight, when, own)
        before -= _later(-when, own, w, -enters, rank)
    part[died] = w[:, None] * after
    total[:3] = part.sum(axis=0)
    part += weight[:, None] * before[:, [1, 0, 2]]  # the event with the higher risk: concordant
    together = np.bincount(when, w)
    alike = np.bincount(np.unique(when * rank.size + own, return_inverse=True)[1], w)
    total[3] = 0.5 * float((together**2).sum() - (alike**2).sum())
    return total, part


def concordance(fit: CoxFit, *, cluster: Ints | None = None) -> Concordance:
    """Concordance of a fitted Cox model within strata; NaN when no pair can be compared.

    cluster (n,) codes in the caller's row order sum the jackknife parts. The pairs are counted in
    O(n log n), not visited.
    Source: Harrell et al., JAMA 1982;247:2543-2546; Therneau & Watson 2017 (ties, variance);
    Fenwick, Softw Pract Exp 1994;24:327-336 (the counting).
    """
    rows = fit.rows
    weight = rows.weight if rows.weight.size else np.ones(rows.time.size)
    risk = np.round(rows.x @ fit.beta, 12)
    total, part = np.zeros(4), np.empty((rows.time.size, 3))
    for start, stop in pairwise(rows.offsets):
        here = slice(start, stop)
        counts, part[here] = _pairs(
            rows.time[here], rows.event[here], risk[here], weight[here], rows.entry[here]
        )
        total += counts
    pairs = float(total[:3].sum())
    if pairs == 0.0:
        nan = float("nan")
        return Concordance(nan, nan, 0.0, 0.0, 0.0, float(total[3]))
    c = float(total[0] + 0.5 * total[2]) / pairs
    influence = (part[:, 0] + 0.5 * part[:, 2] - c * part.sum(axis=1)) / pairs
    if cluster is not None:
        influence = np.bincount(cluster[rows.order], influence)
    error = float(np.sqrt(np.sum(influence**2)))
    con, dis, tied_x, tied_y = (float(value) for value in total)
    return Concordance(c, error, con, dis, tied_x, tied_y)
