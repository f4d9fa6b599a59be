# SPDX-License-Identifier: Apache-2.0
"""What holds for any group-sequential design, and for inference after stopping."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from equipoise.design.bound_scales import compute_scales
from equipoise.design.boundaries import (
    drift_for_power,
    efficacy_bounds,
    fixed_drift,
    operating,
)
from equipoise.design.classical_bounds import haybittle_peto_bounds, wang_tsiatis_bounds
from equipoise.design.conditional_power import (
    conditional_crossing,
    conditional_power,
    predictive_crossing,
    predictive_power,
)
from equipoise.design.futility import binding_futility_bounds, nonbinding_futility_bounds
from equipoise.design.graph import graphical_test, make_graph
from equipoise.design.graph_sequential import (
    SequentialEvidence,
    graphical_sequential_test,
    sequential_p,
)
from equipoise.design.normal_orthant import orthant_probability
from equipoise.design.observed_information import NO_LOOKS, bounds_at_observed, next_interim_bound
from equipoise.design.recursion import crossing_probabilities, make_walk
from equipoise.design.spending import (
    hold_spending,
    hwang_shih_decani_spending,
    kim_demets_spending,
    obrien_fleming_spending,
    pocock_spending,
    user_spending,
)
from equipoise.design.stopped_estimate import stagewise_estimate
from equipoise.errors import MethodError

SPENDINGS = {
    "obrien-fleming": obrien_fleming_spending,
    "pocock": pocock_spending,
    "kim-demets": kim_demets_spending(2.0),
    "hwang-shih-decani": hwang_shih_decani_spending(-4.0),
    "linear": hwang_shih_decani_spending(0.0),
    "user": user_spending([0.5, 1], [0.2, 1]),
}
fractions = st.lists(st.floats(0.05, 1), min_size=1, max_size=6, unique=True).map(
    lambda steps: np.cumsum(steps) / np.sum(steps)
)


@settings(max_examples=40, deadline=None)
@given(t=fractions, alpha=st.floats(0.001, 0.2), name=st.sampled_from(sorted(SPENDINGS)))
def test_bounds_spend_what_they_were_given(t, alpha, name):
    spent = SPENDINGS[name](t, alpha)
    bounds = efficacy_bounds(t, spent)
    crossed = operating(bounds, drift=0.0).cross_upper
    assert np.cumsum(crossed) == pytest.approx(spent, rel=1e-6, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(t=fractions, drift=st.floats(-1, 5))
def test_probabilities_of_all_outcomes_add_up(t, drift):
    bounds = efficacy_bounds(t, pocock_spending(t, 0.025))
    walk = make_walk(drift * np.sqrt(t), t)
    lower = np.minimum(bounds.upper - 1.0, 0.5)
    lower[-1] = bounds.upper[-1]
    crossing = crossing_probabilities(walk, upper=bounds.upper, lower=lower)
    assert crossing.upper.sum() + crossing.lower.sum() == pytest.approx(1, abs=1e-9)


def test_crossing_is_the_multivariate_normal_integral():
    t = np.array([0.3, 0.45, 1.0])
    upper = np.array([2.8, 2.4, 2.0])
    for drift in (0.0, 2.7):
        walk = make_walk(drift * np.sqrt(t), t)
        crossed = crossing_probabilities(walk, upper=upper, lower=[-np.inf] * 3).upper
        correlation = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
        below = orthant_probability(upper, mean=drift * np.sqrt(t), correlation=correlation)
        assert crossed.sum() == pytest.approx(1 - below, abs=1e-8)


def test_crossing_agrees_with_simulated_scores():
    t = np.array([0.2, 0.45, 0.7, 1.0])
    bounds = nonbinding_futility_bounds(
        t,
        alpha_spent=obrien_fleming_spending(t, 0.025),
        beta_spent=hwang_shih_decani_spending(-2)(t, 0.1),
    ).bounds
    drift, runs = 2.5, 400_000
    rng = np.random.default_rng(11)
    steps = rng.normal(drift * np.diff(t, prepend=0), np.sqrt(np.diff(t, prepend=0)), (runs, 4))
    z = np.cumsum(steps, axis=1) / np.sqrt(t)
    out = (z >= bounds.upper) | (z < bounds.lower)
    first = out.argmax(axis=1)
    up = (z >= bounds.upper)[np.arange(runs), first]
    expected = operating(bounds, drift=drift)
    for look in range(4):
        for side, probability in ((up, expected.cross_upper), (~up, expected.cross_lower)):
            share = np.mean((first == look) & side)
            error = np.sqrt(probability[look] * (1 - probability[look]) / runs)
            assert abs(share - probability[look]) < 4 * error + 1e-6


def test_one_look_is_the_plain_test():
    bounds = efficacy_bounds([1.0], [0.025])
    assert bounds.upper[0] == pytest.approx(-ndtri(0.025), abs=1e-10)
    assert drift_for_power(bounds, power=0.9) == pytest.approx(fixed_drift(0.025, 0.9), abs=1e-8)


def test_binding_futility_lowers_the_last_bound():
    t = np.array([0.3, 0.6, 1.0])
    given_ = {
        "alpha_spent": obrien_fleming_spending(t, 0.025),
        "beta_spent": hwang_shih_decani_spending(-2)(t, 0.1),
    }
    binding, free = binding_futility_bounds(t, **given_), nonbinding_futility_bounds(t, **given_)
    assert binding.bounds.upper[-1] < free.bounds.upper[-1]
    assert binding.inflation < free.inflation
    for design, size in ((binding, 0.025), (free, None)):
        done = operating(design.bounds, drift=design.drift)
        assert done.power == pytest.approx(0.9, abs=1e-7)
        assert np.cumsum(done.cross_lower) == pytest.approx(design.beta, abs=1e-7)
        if size:
            assert operating(design.bounds, drift=0.0).power == pytest.approx(size, abs=1e-7)


def test_a_futility_only_look_spends_no_alpha():
    t = np.array([0.4, 0.7, 1.0])
    alpha = hold_spending(obrien_fleming_spending(t, 0.025), allowed=[False, True, True])
    beta = hold_spending(pocock_spending(t, 0.1), allowed=[True, False, True])
    design = nonbinding_futility_bounds(t, alpha_spent=alpha, beta_spent=beta)
    assert np.isinf(design.bounds.upper[0])
    assert np.isinf(design.bounds.lower[1])
    assert operating(design.bounds, drift=design.drift).power == pytest.approx(0.9, abs=1e-7)


def test_scales_come_back_to_z():
    scales = compute_scales([2.9626, 2.0141], events=[85, 170], share=0.5)
    assert ndtri(1 - scales.p) == pytest.approx(scales.z, abs=1e-9)
    assert -np.log(scales.hazard_ratio) * np.sqrt([85 / 4, 170 / 4]) == pytest.approx(scales.z)
    assert scales.b_value / np.sqrt([0.5, 1]) == pytest.approx(scales.z)


def test_observed_bounds_at_the_plan_are_the_plan():
    t = np.array([0.5, 0.75, 1.0])
    plan = efficacy_bounds(t, obrien_fleming_spending(t, 0.025))
    seen = bounds_at_observed(170 * t, planned=170, alpha=0.025, spending=obrien_fleming_spending)
    assert seen.upper == pytest.approx(plan.upper, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.floats(60, 110), st.floats(140, 200))
def test_observed_bounds_keep_the_size(first, last):
    seen = bounds_at_observed(
        [first, last], planned=170, alpha=0.025, spending=obrien_fleming_spending
    )
    walk = make_walk(0.0, seen.information)
    size = crossing_probabilities(walk, upper=seen.upper, lower=[-np.inf] * 2).upper.sum()
    assert size == pytest.approx(0.025, rel=1e-6)


def test_an_interim_look_beyond_the_plan_spends_the_rest():
    held = next_interim_bound(
        NO_LOOKS, 90, planned=170, alpha=0.025, spending=obrien_fleming_spending
    )
    held = next_interim_bound(held, 180, planned=170, alpha=0.025, spending=obrien_fleming_spending)
    assert held.alpha[-1] == pytest.approx(0.025)


@settings(max_examples=10, deadline=None)
@given(z=st.floats(-1.5, 4), theta=st.floats(-0.2, 0.5))
def test_shifting_the_effect_shifts_a_one_look_estimate(z, theta):
    estimate = stagewise_estimate([64.0], z, upper=[], lower=[], level=0.95)
    assert estimate.median_unbiased == pytest.approx(z / 8, abs=1e-7)
    assert estimate.low == pytest.approx((z - 1.959963985) / 8, abs=1e-7)
    assert estimate.p == pytest.approx(ndtr(-z), abs=1e-9)


def test_stagewise_p_is_uniform_and_intervals_cover():
    t, runs = np.array([0.5, 1.0]), 1500
    upper = efficacy_bounds(t, pocock_spending(t, 0.025)).upper
    info, theta = 100 * t, 0.25
    rng = np.random.default_rng(5)
    steps = rng.normal(
        theta * np.diff(info, prepend=0), np.sqrt(np.diff(info, prepend=0)), (runs, 2)
    )
    z = np.cumsum(steps, axis=1) / np.sqrt(info)
    below, covered = 0, 0
    for row in z:
        look = 1 if row[0] >= upper[0] else 2
        e = (
            stagewise_estimate(
                info[:look], row[look - 1], upper=upper, lower=[-np.inf] * 2, level=0.9
            )
            if look == 2
            else stagewise_estimate(info[:1], row[0], upper=[], lower=[], level=0.9)
        )
        below += e.median_unbiased < theta
        covered += e.low <= theta <= e.high
    assert abs(below / runs - 0.5) < 4 * np.sqrt(0.25 / runs)
    assert abs(covered / runs - 0.9) < 4 * np.sqrt(0.09 / runs)


def test_conditional_power_forms_agree():
    by_walk = conditional_crossing(
        1.2, information=50, future=[100.0], upper=[1.96], lower=[-np.inf], theta=0.2
    ).sum()
    assert by_walk == pytest.approx(
        conditional_power(1.2, fraction=0.5, final_z=1.96, drift=0.2 * 10), abs=1e-10
    )
    flat = predictive_crossing(
        1.2,
        information=50,
        future=[100.0],
        upper=[1.96],
        lower=[-np.inf],
        prior_mean=0,
        prior_information=0,
    ).sum()
    assert flat == pytest.approx(predictive_power(1.2, fraction=0.5, final_z=1.96), abs=1e-6)


def test_sequential_p_of_a_just_crossed_bound_is_alpha():
    t = np.array([0.5, 0.75, 1.0])
    upper = efficacy_bounds(t, obrien_fleming_spending(t, 0.01)).upper
    p = np.array([0.4, ndtr(-upper[1])])
    found = sequential_p(p, fraction=t[:2], spending=obrien_fleming_spending)
    assert found == pytest.approx(0.01, rel=1e-6)


def test_alpha_passed_on_reopens_survival_and_holm_is_a_graph():
    holm = make_graph([0.5, 0.5], [[0, 1], [1, 0]])
    result = graphical_test(holm, [0.02, 0.04], alpha=0.05)
    assert result.adjusted_p == pytest.approx([0.04, 0.04])
    weights, edges = [0.8, 0.2], [[0, 1], [1, 0]]
    t = np.array([0.6, 1.0])
    pfs = SequentialEvidence(np.array([0.0001]), np.array([0.7]), obrien_fleming_spending)
    upper = efficacy_bounds(t, obrien_fleming_spending(t, 0.025)).upper
    p = ndtr(-upper[0]) * 0.99  # enough at 0.025, not at 0.2 x 0.025
    overall = SequentialEvidence(np.array([p]), t[:1], obrien_fleming_spending)
    done = graphical_sequential_test(make_graph(weights, edges), [pfs, overall], alpha=0.025)
    assert done.rejected.all()
    assert done.order == (0, 1)
    alone = sequential_p([p], fraction=t[:1], spending=obrien_fleming_spending)
    assert alone > 0.2 * 0.025


def test_an_epsilon_edge_gives_all_to_the_last_one_left():
    epsilon = 1e-6
    graph = make_graph([1, 0, 0], [[0, 1 - epsilon, epsilon], [0, 0, 1], [0, 0, 0]])
    done = graphical_test(graph, [0.01, 0.01, 0.04], alpha=0.05)
    assert done.adjusted_p == pytest.approx([0.01, 0.01, 0.04], rel=1e-4)


def test_haybittle_peto_and_pocock_keep_the_size():
    t = np.array([0.25, 0.5, 0.75, 1.0])
    for bounds in (
        haybittle_peto_bounds(t, alpha=0.025, interim_z=3),
        wang_tsiatis_bounds(t, alpha=0.025, shape=0.5),
    ):
        assert operating(bounds, drift=0.0).power == pytest.approx(0.025, rel=1e-7)


FAULTS = {
    "impossible power": (
        lambda: drift_for_power(efficacy_bounds([1.0], [0.025]), power=0.02),
        "a power of 0.02 is impossible",
    ),
    "alpha that decreases": (
        lambda: efficacy_bounds([0.5, 1], [0.02, 0.01]),
        "alpha cannot be spent as given",
    ),
    "looks out of order": (
        lambda: efficacy_bounds([0.5, 0.4, 1], [0.01, 0.02, 0.025]),
        "information must increase from look to look",
    ),
    "interim bounds too easy": (
        lambda: haybittle_peto_bounds([0.25, 0.5, 0.75, 1], alpha=0.025, interim_z=2),
        "spend",
    ),
    "bounds that never meet": (
        lambda: nonbinding_futility_bounds(
            [0.3, 0.6, 1.0], alpha_spent=[1e-9, 2e-9, 0.025], beta_spent=[0.0899, 0.0999, 0.1]
        ),
        "do not meet at any drift",
    ),
    "a graph that makes alpha": (
        lambda: make_graph([0.8, 0.4], [[0.5, 0.5], [1, 0]]),
        "weights are negative or add up to more than 1",
    ),
}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_faults_say_what_where_and_how_to_mend(name):
    call, words = FAULTS[name]
    with pytest.raises(MethodError, match=words) as raised:
        call()
    assert all(fault.where and fault.mend for fault in raised.value.faults)
