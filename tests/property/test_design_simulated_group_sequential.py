# SPDX-License-Identifier: Apache-2.0
"""Closed forms beside simulated trials: group-sequential bounds and conditional power."""

import numpy as np
import pytest
from tests.design_by_simulation import RUNS, Z, plan_of, proportional, rng, whole, within

from equipoise.design.boundaries import efficacy_bounds, operating
from equipoise.design.conditional_power import conditional_power
from equipoise.design.futility import nonbinding_futility_bounds
from equipoise.design.spending import (
    hwang_shih_decani_spending,
    obrien_fleming_spending,
    pocock_spending,
)
from equipoise.design.two_arms import (
    month_of_events,
    scale_trial,
)
from equipoise.design.verify import verify_group_sequential

GROUP_SEQUENTIAL = {
    "obrien-fleming 3": ([0.5, 0.75, 1.0], obrien_fleming_spending),
    "pocock 5": ([0.2, 0.4, 0.6, 0.8, 1.0], pocock_spending),
    "hwang-shih-decani 4": ([0.3, 0.55, 0.8, 1.0], hwang_shih_decani_spending(-2.0)),
}


@pytest.mark.parametrize("name", GROUP_SEQUENTIAL)
def test_05_group_sequential_power_dates_and_events(name):
    t, spending = GROUP_SEQUENTIAL[name]
    plan = plan_of(efficacy_bounds(t, spending(t, 0.025)))
    done = verify_group_sequential(
        plan.trial,
        plan.bounds,
        patients=whole(plan),
        events=plan.events,
        replicates=RUNS,
        rng=rng(5),
    )
    assert abs(done.power - plan.alternative.power) <= 3 * done.power_se
    # the n-th event of whole patients comes half an event before n are expected
    entered = scale_trial(plan.trial, whole(plan) / plan.max_patients)
    months = [month_of_events(entered, round(count) - 0.5) for count in plan.events]
    assert done.months == pytest.approx(months, abs=0.1)
    stop = plan.alternative.cross_upper.copy()
    stop[-1] = 1 - stop[:-1].sum()
    assert abs(done.expected_months - stop @ months) <= 3 * done.expected_months_se + 0.1


def test_06_group_sequential_size():
    t = [0.5, 0.75, 1.0]
    bounds = efficacy_bounds(t, pocock_spending(t, 0.025))
    done = verify_group_sequential(
        proportional(1.0),
        bounds,
        patients=400,
        events=np.array([150.0, 225.0, 300.0]),
        replicates=3 * RUNS,
        rng=rng(6),
    )
    within([done.power], 0.025, runs=3 * RUNS)


def test_07_futility_bounds_used():
    t = np.array([0.4, 0.7, 1.0])
    design = nonbinding_futility_bounds(
        t,
        alpha_spent=obrien_fleming_spending(t, 0.025),
        beta_spent=hwang_shih_decani_spending(-2)(t, 0.1),
    )
    root = design.drift / -np.log(0.7)
    events = 4 * root**2
    for hr, drift in ((0.7, design.drift), (1.0, 0.0)):
        done = verify_group_sequential(
            proportional(hr, n=560),
            design.bounds,
            patients=560,
            events=events * t,
            replicates=RUNS,
            rng=rng(7),
        )
        expected = operating(design.bounds, drift=drift)
        within([done.power], expected.power)
        for look in range(2):
            within([done.cross_lower[look]], expected.cross_lower[look])


def test_24_conditional_power():
    z, t, drift, runs = 1.1, 0.6, 2.8, 50_000
    end = z * np.sqrt(t) + rng(30).normal(drift * (1 - t), np.sqrt(1 - t), runs)
    within(end >= Z, conditional_power(z, fraction=t, final_z=Z, drift=drift), runs=runs)
