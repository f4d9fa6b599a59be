# SPDX-License-Identifier: Apache-2.0
"""Compiled pass for the Cox partial likelihood, its slope and its curvature.

Rows are sorted by time inside each segment (stratum); the pass walks backwards, so that the risk
set only grows and nothing is held but its sums. Late entry removes rows again through a second
order. Information is kept as a flat upper triangle.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from equipoise.statistics.observations import Flags, Floats, Ints

Pass = tuple[float, Floats, Floats]


@njit(cache=True, nogil=True, inline="always")
def _add(s1: Floats, s2: Floats, row: Floats, r: float) -> None:  # pragma: no cover - compiled
    c = 0
    for a in range(row.size):
        rx = r * row[a]
        s1[a] += rx
        for b in range(a, row.size):
            s2[c] += rx * row[b]
            c += 1


@njit(cache=True, nogil=True)
def partial_likelihood(
    time: Floats,
    event: Flags,
    x: Floats,
    weight: Floats,
    entry: Floats,
    by_entry: Ints,
    offsets: Ints,
    beta: Floats,
    efron: bool,
) -> Pass:  # pragma: no cover - compiled
    """Log partial likelihood, score (p,) and information (p (p + 1) / 2,) at beta (p,).

    weight (n,) or empty for ones; entry (n,) or empty; by_entry (n,) rows by entry in a segment.
    """
    p = beta.size
    q = p * (p + 1) // 2
    loglik, score, info = 0.0, np.zeros(p), np.zeros(q)
    s1, s2, d1, d2 = np.zeros(p), np.zeros(q), np.zeros(p), np.zeros(q)
    mean = np.zeros(p)
    weighted, late = weight.size > 0, entry.size > 0
    for segment in range(offsets.size - 1):
        start, i = offsets[segment], offsets[segment + 1] - 1
        leave = i
        s0, at_risk = 0.0, 0
        s1[:], s2[:] = 0.0, 0.0
        while i >= start:
            now = time[i]
            d, dw, d0 = 0, 0.0, 0.0
            while i >= start and time[i] == now:
                eta = 0.0
                for a in range(p):
                    eta += x[i, a] * beta[a]
                w = weight[i] if weighted else 1.0
                r = w * np.exp(eta)
                s0 += r
                at_risk += 1
                _add(s1, s2, x[i], r)
                if event[i]:
                    if d == 0:
                        d1[:], d2[:] = 0.0, 0.0
                    d += 1
                    dw += w
                    d0 += r
                    loglik += w * eta
                    for a in range(p):
                        score[a] += w * x[i, a]
                    if efron:
                        _add(d1, d2, x[i], r)
                i -= 1
            if d == 0:
                continue
            while late and leave >= start and entry[by_entry[leave]] >= now:
                j = by_entry[leave]
                eta = 0.0
                for a in range(p):
                    eta += x[j, a] * beta[a]
                w = weight[j] if weighted else 1.0
                r = w * np.exp(eta)
                s0 -= r
                _add(s1, s2, x[j], -r)
                at_risk -= 1
                leave -= 1
            steps = d if efron else 1
            share = dw / steps
            for k in range(steps):
                f = k / d
                inverse = 1.0 / (s0 - f * d0)
                loglik += share * np.log(inverse)
                c = 0
                for a in range(p):
                    mean[a] = (s1[a] - f * d1[a]) * inverse
                    score[a] -= share * mean[a]
                for a in range(p):
                    for b in range(a, p):
                        info[c] += share * ((s2[c] - f * d2[c]) * inverse - mean[a] * mean[b])
                        c += 1
    return loglik, score, info


@njit(cache=True, nogil=True)
def exact_likelihood(
    time: Floats,
    event: Flags,
    x: Floats,
    entry: Floats,
    offsets: Ints,
    beta: Floats,
) -> Pass:  # pragma: no cover - compiled
    """The discrete partial likelihood: which d of those at risk had the events at this time.

    Its denominator is the elementary symmetric function of order d of exp(x beta) over the risk
    set, built by the recursion e_j += r e_(j-1) with its first and second derivatives. Values are
    scaled by d over the sum of r at each time, so that none overflows.
    """
    p = beta.size
    q = p * (p + 1) // 2
    loglik, score, info = 0.0, np.zeros(p), np.zeros(q)
    late = entry.size > 0
    for segment in range(offsets.size - 1):
        start, stop = offsets[segment], offsets[segment + 1]
        i = stop - 1
        while i >= start:
            now, d = time[i], 0
            while i >= start and time[i] == now:
                if event[i]:
                    d += 1
                    for a in range(p):
                        score[a] += x[i, a]
                        loglik += x[i, a] * beta[a]
                i -= 1
            if d == 0:
                continue
            total = 0.0
            for j in range(i + 1, stop):
                if not late or entry[j] < now:
                    total += np.exp(np.dot(x[j], beta))
            scale = d / total
            e0, e1, e2 = np.zeros(d + 1), np.zeros((d + 1, p)), np.zeros((d + 1, q))
            e0[0] = 1.0
            for j in range(i + 1, stop):
                if late and entry[j] >= now:
                    continue
                r = scale * np.exp(np.dot(x[j], beta))
                for k in range(d, 0, -1):
                    c = 0
                    for a in range(p):
                        for b in range(a, p):
                            e2[k, c] += r * (
                                e2[k - 1, c]
                                + x[j, a] * e1[k - 1, b]
                                + x[j, b] * e1[k - 1, a]
                                + x[j, a] * x[j, b] * e0[k - 1]
                            )
                            c += 1
                    for a in range(p):
                        e1[k, a] += r * (e1[k - 1, a] + x[j, a] * e0[k - 1])
                    e0[k] += r * e0[k - 1]
            loglik -= np.log(e0[d]) - d * np.log(scale)
            c = 0
            for a in range(p):
                score[a] -= e1[d, a] / e0[d]
                for b in range(a, p):
                    info[c] += e2[d, c] / e0[d] - (e1[d, a] / e0[d]) * (e1[d, b] / e0[d])
                    c += 1
    return loglik, score, info
