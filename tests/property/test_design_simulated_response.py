# SPDX-License-Identifier: Apache-2.0
"""Closed forms beside simulated trials: one arm, and response in two."""

import numpy as np
import pytest
from tests.design_by_simulation import RUNS, Z, rng, within

from equipoise.design.one_sample_logrank import (
    power_one_sample_logrank,
    size_one_sample_logrank,
)
from equipoise.design.piecewise import (
    Course,
    constant,
    cumulative,
    from_median,
    make_accrual,
    patients_by,
    scale_accrual,
    times,
)
from equipoise.design.predictive_single_arm import predictive_design, predictive_operating
from equipoise.design.simon import simon_two_stage
from equipoise.design.simulated_trials import draw_trials, see_at_month
from equipoise.design.single_arm import exact_single_stage
from equipoise.design.two_arm_response import (
    fisher_region,
    miettinen_nurminen_region,
    pearson_region,
    power_of_region,
)
from equipoise.design.two_arms import (
    Stratum,
    TwoArms,
)


def test_15_one_sample_logrank():
    historical, loss = from_median(4.0), constant(0.01)
    accrual = make_accrual([12.0], [1.0])
    shared = {"historical": historical, "dropout": loss, "hazard_ratio": 0.65, "month": 20.0}
    size = size_one_sample_logrank(accrual, alpha=0.025, power=0.85, **shared)
    n = int(np.ceil(size.patients))
    entered = scale_accrual(accrual, n / 12)
    power = power_one_sample_logrank(entered, alpha=0.025, **shared)
    assert patients_by(entered, 12.0)[0] == pytest.approx(n)
    course = Course(times(historical, 0.65), loss)
    trial = TwoArms((Stratum(entered, course, course),), 0.5)
    drawn = draw_trials(trial, patients=n, replicates=RUNS, rng=rng(15))
    seen = see_at_month(drawn, np.full(RUNS, 20.0))
    observed = seen.event.sum(axis=1)
    expected = cumulative(historical, seen.time.ravel()).reshape(seen.time.shape).sum(axis=1)
    z = (expected - observed) / np.sqrt((observed + expected) / 2)
    within(z >= Z, power)


def test_16_simon():
    d = simon_two_stage(p0=0.2, p1=0.4, alpha=0.05, power=0.8).optimal
    for p, wanted in ((0.2, d.alpha), (0.4, d.power)):
        first = rng(16).binomial(d.first_patients, p, 50_000)
        total = first + rng(17).binomial(d.patients - d.first_patients, p, 50_000)
        won = (first > d.first_responses) & (total > d.responses)
        within(won, wanted, runs=50_000)


def test_17_exact_single_stage():
    d = exact_single_stage(p0=0.1, p1=0.3, alpha=0.05, power=0.9)
    for p, wanted in ((0.1, d.alpha), (0.3, d.power)):
        within(rng(18).binomial(d.patients, p, 50_000) >= d.responses, wanted, runs=50_000)


def test_18_bayesian_predictive():
    looks = [10, 15, 20, 25, 30, 36]
    d = predictive_design(
        p0=0.2, prior=(0.2, 0.8), looks=looks, posterior_cut=0.92, futility_cut=0.05
    )
    draws = rng(19).random((50_000, 36)) < 0.35
    counts = np.cumsum(draws, axis=1)[:, np.array(looks) - 1]
    stopped = (counts <= d.stop_at).any(axis=1)
    expected = predictive_operating(d, rate=0.35)
    within(~stopped & (counts[:, -1] >= d.responses), expected.success, runs=50_000)
    within(stopped, expected.early_stop, runs=50_000)


@pytest.mark.parametrize("region", [fisher_region, pearson_region, miettinen_nurminen_region])
def test_19_two_arm_response(region):
    reject = region(60, 90, 0.025)
    x0, x1 = rng(20).binomial(60, 0.2, 50_000), rng(21).binomial(90, 0.4, 50_000)
    within(reject[x0, x1], power_of_region(reject, p0=0.2, p1=0.4), runs=50_000)
