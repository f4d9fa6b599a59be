# SPDX-License-Identifier: Apache-2.0
"""Closed forms beside simulated trials: each design within three Monte-Carlo standard errors.

The formulas are large-sample ones, so the designs have a hundred events or more; seeds are fixed,
and chosen before the first run.
"""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from equipoise.design.assurance import EffectPrior, assurance
from equipoise.design.batch_tests import (
    batch_cox,
    batch_logrank,
    batch_milestone,
    batch_restricted_mean,
)
from equipoise.design.boundaries import drift_for_power, efficacy_bounds, operating
from equipoise.design.classical_bounds import wang_tsiatis_bounds
from equipoise.design.combination import fisher_rejects, fisher_rule, inverse_normal_z
from equipoise.design.conditional_power import conditional_power
from equipoise.design.delayed_effect_plan import power_of_delayed_effect
from equipoise.design.events_needed import (
    freedman_events,
    lachin_foulkes_size,
    power_at_events,
    schoenfeld_events,
)
from equipoise.design.fixed_time_tests import (
    milestone_difference,
    power_of_difference,
    restricted_mean_difference,
)
from equipoise.design.futility import nonbinding_futility_bounds
from equipoise.design.graph import make_graph
from equipoise.design.many_arms import many_arm_bounds, many_arm_power
from equipoise.design.max_combo import max_combo_critical
from equipoise.design.normal_orthant import orthant_probability
from equipoise.design.one_sample_logrank import (
    power_one_sample_logrank,
    size_one_sample_logrank,
)
from equipoise.design.pfs_os import Disease, draw_pfs_os, operate_pfs_os
from equipoise.design.piecewise import (
    Course,
    add,
    constant,
    cumulative,
    from_median,
    make_accrual,
    make_rate,
    patients_by,
    scale_accrual,
    times,
)
from equipoise.design.predictive_single_arm import predictive_design, predictive_operating
from equipoise.design.reestimation import ZoneRule, reestimate_events
from equipoise.design.simon import simon_two_stage
from equipoise.design.simulated_trials import draw_trials, see_at_events, see_at_month
from equipoise.design.single_arm import exact_single_stage
from equipoise.design.spending import (
    hwang_shih_decani_spending,
    obrien_fleming_spending,
    pocock_spending,
)
from equipoise.design.survival_plan import schoenfeld_plan
from equipoise.design.two_arm_response import (
    fisher_region,
    miettinen_nurminen_region,
    pearson_region,
    power_of_region,
)
from equipoise.design.two_arms import (
    Stratum,
    TwoArms,
    events_by,
    events_by_arm,
    month_of_events,
    patients_in,
    scale_trial,
)
from equipoise.design.verify import verify_group_sequential
from equipoise.design.weighted_logrank import logrank_moments

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


def plan_of(bounds, hr=0.7, power=0.9):
    return schoenfeld_plan(proportional(hr), bounds, hazard_ratio=hr, power=power, month=30.0)


def whole(plan):
    """The plan's trial with an even whole number of patients and whole events."""
    return 2 * int(np.ceil(plan.max_patients / 2))


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


def test_21_many_arms_two_stages():
    bounds = many_arm_bounds([0.5, 1.0], arms=3, alpha=0.025, shape=0.25)
    runs = 100_000
    for drifts in (np.zeros(3), np.array([3.0, 1.5, 0.0])):
        steps = rng(24).normal(size=(runs, 4, 2)) * np.sqrt(0.5)
        paths = np.cumsum(steps, axis=2) / np.sqrt([0.5, 1.0])
        z = (paths[:, :3] + paths[:, 3:]) / np.sqrt(2) + drifts[:, None] * np.sqrt([0.5, 1.0])
        crossed = (z >= bounds.upper).any(axis=(1, 2))
        within(crossed, many_arm_power(bounds, drifts=drifts), runs=runs)


def two_stage_scores(runs, drift, seed):
    """Stage-wise Z of a trial with half its information at the interim look."""
    return rng(seed).normal(drift * np.sqrt(0.5), 1.0, (runs, 2))


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


def test_24_conditional_power():
    z, t, drift, runs = 1.1, 0.6, 2.8, 50_000
    end = z * np.sqrt(t) + rng(30).normal(drift * (1 - t), np.sqrt(1 - t), runs)
    within(end >= Z, conditional_power(z, fraction=t, final_z=Z, drift=drift), runs=runs)


def test_25_freedman_is_close_to_schoenfeld_for_equal_arms_and_above_it():
    freedman = freedman_events(0.7, alpha=0.025, power=0.9, ratio=1.0)
    schoenfeld = schoenfeld_events(0.7, alpha=0.025, power=0.9, share=0.5)
    assert 1 < freedman / schoenfeld < 1.03


def sick(effect=1.0):
    return Disease(
        times(constant(0.12), effect), constant(0.01), times(constant(0.06), (1 + effect) / 2)
    )


def together(effect, seed):
    """PFS and OS of 400 patients; PFS has all of alpha and passes it to OS, epsilon back."""
    drawn = draw_pfs_os(
        sick(),
        sick(effect),
        accrual=make_accrual([18.0], [400 / 18]),
        dropout=constant(0.005),
        share=0.5,
        patients=400,
        replicates=RUNS,
        rng=rng(seed),
    )
    graph = make_graph([0.8, 0.2], [[0, 1], [1, 0]])
    spending = (obrien_fleming_spending, obrien_fleming_spending)
    return drawn, operate_pfs_os(
        drawn,
        looks=[(200, 0), (300, 150), (320, 230)],
        planned=(320, 230),
        spending=spending,
        graph=graph,
        alpha=0.025,
    )


def test_26_pfs_and_os_keep_the_family_wise_error_and_gain_from_each_other():
    _, null = together(1.0, 31)
    assert null.any_rejected <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / RUNS)
    assert (null.correlation > 0.3).all()
    drawn, done = together(0.7, 32)
    assert (np.diff(done.rejected, axis=1) >= 0).all()
    course = Course(constant(0.13), constant(0.005)), Course(constant(0.094), constant(0.005))
    pfs = TwoArms((Stratum(make_accrual([18.0], [400 / 18]), *course),), 0.5)
    month = month_of_events(pfs, 320)
    power = ndtr(logrank_moments(pfs, month=month).mean_z[0] - Z)
    within(batch_logrank(see_at_events(drawn.pfs, 320))[0] >= Z, power)
    assert done.events[0, 0] == pytest.approx(200, abs=1)


def rng(seed):
    return np.random.default_rng(9000 + seed)
