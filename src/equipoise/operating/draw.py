# SPDX-License-Identifier: Apache-2.0
"""Draw the patients of eight replicates in step: entry, end of follow-up, and what ended it.

Proof: tests/property/test_kernel.py, against `reference.draw_patients`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from equipoise.operating.lanes import bits_of, float_of_bits, floor, select, store
from equipoise.operating.logarithm import log_lanes
from equipoise.operating.philox import philox_lanes
from equipoise.operating.plan import NEVER

ARM, CENSORED, FLAGS = np.uint64(1), np.uint64(2), np.uint64(3)
"""The two lowest bits of a time carry its arm and that it is censored; the rest is the time."""
TIME = np.uint64(0xFFFFFFFFFFFFFFFC)
PURPOSE = np.uint64(0)  # philox.EVENT_TIMES, as the type that the generator takes


@njit(forceinline=True)
def invert(pieces, height):  # type: ignore[no-untyped-def]
    """Where a rising function of straight pieces reaches `height` (F8).

    Parameters    pieces : (3, P) float64 - height where each begins, one over its slope, its width
    """
    place = height * 0.0
    for k in range(pieces.shape[1]):
        step = (height - pieces[0, k]) * pieces[1, k]
        step = select(step > 0.0, step, height * 0.0)
        place = place + select(step < pieces[2, k], step, height * 0.0 + pieces[2, k])
    return place


@njit(forceinline=True)
def last_scan(scans, time):  # type: ignore[no-untyped-def]
    """The last scan not after `time` (F8); `scans` as in Plan."""
    scan = time * 0.0
    for k in range(scans.shape[1]):
        number = (time - scans[0, k]) / scans[1, k]
        number = select(number > 0.0, number, time * 0.0)
        number = select(number < scans[2, k], number, time * 0.0 + scans[2, k])
        scan = scan + floor(number) * scans[1, k]
    return scan


@njit(forceinline=True)
def next_scan(scans, time):  # type: ignore[no-untyped-def]
    """The first scan not before `time` (F8); `scans` as in Plan."""
    scan = time * 0.0
    for k in range(scans.shape[1]):
        number = (time - scans[0, k]) / scans[1, k]
        number = select(number > 0.0, number, time * 0.0)
        number = select(number < scans[2, k], number, time * 0.0 + scans[2, k])
        scan = scan + (0.0 - floor(0.0 - number)) * scans[1, k]
    return scan


@njit(forceinline=True)
def draw_patient(plan, stratum, arm, patient, low, high, seed):  # type: ignore[no-untyped-def]
    """Entry in months (F8), and follow-up with its flags (U8), of one patient in each lane."""
    u_event, u_entry, u_dropout = philox_lanes(np.uint64(patient), low, high, PURPOSE, seed)
    entry = invert(plan.accrual, u_entry)
    cured = plan.cured[stratum, arm]
    left = (u_event - cured) * (1.0 / (1.0 - cured))
    falls_ill = left > 0.0
    height = 0.0 - log_lanes(select(falls_ill, left, u_event))
    event = invert(plan.hazard[stratum, arm], height)
    event = select(falls_ill, event, u_event * 0.0 + NEVER)
    dropout = (0.0 - log_lanes(u_dropout)) * plan.dropout[stratum, arm]
    if plan.scans.shape[1] > 0:
        event, dropout = next_scan(plan.scans, event), last_scan(plan.scans, dropout)
    seen = event <= dropout
    bits = bits_of(select(seen, event, dropout)) & TIME
    flag = np.uint64(arm)
    return entry, bits | select(seen, (bits ^ bits) | flag, (bits ^ bits) | (CENSORED | flag))


@njit
def draw_trials(plan, low, high, seed, entry, ends, follow, order):  # type: ignore[no-untyped-def]
    """Fill four (rows, 8) arrays: entry, calendar end, follow-up with flags, calendar of events.

    `low` and `high` are the halves of the replicate numbers (U8); calendar times are months from
    the first possible entry; a row without a patient never enters.
    """
    nothing = low ^ low
    infinite = bits_of(float_of_bits(nothing) + np.inf)
    patient = 0
    for s in range(plan.size.shape[0]):
        row = plan.first[s]
        for arm in range(2):
            for _ in range(plan.size[s, arm]):
                enters, bits = draw_patient(plan, s, arm, patient, low, high, seed)
                stop = enters + float_of_bits(bits & TIME)
                store(entry, row, enters)
                store(ends, row, stop)
                store(follow, row, bits)
                store(order, row, select((bits & CENSORED) == nothing, bits_of(stop), infinite))
                row += 1
                patient += 1
        for pad in range(row, plan.first[s + 1]):
            store(entry, pad, float_of_bits(infinite))
            store(ends, pad, float_of_bits(infinite))
            store(follow, pad, nothing | CENSORED)
            store(order, pad, infinite)
