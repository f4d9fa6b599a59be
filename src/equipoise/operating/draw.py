# SPDX-License-Identifier: Apache-2.0
"""Draw the patients of eight replicates in step: entry, end of follow-up, and what ended it.

Proof: tests/property/test_event_time_kernel.py, against `reference.draw_patients`.
"""

from __future__ import annotations

import numpy as np

from equipoise.operating.compiling import part, stage
from equipoise.operating.lanes import Eight, bits_of, float_of_bits, floor, load, select, store
from equipoise.operating.logarithm import log_lanes
from equipoise.operating.philox import philox_lanes
from equipoise.operating.plan import NEVER, Floats, Plan
from equipoise.operating.work import Work

ARM, CENSORED, FLAGS = np.uint64(1), np.uint64(2), np.uint64(3)
"""The two lowest bits of a time carry its arm and that it is censored; the rest is the time."""
TIME = np.uint64(0xFFFFFFFFFFFFFFFC)
PURPOSE = np.uint64(0)  # philox.EVENT_TIMES, as the type that the generator takes


@part
def invert(pieces: Floats, height: Eight) -> Eight:
    """Where a rising function of straight pieces reaches `height` (F8).

    Parameters    pieces : (3, P) float64 - height where each begins, one over its slope, its width
    """
    place = height * 0.0
    for k in range(pieces.shape[1]):
        step = (height - pieces[0, k]) * pieces[1, k]
        step = select(step > 0.0, step, height * 0.0)
        place = place + select(step < pieces[2, k], step, height * 0.0 + pieces[2, k])
    return place


@part
def last_scan(scans: Floats, time: Eight) -> Eight:
    """The last scan not after `time` (F8); `scans` as in Plan."""
    scan = time * 0.0
    for k in range(scans.shape[1]):
        number = (time - scans[0, k]) / scans[1, k]
        number = select(number > 0.0, number, time * 0.0)
        number = select(number < scans[2, k], number, time * 0.0 + scans[2, k])
        scan = scan + floor(number) * scans[1, k]
    return scan


@part
def next_scan(scans: Floats, time: Eight) -> Eight:
    """The first scan not before `time` (F8); `scans` as in Plan."""
    scan = time * 0.0
    for k in range(scans.shape[1]):
        number = (time - scans[0, k]) / scans[1, k]
        number = select(number > 0.0, number, time * 0.0)
        number = select(number < scans[2, k], number, time * 0.0 + scans[2, k])
        scan = scan + (0.0 - floor(0.0 - number)) * scans[1, k]
    return scan


@part
def follow_patient(
    u_event: Eight,
    u_dropout: Eight,
    hazard: Floats,
    cured: float,
    dropout: float,
    scans: Floats,
    flag: np.uint64,
) -> Eight:
    """Follow-up of one patient in each lane, with its flags (U8), from two uniform numbers."""
    left = (u_event - cured) * (1.0 / (1.0 - cured))
    falls_ill = left > 0.0
    event = invert(hazard, 0.0 - log_lanes(select(falls_ill, left, u_event)))
    event = select(falls_ill, event, u_event * 0.0 + NEVER)
    leaves = (0.0 - log_lanes(u_dropout)) * dropout
    if scans.shape[1] > 0:
        event, leaves = next_scan(scans, event), last_scan(scans, leaves)
    seen = event <= leaves
    bits = bits_of(select(seen, event, leaves)) & TIME
    return bits | select(seen, (bits ^ bits) | flag, (bits ^ bits) | (CENSORED | flag))


@stage
def draw_uniforms(
    plan: Plan,
    low: Eight,
    high: Eight,
    seed: np.uint64,
    events: Floats,
    entries: Floats,
    dropouts: Floats,
) -> None:
    """Three uniform numbers for each patient of eight replicates, one row each.

    A loop of its own: the processor works on several patients at a time when each takes few
    instructions, and waits for one after the other when random numbers and logarithms share it.
    """
    patient = 0
    for s in range(plan.size.shape[0]):
        for row in range(plan.first[s], plan.first[s] + plan.size[s, 0] + plan.size[s, 1]):
            u, v, w = philox_lanes(np.uint64(patient), low, high, PURPOSE, seed)
            store(events, row, u)
            store(entries, row, v)
            store(dropouts, row, w)
            patient += 1


@stage
def draw_trials(plan: Plan, low: Eight, high: Eight, seed: np.uint64, work: Work) -> None:
    """Fill `entry`, `ends`, `follow` and `order` of the work room with eight trials.

    `low` and `high` are the halves of the replicate numbers (U8); calendar times are months from
    the first possible entry; a row without a patient never enters.
    """
    draw_uniforms(plan, low, high, seed, work.ends, work.entry, work.share)
    nothing = low ^ low
    infinite = bits_of(float_of_bits(nothing) + np.inf)
    entry, ends, follow, order, left = work.entry, work.ends, work.follow, work.order, work.share
    accrual, scans = plan.accrual, plan.scans
    for s in range(plan.size.shape[0]):
        row = plan.first[s]
        for arm in range(2):
            hazard, cured, dropout = plan.hazard[s, arm], plan.cured[s, arm], plan.dropout[s, arm]
            flag = np.uint64(arm)
            for at in range(row, row + plan.size[s, arm]):
                u, w = load(ends, at), load(left, at)
                bits = follow_patient(u, w, hazard, cured, dropout, scans, flag)
                enters = invert(accrual, load(entry, at))
                stop = enters + float_of_bits(bits & TIME)
                store(entry, at, enters)
                store(ends, at, stop)
                store(follow, at, bits)
                store(order, at, select((bits & CENSORED) == nothing, bits_of(stop), infinite))
            row += plan.size[s, arm]
        for pad in range(row, plan.first[s + 1]):
            store(entry, pad, float_of_bits(infinite))
            store(ends, pad, float_of_bits(infinite))
            store(follow, pad, nothing | CENSORED)
            store(order, pad, infinite)
