# SPDX-License-Identifier: Apache-2.0
"""Compiled passes over sorted rows that count who is at risk and multiply the survival curve.

One call serves one trial or many: rows come in segments (replicate, stratum, arm) cut by offsets,
and results leave in segments cut the same way. A key may stand for several equal rows; their number
is in `rows`, which is None when every key stands for one (`sorted_keys.py`). No threads, so the
answer never depends on them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from equipoise.statistics.observations import Floats, Ints, Keys
from equipoise.statistics.sorted_keys import SortedKeys


@njit(cache=True, nogil=True)
def subjects(rows: Ints | None, start: int, stop: int) -> int:  # pragma: no cover - compiled
    """Rows that the keys from `start` to `stop` stand for."""
    if rows is None:
        return stop - start
    count = 0
    for i in range(start, stop):
        count += rows[i]
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _walk_curve(
    keys: Keys, rows: Ints | None, offsets: Ints, shift: np.uint64, columns: Floats, out: Ints
) -> None:  # pragma: no cover - compiled
    """Fill `columns` (5, m) and `out` (segments + 1,), and put time ranks over `keys` (m,)."""
    one = np.uint64(1)
    m = 0
    for segment in range(offsets.size - 1):
        i, stop = offsets[segment], offsets[segment + 1]
        left = subjects(rows, i, stop)
        s, v = 1.0, 0.0
        while i < stop:
            here = keys[i] >> shift
            gone: Any = 1 if rows is None else rows[i]
            censored: Any = gone * np.int64(keys[i] & one)
            i += 1
            while i < stop and keys[i] >> shift == here:
                count: Any = 1 if rows is None else rows[i]
                gone += count
                censored += count * np.int64(keys[i] & one)
                i += 1
            n, c = float(left), float(censored)
            d = float(gone) - c
            # without a branch on d: a censoring multiplies by 1 and adds 0
            s *= (n - d) / n
            v += d / (n * (n - d)) if n > d else np.inf
            keys[m] = here  # never ahead of the keys still to be read
            columns[0, m] = n
            columns[1, m] = d
            columns[2, m] = c
            columns[3, m] = s
            columns[4, m] = v
            left -= gone
            m += 1
        out[segment + 1] = m


def curve_from_keys(packed: SortedKeys) -> tuple[Keys, Floats, Ints]:
    """Kaplan-Meier from sorted keys whose lowest bit is 0 for an event and 1 for a censoring.

    Returns the time rank (m,) of each distinct time, the columns (5, m) n_risk, n_event, n_censor,
    survival and greenwood (the sum of d / (n (n - d))), and the offsets of the segments in them.
    The ranks overwrite `packed.keys`, which are of no use afterwards.
    Memory comes from numpy, which asks for large pages; the kernel only fills it.
    """
    keys = packed.keys
    columns = np.empty((5, keys.size))
    out = np.zeros(packed.offsets.size, np.int64)
    _walk_curve(keys, packed.rows, packed.offsets, np.uint64(packed.shift), columns, out)
    m = int(out[-1])
    if 2 * m < keys.size:  # many ties: do not hold on to the unused part
        return keys[:m].copy(), columns[:, :m].copy(), out
    return keys[:m], columns[:, :m], out


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
def _walk_two_groups(
    keys: Keys, rows: Ints | None, offsets: Ints, shift: np.uint64
) -> tuple[Floats, Floats, Floats, Floats]:  # pragma: no cover - compiled
    """See `two_group_logrank`."""
    segments = offsets.size - 1
    observed, expected = np.zeros(segments), np.zeros(segments)
    variance, total = np.zeros(segments), np.zeros(segments)
    one = np.uint64(1)
    for segment in range(segments):
        i, stop = offsets[segment], offsets[segment + 1]
        left = subjects(rows, i, stop)
        left1: Any = 0
        for j in range(i, stop):
            left1 += np.int64((keys[j] >> one) & one) * (1 if rows is None else rows[j])
        o1, all_events = 0, 0
        e1, v1 = 0.0, 0.0
        while i < stop:
            here = keys[i] >> shift
            gone: Any = 1 if rows is None else rows[i]
            in_group: Any = np.int64((keys[i] >> one) & one)
            d: Any = gone * np.int64(one - (keys[i] & one))
            d1, gone1 = d * in_group, gone * in_group
            i += 1
            while i < stop and keys[i] >> shift == here:
                count: Any = 1 if rows is None else rows[i]
                in_group = np.int64((keys[i] >> one) & one)
                event = count * np.int64(one - (keys[i] & one))
                d += event
                d1 += event * in_group
                gone += count
                gone1 += count * in_group
                i += 1
            n = float(left)
            share = float(left1) / n
            part = float(d) * share
            e1 += part
            part *= 1.0 - share
            if d > 1:  # one event: the hypergeometric factor is 1
                part *= (n - float(d)) / (n - 1.0)
            v1 += part
            o1 += d1
            all_events += d
            left -= gone
            left1 -= gone1
        observed[segment], expected[segment] = o1, e1
        variance[segment], total[segment] = v1, all_events
    return observed, expected, variance, total


def two_group_logrank(packed: SortedKeys) -> tuple[Floats, Floats, Floats, Floats]:
    """Log-rank sums per segment from sorted keys coded (group << 1) | censored, group 0 or 1.

    Returns (observed, expected, variance) of group 1 and all observed events, one per segment.
    """
    sums: tuple[Floats, Floats, Floats, Floats] = _walk_two_groups(
        packed.keys, packed.rows, packed.offsets, np.uint64(packed.shift)
    )
    return sums


@njit(cache=True, nogil=True)
def _walk_risk_table(
    keys: Keys,
    rows: Ints | None,
    offsets: Ints,
    shift: np.uint64,
    at_risk: Ints,
    events: Ints,
    out: Ints,
) -> None:  # pragma: no cover - compiled
    """Fill at_risk, events (m, groups) and out (segments + 1,); see `risk_table`."""
    one = np.uint64(1)
    group_mask = (one << (shift - one)) - one
    left = np.zeros(at_risk.shape[1], np.int64)
    m = 0
    for segment in range(offsets.size - 1):
        i, stop = offsets[segment], offsets[segment + 1]
        left[:] = 0
        for j in range(i, stop):
            left[np.int64((keys[j] >> one) & group_mask)] += 1 if rows is None else rows[j]
        while i < stop:
            here = keys[i] >> shift
            first = i
            any_event = False
            while i < stop and keys[i] >> shift == here:
                any_event = any_event or (keys[i] & one) == 0
                i += 1
            if any_event:
                at_risk[m] = left
            for j in range(first, i):
                count: Any = 1 if rows is None else rows[j]
                g = np.int64((keys[j] >> one) & group_mask)
                left[g] -= count
                if (keys[j] & one) == 0:
                    events[m, g] += count
            if any_event:
                m += 1
        out[segment + 1] = m


def risk_table(packed: SortedKeys, groups: int) -> tuple[Ints, Ints, Ints]:
    """At risk and events per group at each distinct EVENT time; key code (group << 1) | censored.

    Returns (at_risk (m, groups), events (m, groups), offsets of the segments).
    """
    keys = packed.keys
    most = keys.size - int(np.count_nonzero(keys & np.uint64(1)))
    at_risk, events = np.zeros((most, groups), np.int64), np.zeros((most, groups), np.int64)
    out = np.zeros(packed.offsets.size, np.int64)
    _walk_risk_table(
        keys, packed.rows, packed.offsets, np.uint64(packed.shift), at_risk, events, out
    )
    m = int(out[-1])
    return at_risk[:m], events[:m], out
