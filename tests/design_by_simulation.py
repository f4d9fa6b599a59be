# SPDX-License-Identifier: Apache-2.0
"""What the comparisons of closed forms with simulated trials share.

The formulas are large-sample ones, so the designs have a hundred events or more; seeds are fixed,
and chosen before the first run.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from equipoise.design.piecewise import (
    Course,
    constant,
    from_median,
    make_accrual,
    times,
)
from equipoise.design.survival_plan import schoenfeld_plan
from equipoise.design.two_arms import (
    Stratum,
    TwoArms,
)

RUNS = 4000


Z = -ndtri(0.025)


def arms(control, experimental, *, n=400, months=18.0, share=0.5, dropout=None):
    loss = dropout or constant(0.01)
    accrual = make_accrual([months], [n / months])
    return TwoArms((Stratum(accrual, Course(control, loss), Course(experimental, loss)),), share)


def proportional(hr, **more):
    control = from_median(6.0)
    return arms(control, times(control, hr), **more)


def within(hits, probability, runs=RUNS):
    """Three standard errors of a share of `runs`; a whisker for lattice rounding of events."""
    share = float(np.mean(hits))
    error = np.sqrt(probability * (1 - probability) / runs)
    assert abs(share - probability) <= 3 * error, f"{share:.4f} is not {probability:.4f}"


def plan_of(bounds, hr=0.7, power=0.9):
    return schoenfeld_plan(proportional(hr), bounds, hazard_ratio=hr, power=power, month=30.0)


def whole(plan):
    """The plan's trial with an even whole number of patients and whole events."""
    return 2 * int(np.ceil(plan.max_patients / 2))


def rng(seed):
    return np.random.default_rng(9000 + seed)
