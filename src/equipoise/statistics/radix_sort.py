# SPDX-License-Identifier: Apache-2.0
"""Sort many 64-bit keys by their leading bits: three counting passes, then one pass that mends.

Three digits of ten bits order the keys by their 30 leading bits. Among a million times from a
continuous distribution hardly two share those, so a pass of insertions puts the few remaining
pairs right. When more is left to move than a small multiple of the rows (times that differ in
their last bits only), the keys are sorted by comparison instead. The order is the same either way.
Source: Knuth, The Art of Computer Programming, vol. 3, 2nd ed., section 5.2.5, algorithm R, and
section 5.2.1, algorithm S.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from equipoise.statistics.observations import Ints, Keys

DIGIT = 10  # bits: 1024 buckets, whose write positions stay in the first cache
DIGITS = 3
MOST_MOVES = 4  # places moved per row before mending is given up


@njit(cache=True, nogil=True)
def _count_digits(keys: Keys, low: np.uint64) -> Ints:  # pragma: no cover - compiled
    """How often each value of each digit occurs (DIGITS, 2**DIGIT); digit 0 starts at bit `low`."""
    width, mask = np.uint64(DIGIT), np.uint64((1 << DIGIT) - 1)
    counts = np.zeros((DIGITS, 1 << DIGIT), np.int64)
    for key in keys:
        rest = key >> low
        for digit in range(DIGITS):
            counts[digit, np.int64(rest & mask)] += 1
            rest >>= width
    return counts


@njit(cache=True, nogil=True)
def _scatter(keys: Keys, out: Keys, counts: Ints, low: np.uint64) -> None:  # pragma: no cover
    """Copy keys to `out` in the order of the digit at bit `low`, equal digits as they come."""
    mask = np.uint64((1 << DIGIT) - 1)
    place = np.cumsum(counts) - counts
    for key in keys:
        digit = np.int64((key >> low) & mask)
        out[place[digit]] = key
        place[digit] += 1


@njit(cache=True, nogil=True)
def _mend(nearly: Keys, out: Keys, shift: np.uint64) -> bool:  # pragma: no cover - compiled
    """Insert each of `nearly` into `out` (may be the same) by `key >> shift`; False: too many."""
    left = MOST_MOVES * nearly.size
    for i in range(nearly.size):
        key = nearly[i]
        rank = key >> shift
        j = i
        while j > 0 and out[j - 1] >> shift > rank:
            out[j] = out[j - 1]
            j -= 1
        out[j] = key
        left -= i - j
        if left < 0:
            out[i + 1 :] = nearly[i + 1 :]
            return False
    return True


def radix_sort(keys: Keys, shift: int) -> None:
    """Sort `keys` (n,) in place by `key >> shift`; keys equal in that may stand in any order."""
    bits = int(keys.max()).bit_length()
    low = max(bits - DIGITS * DIGIT, shift)
    counts = _count_digits(keys, np.uint64(low))
    here, there = keys, np.empty_like(keys)
    for digit in range(DIGITS):
        start = low + digit * DIGIT
        if start < bits:
            _scatter(here, there, counts[digit], np.uint64(start))
            here, there = there, here
    if not _mend(here, keys, np.uint64(shift)):
        keys.sort()
