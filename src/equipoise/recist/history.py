# SPDX-License-Identifier: Apache-2.0
"""Histories of many reads in one sorted array: running counts and first rows, without a loop.

Every function takes `read`, a non-decreasing integer array that says which read a row belongs to.
Rows of one read are in the order of time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

# Farther apart than any two values of one read: keeps the reads of a running minimum apart.
_APART = 2**34


def read_starts(read: Integers) -> Integers:
    """Row at which the read of each row begins."""
    is_start = np.empty(len(read), dtype=bool)
    is_start[:1] = True
    np.not_equal(read[1:], read[:-1], out=is_start[1:])
    start_row = np.where(is_start, np.arange(len(read)), 0)
    starts: Integers = np.maximum.accumulate(start_row)
    return starts


def first_row(read: Integers, mask: Booleans, *, n_reads: int) -> Integers:
    """First row of each read where `mask` holds; -1 where it never does."""
    rows = np.flatnonzero(mask)
    found: Integers = np.full(n_reads, -1, dtype=np.int64)
    found[read[rows[::-1]]] = rows[::-1]  # written backwards, so that the first row stays
    return found


def last_row(read: Integers, mask: Booleans, *, n_reads: int) -> Integers:
    """Last row of each read where `mask` holds; -1 where it never does."""
    rows = np.flatnonzero(mask)
    found: Integers = np.full(n_reads, -1, dtype=np.int64)
    found[read[rows]] = rows
    return found


def count_up_to(mask: Booleans) -> Integers:
    """Rows with `mask` up to and including each row, over all reads: take differences only."""
    counts: Integers = np.cumsum(mask, dtype=np.int64)
    return counts


def any_before(read: Integers, mask: Booleans) -> Booleans:
    """Whether `mask` held in an earlier row of the same read."""
    earlier = count_up_to(mask) - mask
    starts = read_starts(read)
    return np.asarray(earlier > earlier[starts], dtype=bool)


def any_so_far(read: Integers, mask: Booleans) -> Booleans:
    """Whether `mask` holds in this or an earlier row of the same read."""
    return any_before(read, mask) | mask


def any_after(read: Integers, mask: Booleans) -> Booleans:
    """Whether `mask` holds in a later row of the same read."""
    backwards = any_before(-read[::-1], mask[::-1])
    return backwards[::-1]


def smallest_so_far(read: Integers, value: Integers) -> Integers:
    """Smallest value of the read in this and all earlier rows."""
    lowered: Integers = np.minimum.accumulate(value - read * _APART) + read * _APART
    return lowered


def next_at_least(
    read: Integers, value: Integers, *, wanted: Integers, among: Booleans
) -> Integers:
    """For each row the first row `among` of its read whose value reaches `wanted`; -1 if none.

    Values need not rise from row to row: the running maximum is searched, and the row where it
    first reaches a limit is the first row that reaches it.
    """
    rows = np.flatnonzero(among)
    highest = np.maximum.accumulate(value[rows] + read[rows] * _APART)
    place = np.searchsorted(highest, wanted + read * _APART, side="left")
    exists = place < len(rows)
    candidate = np.where(exists, rows[np.minimum(place, len(rows) - 1)] if len(rows) else -1, -1)
    same = exists & (read[candidate] == read) if len(read) else exists
    found: Integers = np.where(same, candidate, -1)
    return found
