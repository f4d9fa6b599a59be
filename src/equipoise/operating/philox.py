# SPDX-License-Identifier: Apache-2.0
"""Random numbers that need no history: Philox 4x32-10, in numpy and in lanes.

The generator is a function of a key and a counter, so any patient of any replicate can be drawn
without drawing what comes before: key = seed; counter = (patient, replicate, purpose).

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11, 2011,
section 3.3; multipliers and Weyl constants from table 1 and the text below it.
Proof: tests/reference/philox.yaml, the known answers that the authors publish.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.operating.compiling import part
from equipoise.operating.lanes import Eight, float_of_bits

ROUNDS = 10
M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)

EVENT_TIMES = 0
"""Purpose of the block that gives a patient's entry, event and dropout."""
RESPONSE = 1
"""Purpose of the block that gives a patient's tumour response."""

Words = NDArray[np.uint64]


def philox(counter: tuple[Words, Words, Words, Words], *, seed: int) -> tuple[Words, ...]:
    """Four random 32-bit words for each counter.

    Parameters    counter : four arrays of one shape, uint64 below 2**32 - (patient, replicate low,
                  replicate high, purpose)
                  seed : below 2**64 - the key
    Returns       four arrays of that shape, uint64 below 2**32
    """
    c0, c1, c2, c3 = counter
    k0, k1 = np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)
    for _ in range(ROUNDS):
        p0, p1 = M0 * c0, M1 * c2
        c0, c1, c2, c3 = (p1 >> SHIFT) ^ c1 ^ k0, p1 & LOW, (p0 >> SHIFT) ^ c3 ^ k1, p0 & LOW
        k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
    return c0, c1, c2, c3


def philox_uniforms(
    patients: int, *, seed: int, replicate: int, purpose: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Three uniform numbers in (0, 1) for each patient of one replicate, in plain numpy.

    Returns       three (patients,) arrays: two of 52 random bits and one of the 24 bits left over,
                  each in the middle of its cell, so that 0 and 1 never come.
    """
    who = np.arange(patients, dtype=np.uint64)
    same = np.zeros_like(who)
    counter = (who, same + (replicate & 0xFFFFFFFF), same + (replicate >> 32), same + purpose)
    w0, w1, w2, w3 = philox(counter, seed=seed)
    first, second = w0 << SHIFT | w1, w2 << SHIFT | w3
    rest = (first & np.uint64(0xFFF)) << np.uint64(12) | second & np.uint64(0xFFF)
    return (
        ((first >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52,
        ((second >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52,
        (rest.astype(np.float64) + 0.5) * 2.0**-24,
    )


ONE = np.uint64(0x3FF0000000000000)
"""The bits of 1.0: with 52 random bits below them, a number in [1, 2)."""
TWELVE, TWENTY_EIGHT, TWELVE_BITS = np.uint64(12), np.uint64(28), np.uint64(0xFFF)
BELOW_ONE_52, BELOW_ONE_24 = 1.0 - 2.0**-53, 1.0 - 2.0**-25


@part
def philox_lanes(
    patient: np.uint64, low: Eight, high: Eight, purpose: np.uint64, seed: np.uint64
) -> tuple[Eight, Eight, Eight]:
    """`philox_uniforms` for one patient of eight replicates: three F8, the same bits.

    patient, purpose and seed are uint64 scalars, `low` and `high` the halves of the replicates.
    """
    c0, c1, c2, c3 = patient ^ (low ^ low), low, high, purpose ^ (low ^ low)
    k0, k1 = seed & LOW, seed >> SHIFT
    for _ in range(ROUNDS):
        p0, p1 = M0 * c0, M1 * c2
        c0, c1 = (p1 >> SHIFT) ^ c1 ^ k0, p1 & LOW
        c2, c3 = (p0 >> SHIFT) ^ c3 ^ k1, p0 & LOW
        k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
    first, second = c0 << SHIFT | c1, c2 << SHIFT | c3
    rest = (first & TWELVE_BITS) << TWELVE | (second & TWELVE_BITS)
    return (
        float_of_bits(first >> TWELVE | ONE) - BELOW_ONE_52,
        float_of_bits(second >> TWELVE | ONE) - BELOW_ONE_52,
        float_of_bits(rest << TWENTY_EIGHT | ONE) - BELOW_ONE_24,
    )
