# SPDX-License-Identifier: Apache-2.0
"""The kernel behind a plain function."""

from __future__ import annotations

import numpy as np

from equipoise.operating.kernel import COLUMNS, simulate_range
from equipoise.operating.plan import Floats, make_plan
from equipoise.operating.trial import EventTimeTrial, Looks
from equipoise.operating.work import aligned_rows, make_work


def simulate_replicates(
    trial: EventTimeTrial, *, looks: Looks, seed: int, first: int, replicates: int
) -> Floats:
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
    answer = aligned_rows(COLUMNS * len(looks.events)).view(np.float64)
    out = np.empty((replicates, len(looks.events), COLUMNS))
    simulate_range(plan, np.uint64(seed), np.uint64(first), work, answer, out)
    return out
