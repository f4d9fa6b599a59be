# SPDX-License-Identifier: Apache-2.0
"""The kernel behind a plain function."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.operating.kernel import COLUMNS, simulate_range
from equipoise.operating.lanes import WIDTH
from equipoise.operating.plan import make_plan
from equipoise.operating.trial import EventTimeTrial, Looks

LINE = 64
"""Bytes in a cache line: a vector that straddles two costs twice."""


class Work(NamedTuple):
    """Room for eight trials, (rows, 8) each and on a cache line: entry and the end of follow-up on
    the calendar, follow-up with flags, calendar of events, keys of one look, share of arm 1."""

    entry: NDArray[np.float64]
    ends: NDArray[np.float64]
    follow: NDArray[np.uint64]
    order: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    share: NDArray[np.float64]
    scratch: NDArray[np.float64]


def make_work(rows: int) -> Work:
    """Uninitialised room for trials of `rows` rows."""
    floats = [_aligned(rows).view(np.float64) for _ in range(4)]
    words = [_aligned(rows) for _ in range(3)]
    return Work(floats[0], floats[1], *words, floats[2], floats[3])


def _aligned(rows: int) -> NDArray[np.uint64]:
    raw = np.empty(rows * WIDTH + LINE // 8, dtype=np.uint64)
    skip = (-raw.ctypes.data % LINE) // 8
    return raw[skip : skip + rows * WIDTH].reshape(rows, WIDTH)


def simulate_replicates(
    trial: EventTimeTrial, *, looks: Looks, seed: int, first: int, replicates: int
) -> NDArray[np.float64]:
    """Replicates `first` to first + replicates - 1 of a trial.

    Parameters    seed : below 2**64;  first : number of the first replicate, from 0
    Returns       (replicates, looks, 6) float64 - cut in months after the first possible entry,
                  events, patients entered, log-rank Z and Efron Cox log hazard ratio (both below 0
                  when the experimental arm does better; stratified when the trial is), standard
                  error. A look that never comes has an infinite cut, else NaN; an estimate that
                  does not exist is NaN.
    Notes         A replicate depends on (seed, its number, trial) alone.
    """
    plan = make_plan(trial, looks=looks)
    work = make_work(int(plan.first[-1]))
    answer = _aligned(COLUMNS * len(looks.events)).view(np.float64)
    out = np.empty((replicates, len(looks.events), COLUMNS))
    simulate_range(plan, np.uint64(seed), np.uint64(first), work, answer, out)
    return out
