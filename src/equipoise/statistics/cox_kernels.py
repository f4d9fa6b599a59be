# SPDX-License-Identifier: Apache-2.0
"""Compiled passes for the Cox partial likelihood, its slope and its curvature.

Rows are sorted by time inside each segment (stratum). A walk backwards grows the risk set and
leaves the hazard step of each event time; a walk forwards turns the steps into each row's
expected number of events u. The score is then sum w x - X'u over events and rows, and the
information X' diag(u) X less the sum of mean mean' at the events, so that no p x p sum is carried
through the rows. With d tied events the d Efron terms are collected in three scalars.
Source of the rearrangement: exchange of the order of summation; no approximation.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from equipoise.statistics.observations import Flags, Floats, Ints

Pass = tuple[float, Floats, Floats]
BLOCK = 4096  # rows whose covariates stay in the first cache while their products are summed


@njit(cache=True, nogil=True, error_model="numpy")
def _walk_back(
    time: Floats,
    event: Flags,
    x: Floats,
    risk: Floats,
    weight: Floats,
    entry: Floats,
    by_entry: Ints,
    offsets: Ints,
    efron: bool,
    jump: Floats,
    own: Floats,
    square: Floats,
) -> float:  # pragma: no cover - compiled
    """Hazard steps at the first row of each time, and minus the log of all denominators.

    x (p, n); risk (n,) = w exp(x b). jump and own (n,) receive the step for those at risk and for
    those with the event; square (p, p) the sum of mean mean'.
    """
    p = x.shape[0]
    s1, d1 = np.zeros(p), np.zeros(p)
    logs, product = 0.0, 1.0
    weighted = weight.size > 0
    for segment in range(offsets.size - 1):
        start, i = offsets[segment], offsets[segment + 1] - 1
        leave = i
        s0 = 0.0
        s1[:] = 0.0
        while i >= start:
            now = time[i]
            d, dw, d0 = 0, 0.0, 0.0
            d1[:] = 0.0
            while i >= start and time[i] == now:
                r = risk[i]
                s0 += r
                for a in range(p):
                    s1[a] += r * x[a, i]
                if event[i]:
                    d += 1
                    dw += weight[i] if weighted else 1.0
                    d0 += r
                    for a in range(p):
                        d1[a] += r * x[a, i]
                i -= 1
            jump[i + 1], own[i + 1] = 0.0, 0.0
            if d == 0:
                continue
            while entry.size > 0 and leave >= start and entry[by_entry[leave]] >= now:
                j = by_entry[leave]
                s0 -= risk[j]
                for a in range(p):
                    s1[a] -= risk[j] * x[a, j]
                leave -= 1
            steps = d if efron else 1
            share = dw / steps
            whole, part, ss, sd, dd = 0.0, 0.0, 0.0, 0.0, 0.0
            for k in range(steps):
                f = k / d
                inverse = 1.0 / (s0 - f * d0)
                h = share * inverse
                whole += h
                part += (1.0 - f) * h
                ss += h * inverse
                sd += f * h * inverse
                dd += f * f * h * inverse
                if weighted:
                    logs += share * np.log(inverse)
                else:  # unit weights: Efron's share is 1, Breslow's is d
                    for _ in range(1 if efron else d):
                        product *= inverse
                        if product < 1e-200 or product > 1e200:
                            logs += np.log(product)
                            product = 1.0
            jump[i + 1], own[i + 1] = whole, part
            if steps == 1:
                for a in range(p):
                    for b in range(a, p):
                        square[a, b] += ss * s1[a] * s1[b]
            else:
                for a in range(p):
                    for b in range(a, p):
                        square[a, b] += ss * s1[a] * s1[b] + dd * d1[a] * d1[b]
                        square[a, b] -= sd * (s1[a] * d1[b] + d1[a] * s1[b])
    return float(logs + np.log(product))


@njit(cache=True, nogil=True)
def _walk_forward(
    time: Floats,
    event: Flags,
    risk: Floats,
    entry: Floats,
    by_entry: Ints,
    offsets: Ints,
    jump: Floats,
    own: Floats,
    before: Floats,
) -> None:  # pragma: no cover - compiled
    """Overwrite risk (n,) by each row's expected events: risk times the hazard it lived through."""
    for segment in range(offsets.size - 1):
        i, stop = offsets[segment], offsets[segment + 1]
        joined = i
        hazard = 0.0
        while i < stop:
            now = time[i]
            here, less = jump[i], jump[i] - own[i]
            while entry.size > 0 and joined < stop and entry[by_entry[joined]] < now:
                before[by_entry[joined]] = hazard  # not lived through by a late entrant
                joined += 1
            hazard += here
            while i < stop and time[i] == now:
                lived = hazard - less if event[i] else hazard
                if entry.size > 0:
                    lived -= before[i]
                risk[i] *= lived
                i += 1


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _weighted_products(x: Floats, u: Floats) -> tuple[Floats, Floats]:  # pragma: no cover
    """X u (p,) and X diag(u) X' (p, p), x (p, n), summed in blocks of fixed size.

    No loop both writes and sums: a compiler that may not know whether the two overlap makes two
    forms of such a loop, chooses by where the memory lies, and each adds in an order of its own.
    """
    p, n = x.shape
    first, second = np.zeros(p), np.zeros((p, p))
    scaled = np.empty(BLOCK)
    for begin in range(0, n, BLOCK):
        size = min(BLOCK, n - begin)
        for a in range(p):
            for j in range(size):
                scaled[j] = u[begin + j] * x[a, begin + j]
            total = 0.0
            for j in range(size):
                total += scaled[j]
            first[a] += total
            for b in range(a, p):
                total = 0.0
                for j in range(size):
                    total += scaled[j] * x[b, begin + j]
                second[a, b] += total
    return first, second


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
    event_sums: Floats,
    scratch: Floats,
) -> Pass:
    """Log partial likelihood, score (p,) and information (p, p) at beta (p,).

    x (p, n); weight (n,) or empty for ones; entry (n,) or empty; by_entry (n,) rows by entry in a
    segment; event_sums (p,) sums of w x over the events; scratch (2, n), or (3, n) with entry, is
    overwritten.
    """
    eta = _linear(x, beta, scratch[0])
    with np.errstate(over="ignore"):
        risk = np.exp(eta, out=eta)
    if weight.size:
        risk *= weight
    square = np.zeros((beta.size, beta.size))
    logs = _walk_back(
        time,
        event,
        x,
        risk,
        weight,
        entry,
        by_entry,
        offsets,
        efron,
        scratch[0],
        scratch[1],
        square,
    )
    _walk_forward(time, event, risk, entry, by_entry, offsets, scratch[0], scratch[1], scratch[-1])
    first, second = _weighted_products(x, risk)
    upper = second - square
    info = upper + np.triu(upper, 1).T
    return float(event_sums @ beta) + logs, event_sums - first, info


def _linear(x: Floats, beta: Floats, room: Floats) -> Floats:
    """X b (n,), x (p, n), one column after the other; room (n,) is overwritten."""
    eta: Floats = x[0] * beta[0]
    for a in range(1, beta.size):
        eta += np.multiply(x[a], beta[a], out=room)
    return eta


@njit(cache=True, nogil=True)
def _grow_symmetric(
    e0: Floats, e1: Floats, e2: Floats, r: float, x: Floats
) -> None:  # pragma: no cover - compiled
    """One more subject, risk r and covariates x (p,), in the symmetric functions and derivatives.

    e0 (d + 1,), e1 (d + 1, p), e2 (d + 1, q): e_k += r e_(k-1), differentiated in beta.
    """
    p = x.size
    for k in range(e0.size - 1, 0, -1):
        c = 0
        for a in range(p):
            for b in range(a, p):
                e2[k, c] += r * (
                    e2[k - 1, c]
                    + x[a] * e1[k - 1, b]
                    + x[b] * e1[k - 1, a]
                    + x[a] * x[b] * e0[k - 1]
                )
                c += 1
        for a in range(p):
            e1[k, a] += r * (e1[k - 1, a] + x[a] * e0[k - 1])
        e0[k] += r * e0[k - 1]


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
                _grow_symmetric(e0, e1, e2, r, x[j])
            loglik -= np.log(e0[d]) - d * np.log(scale)
            c = 0
            for a in range(p):
                score[a] -= e1[d, a] / e0[d]
                for b in range(a, p):
                    info[c] += e2[d, c] / e0[d] - (e1[d, a] / e0[d]) * (e1[d, b] / e0[d])
                    c += 1
    return loglik, score, info
