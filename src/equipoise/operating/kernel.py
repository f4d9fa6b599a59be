# SPDX-License-Identifier: Apache-2.0
"""Log-rank Z and Efron Cox hazard ratio of many simulated trials, eight at a time.

The readable form of the same computation is `reference.simulate_reference`; a test holds the two
together. How it is made fast: docs/methods/event-time-simulation.md.
"""

from __future__ import annotations

import numpy as np

from equipoise.operating.compiling import STAMP, Function, stage, whole
from equipoise.operating.draw import ARM, CENSORED, TIME, draw_trials, last_scan
from equipoise.operating.lanes import (
    WIDTH,
    Eight,
    any_lane,
    bits_of,
    count_up,
    float_of_bits,
    load,
    select,
    square_root,
    store,
)
from equipoise.operating.logarithm import log_lanes
from equipoise.operating.philox import LOW, SHIFT
from equipoise.operating.plan import Floats, Plan, Words
from equipoise.operating.sorting import sort_columns
from equipoise.operating.tied_events import count_tied_lane
from equipoise.operating.work import Work

COLUMNS = 6
CUT, EVENTS, ENROLLED, Z, LOG_HR, SE = range(COLUMNS)
"""Columns of the answer."""
STEPS = 40
"""Newton steps after which a hazard ratio counts as not estimable."""
SMALL = 1e-5
"""A step this small is the last: what is left is about its third power."""


@stage
def cut_data(
    plan: Plan, cut: Eight, entry: Floats, ends: Floats, follow: Words, keys: Words
) -> Eight:
    """Follow-up with flags as known at calendar time `cut` (F8) into `keys`; how many entered."""
    enrolled = cut * 0.0
    for row in range(plan.first[-1]):
        enters, bits = load(entry, row), load(follow, row)
        inside = enters <= cut
        until = cut - enters
        if plan.scans.shape[1] > 0:
            until = last_scan(plan.scans, until)
        open_ended = (bits_of(until) & TIME) | CENSORED | (bits & ARM)
        known = select(load(ends, row) <= cut, bits, open_ended)
        store(keys, row, select(inside, known, (bits ^ bits) | CENSORED))
        enrolled = enrolled + select(inside, cut * 0.0 + 1.0, cut * 0.0)
    return enrolled


@stage
def count_at_risk(
    keys: Words, share: Floats, start: int, end: int, scratch: Floats
) -> tuple[Eight, Eight, Eight, Eight]:
    """Events, events in arm 1, expected in arm 1 and its variance (F8) within one stratum.

    Rows start to end of `keys` are sorted upwards. `share` gets arm 1 at risk over all at risk at
    each event, and 0 where there is none. Lanes with tied events are counted again one by one.
    """
    nothing = load(keys, start) ^ load(keys, start)
    one = nothing | ARM
    zero = float_of_bits(nothing)
    events, events_1, expected, variance, at_risk_1 = zero, zero, zero, zero, zero
    tied = nothing == one
    above = nothing | CENSORED
    for row in range(end - 1, start - 1, -1):
        bits = load(keys, row)
        is_event = (bits & CENSORED) == nothing
        arm_1 = select((bits & ARM) == one, zero + 1.0, zero)
        at_risk_1 = at_risk_1 + arm_1
        p = select(is_event, at_risk_1 * (1.0 / (end - row)), zero)
        store(share, row, p)
        expected = expected + p
        variance = variance + (p - p * p)
        events = events + select(is_event, zero + 1.0, zero)
        events_1 = events_1 + select(is_event, arm_1, zero)
        tied = tied | (is_event & ((bits | ARM) == (above | ARM)))
        above = bits
    if any_lane(tied):
        store(scratch, 0, select(tied, zero + 1.0, zero))
        store(scratch, 1, expected)
        store(scratch, 2, variance)
        for lane in range(WIDTH):
            if scratch[0, lane] > 0.0:
                scratch[1:3, lane] = count_tied_lane(keys, share, lane, start, end)
        expected, variance = load(scratch, 1), load(scratch, 2)
    return events, events_1, expected, variance


@stage
def growth(step: Eight) -> Eight:
    """A positive factor that agrees with exp(step) up to step**4, for steps between -2 and 2."""
    even, odd = step * step * (1.0 / 12.0) + 1.0, step * 0.5
    return (even + odd) / (even - odd)


@stage
def within(step: Eight, bound: float) -> Eight:
    """Steps (F8) cut to at most `bound` either way."""
    step = select(step > bound, step * 0.0 + bound, step)
    return select(step < -bound, step * 0.0 - bound, step)


@stage
def fit_cox(
    share: Floats, rows: int, events_1: Eight, expected: Eight, variance: Eight
) -> tuple[Eight, Eight]:
    """Log hazard ratio and its information (F8); NaN where the likelihood has no maximum.

    With p the share of arm 1 at risk, an event falls on arm 1 with probability
    q = theta p / (1 + (theta - 1) p): score U = sum(arm 1) - sum(q), information I = sum(q - q**2)
    and its slope J = sum(q - 3 q**2 + 2 q**3). From the log-rank estimate on, each step is
    Chebyshev's, U / I - J (U / I)**2 / (2 I), of third order; theta moves by `growth`, so that no
    exponential is needed. A converged lane is frozen: no neighbour changes its last digits.
    """
    zero = events_1 * 0.0
    theta = growth(within((events_1 - expected) / variance, 2.0))
    moving = zero <= zero
    information = zero
    for _ in range(STEPS):
        less_one = theta - 1.0
        s1, s2, s3 = zero, zero, zero
        for row in range(rows):
            p = load(share, row)
            q = theta * p / (less_one * p + 1.0)
            qq = q * q
            s1, s2, s3 = s1 + q, s2 + qq, s3 + qq * q
        newton = (events_1 - s1) / (s1 - s2)
        slope = s1 - s2 * 3.0 + s3 * 2.0
        step = within(newton - newton * newton * slope / ((s1 - s2) * 2.0), 2.0)
        information = select(moving, s1 - s2 + slope * step, information)
        theta = select(moving, theta * growth(step), theta)
        moving = moving & ((step > SMALL) | (step < -SMALL))
        if not any_lane(moving):
            break
    failed = select(moving, zero + np.nan, theta - theta)
    return log_lanes(theta) + failed, information + failed


@stage
def analyse_look(plan: Plan, cut: Eight, work: Work, answer: Floats, look: int) -> None:
    """One look of eight trials: fill the six rows of `answer` that belong to it."""
    enrolled = cut_data(plan, cut, work.entry, work.ends, work.follow, work.keys)
    zero = cut * 0.0
    events, events_1, expected, variance = zero, zero, zero, zero
    for s in range(plan.size.shape[0]):
        start, end = plan.first[s], plan.first[s + 1]
        sort_columns(work.keys, start, end)
        d, d_1, e, v = count_at_risk(work.keys, work.share, start, end, work.scratch)
        events, events_1 = events + d, events_1 + d_1
        expected, variance = expected + e, variance + v
    log_hr, information = fit_cox(work.share, plan.first[-1], events_1, expected, variance)
    unread = cut - cut  # 0, or NaN where the look never comes
    base = COLUMNS * look
    store(answer, base + CUT, cut)
    store(answer, base + EVENTS, events + unread)
    store(answer, base + ENROLLED, enrolled + unread)
    store(answer, base + Z, (events_1 - expected) / square_root(variance) + unread)
    store(answer, base + LOG_HR, log_hr + unread)
    store(answer, base + SE, 1.0 / square_root(information) + unread)


@stage
def simulate_lanes(
    plan: Plan, seed: np.uint64, first: np.uint64, work: Work, answer: Floats
) -> None:
    """All looks of the replicates first to first + 7 into `answer`, (6 * looks, 8)."""
    replicates = count_up(first)
    low, high = replicates & LOW, replicates >> SHIFT
    draw_trials(plan, low, high, seed, work)
    sort_columns(work.order, 0, plan.first[-1])
    for look in range(plan.events.shape[0]):
        cut = float_of_bits(load(work.order, plan.events[look] - 1))
        latest = float_of_bits(low ^ low) + plan.latest
        cut = select(cut < latest, cut, latest)
        analyse_look(plan, cut, work, answer, look)


def _build(stamp: int) -> Function:
    """The kernel's way in. `stamp` becomes part of the name under which numba keeps it."""

    @whole
    def simulate_range(
        plan: Plan, seed: np.uint64, first: np.uint64, work: Work, answer: Floats, out: Floats
    ) -> None:
        """Fill `out`, (replicates, looks, 6), with the replicates from `first` on."""
        assert stamp
        looks = plan.events.shape[0]
        for start in range(0, out.shape[0], WIDTH):
            simulate_lanes(plan, seed, first + np.uint64(start), work, answer)
            for lane in range(min(WIDTH, out.shape[0] - start)):
                for look in range(looks):
                    for column in range(COLUMNS):
                        out[start + lane, look, column] = answer[COLUMNS * look + column, lane]

    return simulate_range


simulate_range = _build(STAMP)
