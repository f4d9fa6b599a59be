# SPDX-License-Identifier: Apache-2.0
"""Closed forms beside simulated trials: dropped arms, combination tests, re-estimated events."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from tests.design_by_simulation import Z, rng, within

from equipoise.design.boundaries import drift_for_power
from equipoise.design.classical_bounds import wang_tsiatis_bounds
from equipoise.design.combination import fisher_rejects, fisher_rule, inverse_normal_z
from equipoise.design.many_arms import many_arm_bounds, many_arm_power
from equipoise.design.reestimation import ZoneRule, reestimate_events


def two_stage_scores(runs, drift, seed):
    """Stage-wise Z of a trial with half its information at the interim look."""
    return rng(seed).normal(drift * np.sqrt(0.5), 1.0, (runs, 2))


def test_21_many_arms_two_stages():
    bounds = many_arm_bounds([0.5, 1.0], arms=3, alpha=0.025, shape=0.25)
    runs = 100_000
    for drifts in (np.zeros(3), np.array([3.0, 1.5, 0.0])):
        steps = rng(24).normal(size=(runs, 4, 2)) * np.sqrt(0.5)
        paths = np.cumsum(steps, axis=2) / np.sqrt([0.5, 1.0])
        z = (paths[:, :3] + paths[:, 3:]) / np.sqrt(2) + drifts[:, None] * np.sqrt([0.5, 1.0])
        crossed = (z >= bounds.upper).any(axis=(1, 2))
        within(crossed, many_arm_power(bounds, drifts=drifts), runs=runs)


def test_22_combination_tests_keep_the_size_and_power():
    runs = 100_000
    rule = fisher_rule(alpha=0.025, alpha0=0.5)
    p = ndtr(-two_stage_scores(runs, 0.0, 25))
    within([fisher_rejects(rule, row) for row in p[:40_000]], 0.025, runs=40_000)
    bounds = wang_tsiatis_bounds([0.5, 1.0], alpha=0.025, shape=0.0)
    drift = drift_for_power(bounds, power=0.9)
    z = two_stage_scores(runs, drift, 26)
    combined = np.column_stack([z[:, 0], z.sum(axis=1) / np.sqrt(2)])
    one = inverse_normal_z(ndtr(-z[0]), weights=[1.0, 1.0])
    assert one == pytest.approx(combined[0])
    uneven = inverse_normal_z([0.1, 0.02], weights=[1.0, 3.0])
    by_hand = (-ndtri(0.1) - np.sqrt(3) * ndtri(0.02)) / 2
    assert uneven == pytest.approx([-ndtri(0.1), by_hand])
    within((combined >= bounds.upper).any(axis=1), 0.9, runs=runs)


def test_23_promising_zone_keeps_the_size_and_meets_its_conditional_power():
    rule, runs = ZoneRule(0.3, 0.9, 400.0), 20_000
    first = rng(27).normal(0.0, 1.0, runs)
    second = rng(28).normal(0.0, 1.0, runs)
    won = np.zeros(runs, dtype=bool)
    for i, z in enumerate(first):
        plan = reestimate_events(z, seen=100, planned=200, rule=rule, final_z=Z)
        final = (np.sqrt(100) * z + np.sqrt(plan.events - 100) * second[i]) / np.sqrt(plan.events)
        won[i] = final >= plan.final_z
    within(won, 0.025, runs=runs)
    z, theta = 1.4, 1.4 / 10
    plan = reestimate_events(z, seen=100, planned=200, rule=rule, final_z=Z)
    more = plan.events - 100
    score = z * 10 + rng(29).normal(theta * more, np.sqrt(more), 50_000)
    within(score / np.sqrt(plan.events) >= plan.final_z, plan.new_power, runs=50_000)
