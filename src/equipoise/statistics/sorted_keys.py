# SPDX-License-Identifier: Apache-2.0
"""Times and small codes packed into one 64-bit key each, so that one plain sort serves all methods.

A non-negative IEEE double keeps its order when its bits are read as an integer. We subtract the
bits of the smallest positive time, shift left, and put the code (event flag, group) into the freed
low bits. Sorting these integers is several times faster than an argsort because nothing has to be
gathered afterwards, and no bit of the time is lost: `unpack_time` returns it exactly. Many rows
with few distinct times are counted rather than sorted (`tallied_keys.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit

from equipoise.statistics.observations import Flags, Floats, Ints, Keys
from equipoise.statistics.radix_sort import radix_sort
from equipoise.statistics.tallied_keys import tally_keys

FEW_SEGMENTS = 64  # up to here each is sorted by itself; a compiled loop serves many small ones
MANY_ROWS = 10_000  # from here counting beats comparing


@dataclass(frozen=True, slots=True)
class SortedKeys:
    """Keys in order of time within segments; the codes of one time stand in any order.

    keys: (m,) uint64; rows: (m,) how many equal rows each key stands for, or None when each stands
    for one; offsets: (segments + 1,) start of each segment in keys; shift: number of low bits that
    hold the code; base: bits of the smallest positive time less one, or 0 with `times`.
    times: the distinct times when they had to be ranked (range too wide for the free bits).
    """

    keys: Keys
    rows: Ints | None
    offsets: Ints
    shift: int
    base: int
    times: Floats


@njit(cache=True, nogil=True)
def _pack(
    bits: Keys, code: Flags, base: np.uint64, shift: np.uint64, keys: Keys
) -> None:  # pragma: no cover - compiled
    """Fill `keys` (n,), which numpy allocates because it asks for large pages."""
    size = np.uint64(0x7FFFFFFFFFFFFFFF)  # without the sign bit: -0.0 is 0
    for i in range(bits.size):
        plain = bits[i] & size
        rank = plain - base if plain > 0 else np.uint64(0)
        keys[i] = (rank << shift) | np.uint64(code[i])


@njit(cache=True, nogil=True)
def _sort_segments(keys: Keys, offsets: Ints) -> None:  # pragma: no cover - compiled
    for segment in range(offsets.size - 1):
        part = keys[offsets[segment] : offsets[segment + 1]]
        part.sort()


def _range(time: Floats) -> tuple[float, float]:
    """Smallest positive and largest time; infinity and 0 when all are 0."""
    low, high = float(time.min()), float(time.max())
    if low <= 0.0:
        low = float(np.min(time, where=time > 0.0, initial=np.inf))
    return low, high


def sort_keys(time: Floats, code: Flags, *, code_bits: int, offsets: Ints) -> SortedKeys:
    """Pack and sort `time` (n,) with `code` (n,) < 2**code_bits inside each segment.

    `offsets` (segments + 1,) cuts the rows into segments that must already be contiguous.
    """
    low, high = _range(time)
    bits = time.view(np.uint64)
    ranks: Floats = np.empty(0)
    base = 0
    if np.isfinite(low):
        base = int(np.float64(low).view(np.uint64)) - 1
        widest = int(np.float64(high).view(np.uint64)) - base
        if widest >> (64 - code_bits):
            ranks, inverse = np.unique(time, return_inverse=True)
            bits, base = (inverse + 1).astype(np.uint64), 0
    keys = np.empty(time.size, np.uint64)
    _pack(bits, code, np.uint64(base), np.uint64(code_bits), keys)
    keys, rows, offsets = _order(keys, offsets, code_bits)
    return SortedKeys(keys, rows, offsets, code_bits, base, ranks)


def _order(keys: Keys, offsets: Ints, code_bits: int) -> tuple[Keys, Ints | None, Ints]:
    """Keys, rows and offsets of `SortedKeys`; the keys given are sorted in place."""
    if offsets.size > FEW_SEGMENTS:
        _sort_segments(keys, offsets)
        return keys, None, offsets
    parts = [keys[start:stop] for start, stop in pairwise(offsets)]
    tallied = _tally_each(parts) if keys.size >= MANY_ROWS else None
    if tallied is not None:
        return tallied
    for part in parts:
        if part.size >= MANY_ROWS:
            radix_sort(part, code_bits)
        else:
            part.sort()
    return keys, None, offsets


def _tally_each(parts: list[Keys]) -> tuple[Keys, Ints, Ints] | None:
    """Distinct keys, rows and offsets of these segments; None when one has too many keys."""
    found, rows, cuts = [], [], [0]
    for part in parts:
        tally = tally_keys(part)
        if tally is None:
            return None
        found.append(tally[0])
        rows.append(tally[1])
        cuts.append(cuts[-1] + tally[0].size)
    return np.concatenate(found), np.concatenate(rows), np.array(cuts)


def unpack_time(ranks: Keys, packed: SortedKeys) -> Floats:
    """The exact times behind `ranks` (a key shifted right by `packed.shift`), in their memory."""
    if packed.times.size:
        times: Floats = packed.times[(ranks - np.uint64(1)).astype(np.int64)]
        return times
    zero = np.flatnonzero(ranks == 0)
    ranks += np.uint64(packed.base)
    ranks[zero] = 0
    return ranks.view(np.float64)


def segment_offsets(code: Ints, count: int) -> tuple[Ints | None, Ints]:
    """A stable row order that makes equal codes contiguous, and the offsets of the segments.

    The order is None when there is one segment only.
    """
    if count == 1:  # the codes are all 0: not read, so that their memory is never touched
        return None, np.array([0, code.size])
    offsets = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(code, minlength=count), out=offsets[1:])
    small = code.astype(np.uint16) if count <= 1 << 16 else code  # two bytes are sorted by counting
    return np.argsort(small, kind="stable"), offsets
