# SPDX-License-Identifier: Apache-2.0
"""Compiled passes over sorted rows that count who is at risk and multiply the survival curve.

One call serves one trial or many: rows come in segments (replicate, stratum, arm) cut by offsets,
and results leave in segments cut the same way. No threads, so the answer never depends on them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from equipoise.statistics.observations import Floats, Ints
from equipoise.statistics.sorted_keys import Keys


@njit(cache=True, nogil=True, error_model="numpy")
def _walk_curve(
    keys: Keys, offsets: Ints, shift: np.uint64, rank: Keys, columns: Floats, out: Ints
) -> None:  # pragma: no cover - compiled
    """Fill `rank` (n,), `columns` (5, n) and `out` (segments + 1,); see `curve_from_keys`."""
    one = np.uint64(1)
    m = 0
    for segment in range(offsets.size - 1):
        i, stop = offsets[segment], offsets[segment + 1]
        s, v = 1.0, 0.0
        while i < stop:
            here = keys[i] >> shift
            n = float(stop - i)
            censored: Any = keys[i] & one
            first = i
            i += 1
            while i < stop and keys[i] >> shift == here:
                censored += keys[i] & one
                i += 1
            c = float(censored)
            d = float(i - first) - c
            # without a branch on d: a censoring multiplies by 1 and adds 0
            s *= (n - d) / n
            v += d / (n * (n - d)) if n > d else np.inf
            rank[m] = here
            columns[0, m] = n
            columns[1, m] = d
            columns[2, m] = c
            columns[3, m] = s
            columns[4, m] = v
            m += 1
        out[segment + 1] = m


def curve_from_keys(keys: Keys, offsets: Ints, shift: int) -> tuple[Keys, Floats, Ints]:
    """Kaplan-Meier from sorted keys whose lowest bit is 0 for an event and 1 for a censoring.

    Returns the time rank (m,) of each distinct time, the columns (5, m) n_risk, n_event, n_censor,
    survival and greenwood (the sum of d / (n (n - d))), and the offsets of the segments in them.
    Memory comes from numpy, which asks for large pages; the kernel only fills it.
    """
    rank, columns = np.empty(keys.size, np.uint64), np.empty((5, keys.size))
    out = np.zeros(offsets.size, np.int64)
    _walk_curve(keys, offsets, np.uint64(shift), rank, columns, out)
    m = int(out[-1])
    if 2 * m < keys.size:  # many ties: do not hold on to the unused part
        return rank[:m].copy(), columns[:, :m].copy(), out
    return rank[:m], columns[:, :m], out


@njit(cache=True, nogil=True)
def curve_from_counts(n_risk: Floats, n_event: Floats) -> tuple[Floats, Floats]:  # pragma: no cover
    """Survival and Greenwood's sum from (weighted) counts at each distinct time, one segment."""
    survival, greenwood = np.empty(n_risk.size), np.empty(n_risk.size)
    s, v = 1.0, 0.0
    for i in range(n_risk.size):
        n, d = n_risk[i], n_event[i]
        if d > 0.0:
            s *= 1.0 - d / n
            v += d / (n * (n - d)) if n > d * (1.0 + 1e-12) else np.inf
            if v == np.inf:
                s = 0.0
        survival[i], greenwood[i] = s, v
    return survival, greenwood


@njit(cache=True, nogil=True, error_model="numpy")
def two_group_logrank(
    keys: Keys, offsets: Ints, shift: np.uint64
) -> tuple[Floats, Floats, Floats, Floats]:  # pragma: no cover - compiled
    """Log-rank sums per segment from sorted keys coded (group << 1) | censored, group 0 or 1.

    Returns (observed, expected, variance) of group 1 and all observed events, one per segment.
    """
    count = offsets.size - 1
    observed, expected = np.zeros(count), np.zeros(count)
    variance, total = np.zeros(count), np.zeros(count)
    one = np.uint64(1)
    for segment in range(count):
        i, stop = offsets[segment], offsets[segment + 1]
        n1: Any = 0
        for j in range(i, stop):
            n1 += np.int64((keys[j] >> one) & one)
        o1: Any = 0
        all_events: Any = 0
        e1, v1 = 0.0, 0.0
        while i < stop:
            here = keys[i] >> shift
            n = float(stop - i)
            d: Any = one - (keys[i] & one)
            gone1: Any = (keys[i] >> one) & one
            d1: Any = d & gone1
            i += 1
            while i < stop and keys[i] >> shift == here:
                event = one - (keys[i] & one)
                in_group = (keys[i] >> one) & one
                d += event
                d1 += event & in_group
                gone1 += in_group
                i += 1
            share = float(n1) / n
            part = float(d) * share
            e1 += part
            part *= 1.0 - share
            if d > one:  # one event: the hypergeometric factor is 1
                part *= (n - float(d)) / (n - 1.0)
            v1 += part
            o1 += np.int64(d1)
            all_events += np.int64(d)
            n1 -= np.int64(gone1)
        observed[segment], expected[segment] = o1, e1
        variance[segment], total[segment] = v1, all_events
    return observed, expected, variance, total


@njit(cache=True, nogil=True)
def risk_table(
    keys: Keys, offsets: Ints, shift: np.uint64, groups: int
) -> tuple[Keys, Ints, Ints, Ints]:  # pragma: no cover - compiled
    """At risk and events per group at each distinct EVENT time; key code (group << 1) | censored.

    Returns (time rank (m,), at_risk (m, groups), events (m, groups), offsets of the segments).
    """
    one = np.uint64(1)
    events_here: Any = 0
    for key in keys:
        events_here += 1 - np.int64(key & one)
    rank = np.empty(events_here, np.uint64)
    at_risk = np.zeros((events_here, groups), np.int64)
    events = np.zeros((events_here, groups), np.int64)
    out = np.zeros(offsets.size, np.int64)
    group_mask = (one << (shift - one)) - one
    m = 0
    for segment in range(offsets.size - 1):
        i, stop = offsets[segment], offsets[segment + 1]
        left = np.zeros(groups, np.int64)
        for j in range(i, stop):
            left[np.int64((keys[j] >> one) & group_mask)] += 1
        while i < stop:
            here = keys[i] >> shift
            first = i
            any_event = False
            while i < stop and keys[i] >> shift == here:
                any_event = any_event or (keys[i] & one) == 0
                i += 1
            if any_event:
                rank[m] = here
                at_risk[m] = left
            for j in range(first, i):
                g = np.int64((keys[j] >> one) & group_mask)
                left[g] -= 1
                if (keys[j] & one) == 0:
                    events[m, g] += 1
            if any_event:
                m += 1
        out[segment + 1] = m
    return rank[:m], at_risk[:m], events[:m], out
