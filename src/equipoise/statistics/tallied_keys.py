# SPDX-License-Identifier: Apache-2.0
"""Count equal rows instead of sorting them, when there are few distinct times.

Visits, whole months and rounded days leave a trial of any size with some hundred distinct times.
One pass over the packed keys (`sorted_keys.py`) then counts how many rows share each; only the
distinct keys are sorted. The pass stops as soon as it has met too many, so that it costs nothing
noticeable on times that are all different.
Source: Knuth, The Art of Computer Programming, vol. 3, 2nd ed., section 6.4 (multiplicative
hashing; open addressing, algorithm L).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from equipoise.statistics.observations import Ints, Keys

MOST_KEYS = 2048
SLOT_BITS = 13  # four slots for each key, so that a search hardly ever looks at a second one
GOLDEN = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio, odd


@njit(cache=True, nogil=True)
def _tally(keys: Keys) -> tuple[Keys, Ints]:  # pragma: no cover - compiled
    """The key in each slot and how many rows have it; both empty beyond MOST_KEYS keys."""
    found = np.zeros(1 << SLOT_BITS, np.uint64)
    rows = np.zeros(1 << SLOT_BITS, np.int64)
    last = (1 << SLOT_BITS) - 1
    distinct = 0
    for key in keys:
        slot = np.int64((key * np.uint64(GOLDEN)) >> np.uint64(64 - SLOT_BITS))
        while rows[slot] > 0 and found[slot] != key:
            slot = (slot + 1) & last
        if rows[slot] == 0:
            distinct += 1
            if distinct > MOST_KEYS:
                return found[:0], rows[:0]
            found[slot] = key
        rows[slot] += 1
    return found, rows


def tally_keys(keys: Keys) -> tuple[Keys, Ints] | None:
    """The distinct keys (m,) sorted and the number of rows (m,) of each, of at least one key (n,).

    None when there are more than MOST_KEYS of them.
    """
    found, rows = _tally(keys)
    if not found.size:
        return None
    used = np.flatnonzero(rows)
    order = used[np.argsort(found[used])]
    return found[order], rows[order]
