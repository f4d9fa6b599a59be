# SPDX-License-Identifier: Apache-2.0
"""Closed forms beside simulated trials: events, patients and assurance."""

import numpy as np
import pytest
from scipy.special import ndtr
from tests.design_by_simulation import RUNS, Z, arms, proportional, rng, within

from equipoise.design.assurance import EffectPrior, assurance
from equipoise.design.batch_tests import (
    batch_cox,
    batch_logrank,
)
from equipoise.design.boundaries import efficacy_bounds
from equipoise.design.events_needed import (
    freedman_events,
    lachin_foulkes_size,
    power_at_events,
    schoenfeld_events,
)
from equipoise.design.piecewise import (
    add,
    constant,
    from_median,
    make_rate,
    times,
)
from equipoise.design.simulated_trials import draw_trials, see_at_events, see_at_month
from equipoise.design.spending import (
    obrien_fleming_spending,
)
from equipoise.design.two_arms import (
    events_by,
    events_by_arm,
    month_of_events,
)
from equipoise.design.weighted_logrank import logrank_moments


def test_01_schoenfeld_power_at_events():
    trial = proportional(0.7)
    seen = see_at_events(draw_trials(trial, patients=400, replicates=RUNS, rng=rng(1)), 247)
    within(batch_logrank(seen)[0] >= Z, power_at_events(247, 0.7, alpha=0.025, share=0.5))
    assert schoenfeld_events(0.7, alpha=0.025, power=0.8, share=0.5) == pytest.approx(
        246.8, abs=0.1
    )


def test_02_unequal_allocation_by_exact_moments():
    trial = proportional(0.7, share=2 / 3, n=420)
    month = month_of_events(trial, 280)
    power = ndtr(logrank_moments(trial, month=month).mean_z[0] - Z)
    seen = see_at_events(draw_trials(trial, patients=420, replicates=RUNS, rng=rng(2)), 280)
    within(batch_logrank(seen)[0] >= Z, power)


def test_03_lachin_foulkes_size_of_a_fixed_calendar():
    middle = times(from_median(6.0), (1 + 0.65) / 2)
    half = events_by(arms(middle, middle, n=1.0), 30.0)[0] / 2
    c, e = events_by_arm(proportional(0.65, n=1.0), 30.0)
    n = lachin_foulkes_size(
        0.65, alpha=0.025, power=0.85, null_events=(half, half), events=(c[0], e[0])
    )
    n = 2 * int(np.ceil(n / 2))
    drawn = draw_trials(proportional(0.65, n=n), patients=n, replicates=RUNS, rng=rng(3))
    seen = see_at_month(drawn, np.full(RUNS, 30.0))
    power = ndtr(logrank_moments(proportional(0.65, n=n), month=30.0).mean_z[0] - Z)
    within(batch_logrank(seen)[0] >= Z, power)
    assert power == pytest.approx(0.85, abs=0.012)


def test_04_non_inferiority_on_the_hazard_ratio():
    trial = proportional(0.95, n=500)
    seen = see_at_events(draw_trials(trial, patients=500, replicates=RUNS, rng=rng(4)), 300)
    cox = batch_cox(seen)
    shown = cox.log_ratio + Z * cox.se < np.log(1.3)
    within(shown, power_at_events(300, 0.95, alpha=0.025, share=0.5, null_ratio=1.3))


def test_11_competing_risks_end_the_time_at_risk():
    control, other = constant(0.08), make_rate([0, 6], [0.02, 0.05])
    loss = add(constant(0.01), other)
    trial = arms(control, times(control, 0.65), dropout=loss, n=500)
    expected = events_by(trial, 30.0)[0]
    drawn = draw_trials(trial, patients=500, replicates=RUNS, rng=rng(11))
    seen = see_at_month(drawn, np.full(RUNS, 30.0))
    count = seen.event.sum(axis=1)
    assert abs(count.mean() - expected) <= 3 * count.std() / np.sqrt(RUNS)
    within(batch_logrank(seen)[0] >= Z, ndtr(logrank_moments(trial, month=30.0).mean_z[0] - Z))


def test_20_assurance():
    t = [0.5, 0.75, 1.0]
    bounds = efficacy_bounds(t, obrien_fleming_spending(t, 0.025))
    prior = EffectPrior(np.log(0.7), 0.2)
    expected = assurance(bounds, prior=prior, events=230, share=0.5)
    runs = 100_000
    theta = -rng(22).normal(prior.mean, prior.sd, runs)
    info = 230 / 4 * np.array(t)
    steps = np.diff(info, prepend=0)
    score = np.cumsum(rng(23).normal(theta[:, None] * steps, np.sqrt(steps)), axis=1)
    within((score / np.sqrt(info) >= bounds.upper).any(axis=1), expected.success, runs=runs)


def test_25_freedman_is_close_to_schoenfeld_for_equal_arms_and_above_it():
    freedman = freedman_events(0.7, alpha=0.025, power=0.9, ratio=1.0)
    schoenfeld = schoenfeld_events(0.7, alpha=0.025, power=0.9, share=0.5)
    assert 1 < freedman / schoenfeld < 1.03
