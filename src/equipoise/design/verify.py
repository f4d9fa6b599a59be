# SPDX-License-Identifier: Apache-2.0
"""A plan beside its own simulation: what the formulas say and what simulated trials do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.design.array import FloatArray
from equipoise.design.batch_tests import batch_cox, batch_logrank
from equipoise.design.boundaries import Bounds
from equipoise.design.simulated_trials import Snapshot, draw_trials, see_at_events
from equipoise.design.two_arms import TwoArms


@dataclass(frozen=True, slots=True)
class Verification:
    """Simulated operating characteristics; (K,) arrays by look.

    `cross_upper`, `cross_lower` first crossings; `power` and its Monte-Carlo error `power_se`;
    `expected_events`, `expected_months` at the stop, `months` mean calendar month of each look.
    """

    replicates: int
    cross_upper: FloatArray
    cross_lower: FloatArray
    power: float
    power_se: float
    expected_events: float
    expected_months: float
    expected_months_se: float
    months: FloatArray


def verify_group_sequential(
    trial: TwoArms,
    bounds: Bounds,
    *,
    patients: int,
    events: FloatArray,
    replicates: int,
    rng: np.random.Generator,
    null_ratio: float = 1.0,
) -> Verification:
    """Simulate the trial and apply the bounds at the events of each look.

    Parameters    events     : (K,) float - planned events, rounded to whole ones
                  null_ratio : float - hazard ratio of the null; other than 1, the statistic is
                               Cox's, (ln null_ratio - log hazard ratio) / its standard error
    Returns       Verification
    """
    counts = np.round(events).astype(int)
    looks = len(counts)
    z, month = np.empty((replicates, looks)), np.empty((replicates, looks))
    for first in range(0, replicates, 1000):
        rows = slice(first, min(first + 1000, replicates))
        trials = draw_trials(trial, patients=patients, replicates=rows.stop - rows.start, rng=rng)
        for look, count in enumerate(counts):
            seen = see_at_events(trials, int(count))
            z[rows, look], month[rows, look] = _statistic(seen, null_ratio), seen.month
    up, down = z >= bounds.upper, z < bounds.lower
    out = up | down
    out[:, -1] = True
    first_out = out.argmax(axis=1)
    row = np.arange(replicates)
    won = up[row, first_out]
    cross_upper = np.bincount(first_out[won], minlength=looks) / replicates
    stop_month = month[row, first_out]
    power = float(won.mean())
    return Verification(
        replicates=replicates,
        cross_upper=cross_upper,
        cross_lower=np.bincount(first_out[~won & down[row, first_out]], minlength=looks)
        / replicates,
        power=power,
        power_se=float(np.sqrt(power * (1 - power) / replicates)),
        expected_events=float(counts[first_out].mean()),
        expected_months=float(stop_month.mean()),
        expected_months_se=float(stop_month.std() / np.sqrt(replicates)),
        months=month.mean(axis=0),
    )


def _statistic(seen: Snapshot, null_ratio: float) -> FloatArray:
    if null_ratio == 1.0:
        return np.asarray(batch_logrank(seen)[0])
    fit = batch_cox(seen)
    return np.asarray((np.log(null_ratio) - fit.log_ratio) / fit.se)
