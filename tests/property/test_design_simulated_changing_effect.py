# SPDX-License-Identifier: Apache-2.0
"""Closed forms beside simulated trials: changing effects, and tests other than the log-rank."""

import numpy as np
import pytest
from scipy.special import ndtr
from tests.design_by_simulation import RUNS, Z, arms, proportional, rng, within

from equipoise.design.batch_tests import (
    batch_logrank,
    batch_milestone,
    batch_restricted_mean,
)
from equipoise.design.delayed_effect_plan import power_of_delayed_effect
from equipoise.design.fixed_time_tests import (
    milestone_difference,
    power_of_difference,
    restricted_mean_difference,
)
from equipoise.design.max_combo import max_combo_critical
from equipoise.design.normal_orthant import orthant_probability
from equipoise.design.piecewise import (
    Course,
    constant,
    make_accrual,
    make_rate,
    scale_accrual,
    times,
)
from equipoise.design.simulated_trials import draw_trials, see_at_month
from equipoise.design.spending import (
    obrien_fleming_spending,
)
from equipoise.design.two_arms import (
    Stratum,
    TwoArms,
    events_by,
    patients_in,
)
from equipoise.design.weighted_logrank import logrank_moments


def delayed(n=480):
    control = make_rate([0, 3], np.log(2) / np.array([9.0, 18.0]))
    return arms(control, times(control, [0.95, 0.55]), n=n, months=14.0, dropout=constant(0.001))


def test_08_delayed_effect_power():
    trial = delayed()
    plan = power_of_delayed_effect(
        trial,
        fractions=[0.7, 1.0],
        last_month=36.0,
        alpha=0.025,
        spending=obrien_fleming_spending,
    )
    drawn = draw_trials(trial, patients=480, replicates=RUNS, rng=rng(8))
    z = [batch_logrank(see_at_month(drawn, np.full(RUNS, m)))[0] for m in plan.month]
    within(z[0] >= plan.upper[0], plan.power[0])
    within((z[0] >= plan.upper[0]) | (z[1] >= plan.upper[1]), plan.power[1])


def test_09_stratified_delayed_effect_with_ramped_accrual():
    ramp = make_accrual([3, 6, 18], [10, 20, 30])
    strata = tuple(
        Stratum(
            scale_accrual(ramp, share),
            Course(constant(0.06 * risk), constant(0.005)),
            Course(make_rate([0, 4], [0.06 * risk, 0.036 * risk]), constant(0.005)),
        )
        for share, risk in ((0.4, 1.0), (0.6, 1.7))
    )
    trial = TwoArms(strata, 0.5)
    n = round(patients_in(trial, np.inf)[0])
    power = ndtr(logrank_moments(trial, month=32.0).mean_z[0] - Z)
    drawn = draw_trials(trial, patients=n, replicates=RUNS, rng=rng(9))
    within(batch_logrank(see_at_month(drawn, np.full(RUNS, 32.0)))[0] >= Z, power)


def test_10_expected_events_under_piecewise_everything():
    trial = delayed(n=300)
    drawn = draw_trials(trial, patients=300, replicates=RUNS, rng=rng(10))
    for month in (8.0, 16.0, 30.0):
        count = see_at_month(drawn, np.full(RUNS, month)).event.sum(axis=1)
        expected = events_by(trial, month)[0]
        assert abs(count.mean() - expected) <= 3 * count.std() / np.sqrt(RUNS)


def test_12_milestone():
    trial = delayed(n=600)
    power = power_of_difference(
        milestone_difference(trial, milestone=18.0, month=36.0), alpha=0.025
    )
    drawn = draw_trials(trial, patients=600, replicates=RUNS, rng=rng(12))
    seen = see_at_month(drawn, np.full(RUNS, 36.0))
    within(batch_milestone(seen, milestone=18.0) >= Z, power)


def test_13_restricted_mean():
    trial = proportional(0.68, n=420)
    power = power_of_difference(
        restricted_mean_difference(trial, until=15.0, month=30.0), alpha=0.025
    )
    drawn = draw_trials(trial, patients=420, replicates=RUNS, rng=rng(13))
    seen = see_at_month(drawn, np.full(RUNS, 30.0))
    within(batch_restricted_mean(seen, until=15.0) >= Z, power)


def test_14_weighted_logrank_and_max_combo():
    trial = delayed()
    weights = [(0.0, 0.0), (0.0, 1.0)]
    moments = logrank_moments(trial, month=36.0, weights=weights)
    drawn = draw_trials(trial, patients=480, replicates=RUNS, rng=rng(14))
    z = batch_logrank(see_at_month(drawn, np.full(RUNS, 36.0)), weights=weights)
    within(z[1] >= Z, ndtr(moments.mean_z[1] - Z))
    critical = max_combo_critical(moments.correlation, alpha=0.025)
    below = orthant_probability(
        [critical, critical], mean=moments.mean_z, correlation=moments.correlation
    )
    within(z.max(axis=0) >= critical, 1 - below)
    assert np.corrcoef(z)[0, 1] == pytest.approx(moments.correlation[0, 1], abs=0.02)
