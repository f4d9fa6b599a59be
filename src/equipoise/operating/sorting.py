# SPDX-License-Identifier: Apache-2.0
"""Sort the columns of an array of shape (rows, 8) with a fixed network, sixteen rows at a time.

A network compares the same places whatever the numbers, so eight columns can be sorted in step. It
is Batcher's: blocks of sixteen by odd-even merging, then pairs of sorted runs by bitonic merging,
with the sixteen rows of one step held in registers. Rows come in multiples of sixteen; the missing
end of a run counts as infinitely large and takes part in no comparison.

Source: Batcher, "Sorting networks and their applications", AFIPS 1968; Knuth, The Art of Computer
Programming 3, section 5.3.4, and algorithm 5.2.2M for the blocks of sixteen.
Proof: tests/property/test_event_time_parts.py (against numpy).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numpy.typing import NDArray

from equipoise.operating.compiling import instruction, stage
from equipoise.operating.lanes import (
    emit_greater,
    emit_lesser,
    greater,
    lesser,
    load,
    row_pointer,
    store,
)

BLOCK = 16
"""Rows held in registers; half of the vector registers of AVX-512."""
_I64 = ir.IntType(64)
Pairs = list[tuple[int, int]]


def odd_even_sort(size: int) -> Pairs:
    """The comparisons of Knuth's algorithm 5.2.2M (merge exchange) for a power of two."""
    pairs: Pairs = []
    p = size // 2
    while p:
        q, r, d = size // 2, 0, p
        while d:
            pairs += [(i, i + d) for i in range(size - d) if i & p == r]
            d, q, r = q - p, q // 2, p
        p //= 2
    return pairs


def bitonic_clean(size: int, *, first: int = 0) -> Pairs:
    """The comparisons that sort a bitonic run of `size` rows, a power of two."""
    pairs: Pairs = []
    distance = size // 2
    while distance:
        pairs += [(first + i, first + i + distance) for i in range(size) if not i & distance]
        distance //= 2
    return pairs


def bitonic_fold(size: int) -> Pairs:
    """Two sorted runs of `size` sampled rows each: fold one onto the other, then clean both."""
    fold = [(i, 2 * size - 1 - i) for i in range(size)]
    return fold + bitonic_clean(size) + bitonic_clean(size, first=size)


def _network(pairs: Pairs, *, rows: int) -> Any:
    """A numba function that runs `pairs` on rows low + stride * k and high + stride * k.

    The first half of the `rows` rows starts at `low`, the second at `high`.
    """

    @instruction
    def run(_context: Any, array: Any, _low: Any, _high: Any, _stride: Any) -> Any:
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            places = []
            for start in args[1:3]:
                for k in range(rows // 2):
                    row = builder.add(start, builder.mul(args[3], _I64(k)))
                    places.append(row_pointer(context, builder, sig.args[0], args[0], row))
            held = [builder.load(place, align=8) for place in places]
            for i, j in pairs:
                both = held[i], held[j]
                held[i], held[j] = emit_lesser(builder, both), emit_greater(builder, both)
            for value, place in zip(held, places, strict=True):
                builder.store(value, place, align=8)
            return context.get_dummy_value()

        return types.void(array, types.intp, types.intp, types.intp), emit

    return run


_sort16 = _network(odd_even_sort(16), rows=16)
_clean16 = _network(bitonic_clean(16), rows=16)
_fold1, _fold2 = _network(bitonic_fold(1), rows=2), _network(bitonic_fold(2), rows=4)
_fold4, _fold8 = _network(bitonic_fold(4), rows=8), _network(bitonic_fold(8), rows=16)


@stage
def _exchange(keys: NDArray[np.uint64], one: int, other: int) -> None:
    """Put the smaller of two rows first, in each column."""
    x, y = load(keys, one), load(keys, other)
    store(keys, one, lesser(x, y))
    store(keys, other, greater(x, y))


@stage
def _clean(keys: NDArray[np.uint64], start: int, size: int, end: int) -> None:
    """Sort the bitonic rows from `start` to start + size, of which those from `end` on are absent.

    Four distances at a time where all rows are there; one distance at a time else.
    """
    distance = size // 2
    while distance >= BLOCK:
        if distance >= 8 * BLOCK and start + size <= end:
            step = distance // 8
            for block in range(start, start + size, 2 * distance):
                for i in range(block, block + step):
                    _clean16(keys, i, i + 8 * step, step)
            distance //= 16
        else:
            for block in range(start, min(start + size, end), 2 * distance):
                for i in range(block, min(block + distance, end - distance)):
                    _exchange(keys, i, i + distance)
            distance //= 2
    for block in range(start, min(start + size, end), BLOCK):
        _clean16(keys, block, block + 8, 1)


@stage
def _merge_full(keys: NDArray[np.uint64], start: int, run: int) -> None:
    """Merge two sorted runs of 16, 32, 64 or 128 rows each."""
    last = start + 2 * run - BLOCK
    for i in range(BLOCK):
        if run == 16:
            _fold1(keys, start + i, start + 31 - i, BLOCK)
        elif run == 32:
            _fold2(keys, start + i, last - BLOCK + 15 - i, BLOCK)
        elif run == 64:
            _fold4(keys, start + i, last - 3 * BLOCK + 15 - i, BLOCK)
        else:
            _fold8(keys, start + i, last - 7 * BLOCK + 15 - i, BLOCK)
    for block in range(start, start + 2 * run, BLOCK):
        _clean16(keys, block, block + 8, 1)


@stage
def sort_columns(keys: NDArray[np.uint64], start: int, end: int) -> None:
    """Sort rows start to end of each of the eight columns upwards, in place.

    Parameters    keys : (rows, 8) uint64 below 2**63 - C-contiguous
                  start, end : rows; end - start is a multiple of 16
    """
    for block in range(start, end, BLOCK):
        _sort16(keys, block, block + 8, 1)
    run = BLOCK
    while run < end - start:
        for first in range(start, end, 2 * run):
            middle = first + run
            if run <= 128 and middle + run <= end:
                _merge_full(keys, first, run)
            elif middle < end:
                for i in range(min(run, end - middle)):
                    _exchange(keys, middle - 1 - i, middle + i)
                _clean(keys, first, run, end)
                _clean(keys, middle, run, end)
        run *= 2
