# SPDX-License-Identifier: Apache-2.0
"""The simulator's own tests are the package's log-rank, Cox, Kaplan-Meier and restricted mean."""

import numpy as np
import pytest

from equipoise.design.batch_tests import (
    batch_cox,
    batch_logrank,
    batch_milestone,
    batch_restricted_mean,
)
from equipoise.design.piecewise import Course, constant, make_accrual, make_rate, times
from equipoise.design.simulated_trials import draw_trials, see_at_events, see_at_month
from equipoise.design.two_arms import Stratum, TwoArms
from equipoise.statistics.logrank import logrank

STRATA = tuple(
    Stratum(
        make_accrual([6, 12], [3.0, 9.0]),
        Course(hazard, constant(0.02)),
        Course(times(hazard, 0.6), constant(0.03)),
    )
    for hazard in (make_rate([0, 3], [0.1, 0.05]), constant(0.2))
)
TRIAL = TwoArms(STRATA, 0.5)


@pytest.fixture(scope="module")
def seen():
    rng = np.random.default_rng(3)
    return see_at_events(draw_trials(TRIAL, patients=144, replicates=12, rng=rng), 80)


def rows(seen, i):
    entered = seen.time[i] >= 0
    return (
        seen.time[i][entered],
        seen.event[i][entered].astype(int),
        seen.experimental[entered].astype(int),
        seen.stratum[entered].astype(int),
    )


def test_the_cut_off_is_the_month_of_the_event_that_sets_it(seen):
    assert (seen.event.sum(axis=1) == 80).all()


def test_logrank_is_the_proved_one(seen):
    z = batch_logrank(seen)[0]
    for i in range(12):
        time, event, arm, stratum = rows(seen, i)
        proved = logrank(time, event, arm, stratum=stratum)
        assert -z[i] == pytest.approx(proved.z, abs=1e-10)


def test_cox_solves_its_score_equation(seen):
    cox = batch_cox(seen)
    for i in range(12):
        time, event, arm, _ = rows(seen, i)
        risk = np.exp(cox.log_ratio[i] * arm)
        at_risk = time[:, None] >= time[None, :]
        expected = (at_risk * (risk * arm)[:, None]).sum(0) / (at_risk * risk[:, None]).sum(0)
        assert event @ (arm - expected) == pytest.approx(0, abs=1e-9)
        assert 1 / cox.se[i] ** 2 == pytest.approx(event @ (expected * (1 - expected)), rel=1e-9)


def curve(time, event):
    order = np.argsort(time)
    at_risk = np.arange(len(time), 0, -1)
    return time[order], event[order], at_risk, np.cumprod(1 - event[order] / at_risk)


def test_milestone_and_restricted_mean_by_hand(seen):
    late = see_at_month(
        draw_trials(TRIAL, patients=144, replicates=4, rng=np.random.default_rng(4)),
        np.full(4, 30.0),
    )
    milestone, area = batch_milestone(late, milestone=8.0), batch_restricted_mean(late, until=8.0)
    for i in range(4):
        time, event, arm, _ = rows(late, i)
        sums = []
        for group in (0, 1):
            t, d, n, s = curve(time[arm == group], event[arm == group])
            inside = d * (t <= 8.0)
            level = np.append(1.0, s)[np.sum(t <= 8.0)]
            grid = np.append(0.0, np.append(t[t <= 8.0], 8.0))
            step = np.append(1.0, s[t <= 8.0])
            pieces = step * np.diff(grid)
            ahead = pieces[::-1].cumsum()[::-1][1:]
            greenwood = inside / (n * np.maximum(n - 1.0, 1.0))
            sums.append(
                (
                    level,
                    level**2 * greenwood.sum(),
                    pieces.sum(),
                    (ahead**2 * greenwood[t <= 8.0]).sum(),
                )
            )
        control, treated = sums
        by_hand = (treated[0] - control[0]) / np.sqrt(treated[1] + control[1])
        assert milestone[i] == pytest.approx(by_hand, abs=1e-10)
        by_hand = (treated[2] - control[2]) / np.sqrt(treated[3] + control[3])
        assert area[i] == pytest.approx(by_hand, abs=1e-10)


def test_equal_seeds_give_equal_trials():
    one, two = (
        draw_trials(TRIAL, patients=60, replicates=3, rng=np.random.default_rng(8)) for _ in "ab"
    )
    assert np.array_equal(one.entry, two.entry)
    assert np.array_equal(one.event, two.event)
