# SPDX-License-Identifier: Apache-2.0
"""What holds for any sizing: units, round trips, and faults that say what would do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

from equipoise.design.assurance import prior_from_hazard_ratio, prior_from_median
from equipoise.design.combination import fisher_rule
from equipoise.design.events_needed import (
    detectable_hazard_ratio,
    power_at_events,
    schoenfeld_events,
)
from equipoise.design.fixed_time_tests import milestone_difference, restricted_mean_difference
from equipoise.design.many_arms import dunnett_p, many_arm_bounds, selected_arm_z
from equipoise.design.normal_orthant import orthant_probability
from equipoise.design.one_sample_logrank import one_sample_logrank, size_one_sample_logrank
from equipoise.design.piecewise import (
    Course,
    constant,
    cumulative,
    event_probability,
    expected_events,
    from_median,
    level_at,
    make_accrual,
    make_rate,
    survival,
    survival_area,
    times,
)
from equipoise.design.predictive_single_arm import predictive_design
from equipoise.design.reestimation import ZoneRule, reestimate_events
from equipoise.design.simon import simon_two_stage
from equipoise.design.single_arm import exact_single_stage, safe_single_stage, single_stage_at
from equipoise.design.two_arm_response import (
    fisher_region,
    largest_size,
    pearson_region,
    size_two_arm_response,
)
from equipoise.design.two_arms import (
    Stratum,
    TwoArms,
    events_by,
    events_interval,
    month_of_events,
    patients_in,
)
from equipoise.design.weighted_logrank import average_hazard_ratio
from equipoise.errors import MethodError

rates = st.lists(st.floats(0.005, 0.4), min_size=1, max_size=4)


def rate_of(values):
    return make_rate(np.arange(len(values)) * 2.5, values)


@settings(max_examples=25, deadline=None)
@given(hazard=rates, loss=rates, month=st.floats(0.5, 30))
def test_closed_forms_are_the_integrals_they_stand_for(hazard, loss, month):
    course = Course(rate_of(hazard), rate_of(loss))
    accrual = make_accrual([3, 9], [4.0, 11.0])

    def gone(u):
        at_risk = survival(course.event, u)[0] * survival(course.dropout, u)[0]
        return level_at(course.event, u)[0] * at_risk

    cuts = [x for x in (2.5, 5.0, 7.5) if x < month]
    by_quad = quad(gone, 0, month, points=cuts or None, limit=200)[0]
    assert event_probability(course, month)[0] == pytest.approx(by_quad, abs=1e-7)
    area = quad(lambda u: survival(course.event, u)[0], 0, month, points=cuts or None)[0]
    assert survival_area(course.event, month)[0] == pytest.approx(area, abs=1e-7)

    def entered(a):
        speed = 4.0 if a < 3 else 11.0 if a < 9 else 0.0
        return speed * event_probability(course, month - a)[0]

    marks = [x for x in (3.0, 9.0, month - 2.5, month - 5.0, month - 7.5) if 0 < x < month]
    by_quad = quad(entered, 0, month, points=sorted(marks) or None, limit=200)[0]
    assert expected_events(course, accrual, month)[0] == pytest.approx(by_quad, rel=1e-6, abs=1e-6)


def simple(hr=0.7, n=300.0, months=12.0, loss=0.01):
    control = from_median(6)
    stratum = Stratum(
        make_accrual([months], [n / months]),
        Course(control, constant(loss)),
        Course(times(control, hr), constant(loss)),
    )
    return TwoArms((stratum,), 0.5)


def test_time_in_days_gives_the_same_plan():
    days = 30.4375
    control = make_rate([0, 3 * days], np.array([0.1, 0.05]) / days)
    stratum = Stratum(
        make_accrual([12 * days], [25 / days]),
        Course(control, constant(0.01 / days)),
        Course(times(control, 0.7), constant(0.01 / days)),
    )
    control = make_rate([0, 3], [0.1, 0.05])
    monthly = Stratum(
        make_accrual([12], [25]),
        Course(control, constant(0.01)),
        Course(times(control, 0.7), constant(0.01)),
    )
    in_days = month_of_events(TwoArms((stratum,), 0.5), 150) / days
    assert in_days == pytest.approx(month_of_events(TwoArms((monthly,), 0.5), 150), rel=1e-9)


def test_one_stratum_split_in_two_is_the_same_trial():
    whole = simple()
    s = whole.strata[0]
    half = Stratum(make_accrual([12.0], [12.5]), s.control, s.experimental)
    split = TwoArms((half, half), 0.5)
    assert events_by(split, 20)[0] == pytest.approx(events_by(whole, 20)[0])
    assert average_hazard_ratio(split, month=20) == pytest.approx(0.7)
    one, two = (milestone_difference(t, milestone=9, month=20) for t in (whole, split))
    assert (one.value, one.se) == pytest.approx((two.value, two.se))


def test_no_effect_is_no_difference():
    for difference in (
        milestone_difference(simple(1.0), milestone=9, month=20),
        restricted_mean_difference(simple(1.0), until=9, month=20),
    ):
        assert difference.value == pytest.approx(0, abs=1e-12)


def test_months_and_events_are_inverse_and_the_interval_holds_the_month():
    month = month_of_events(simple(), 150)
    assert events_by(simple(), month)[0] == pytest.approx(150)
    low, high = events_interval(simple(), 150, level=0.9)
    assert low < month < high


@settings(max_examples=20, deadline=None)
@given(hr=st.floats(0.4, 0.9), power=st.floats(0.5, 0.97), share=st.floats(0.3, 0.7))
def test_events_power_and_effect_are_one_relation(hr, power, share):
    events = schoenfeld_events(hr, alpha=0.025, power=power, share=share)
    assert power_at_events(events, hr, alpha=0.025, share=share) == pytest.approx(power)
    back = detectable_hazard_ratio(events, alpha=0.025, power=power, share=share)
    assert back == pytest.approx(hr)


def test_single_stage_and_its_safe_form():
    first = exact_single_stage(p0=0.2, p1=0.4, alpha=0.05, power=0.8)
    safe = safe_single_stage(p0=0.2, p1=0.4, alpha=0.05, power=0.8)
    assert safe.patients >= first.patients
    for more in range(40):
        later = single_stage_at(safe.patients + more, p0=0.2, p1=0.4, alpha=0.05)
        assert later.alpha <= 0.05
        assert later.power >= 0.8


def test_response_sizes_hold_and_fisher_keeps_alpha():
    size = size_two_arm_response(fisher_region, p0=0.1, p1=0.35, alpha=0.025, power=0.8)
    assert size.power >= 0.8
    assert size.size <= 0.025
    assert largest_size(pearson_region(30, 30, 0.025)) > 0.025  # the chi-square test may exceed it


def test_one_sample_test_statistic():
    observed, expected, z = one_sample_logrank(
        [2.0, 4.0, 10.0], [1, 0, 1], historical=constant(0.1)
    )
    assert (observed, expected) == pytest.approx((2.0, 1.6))
    assert z == pytest.approx(-0.4 / np.sqrt(1.8))


def test_orthants_of_independent_and_exchangeable_normals():
    free = orthant_probability([1.0, 0.5, -0.2], mean=np.zeros(3), correlation=np.eye(3))
    assert free == pytest.approx(np.prod(ndtr(np.array([1.0, 0.5, -0.2]))), abs=1e-9)
    half = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    tied = orthant_probability([2.0] * 3, mean=np.zeros(3), correlation=half)
    assert 1 - tied == pytest.approx(dunnett_p(2.0, arms=3), abs=1e-8)
    third = orthant_probability([0.0] * 3, mean=np.zeros(3), correlation=half)
    assert third == pytest.approx(0.25, abs=1e-8)  # 1 / (m + 1) for correlation 1/2


def test_one_arm_needs_no_multiplicity_and_selection_costs_something():
    bounds = many_arm_bounds([0.5, 1.0], arms=1, alpha=0.025, shape=0.0)
    assert bounds.upper == pytest.approx([2.7965096815, 1.9774309594], abs=1e-6)
    alone = selected_arm_z([2.0], 0.02, selected=0, weights=[1, 1])
    assert alone == pytest.approx((2.0 - ndtri(0.02)) / np.sqrt(2), abs=1e-9)
    chosen = selected_arm_z([2.0, 1.0, 0.5], 0.02, selected=0, weights=[1, 1])
    assert chosen < alone
    assert 0 < ndtr(-chosen) < 1


def test_selection_of_the_best_arm_keeps_the_family_wise_error():
    rng = np.random.default_rng(12)
    runs, won = 2000, 0
    arms = rng.normal(size=(runs, 4))
    first = (arms[:, :3] + arms[:, 3:]) / np.sqrt(2)
    second = ndtr(-rng.normal(size=runs))
    for z, p in zip(first, second, strict=True):
        won += selected_arm_z(z, p, selected=int(z.argmax()), weights=[1, 1]) >= 1.959964
    assert won / runs <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / runs)


def test_promising_zone_never_lowers_events_and_keeps_to_its_maximum():
    rule = ZoneRule(0.3, 0.9, 300.0)
    for z in np.linspace(-1, 4, 60):
        plan = reestimate_events(z, seen=100, planned=200, rule=rule, final_z=1.96)
        assert 200 <= plan.events <= 300
        if plan.zone != "promising":
            assert plan.events == 200
            assert plan.final_z == pytest.approx(1.96)


def test_priors_from_publications():
    prior = prior_from_hazard_ratio(0.30, low=0.21, high=0.44, level=0.95, discount=1.0)
    assert 4 / prior.sd**2 == pytest.approx(112, abs=1)  # the events that the interval implies
    single = prior_from_median(
        9.1, low=5.7, high=12.5, level=0.95, discount=0.25, control_median=4.55
    )
    assert single.mean == pytest.approx(-np.log(2))


def test_cumulative_hazard_before_zero_is_zero():
    assert cumulative(from_median(5), [-1.0, 0.0]) == pytest.approx([0, 0])


FAULTS = {
    "events beyond patients": (
        lambda: month_of_events(simple(n=100.0), 99),
        "99.0 events are never reached: 100 patients bring",
        "or plan for at most",
    ),
    "no effect": (
        lambda: schoenfeld_events(1.1, alpha=0.025, power=0.8, share=0.5),
        "a hazard ratio of 1.1 is no improvement on 1",
        "raise the margin",
    ),
    "power below alpha": (
        lambda: schoenfeld_events(0.7, alpha=0.025, power=0.01, share=0.5),
        "a power of 0.01 at one-sided alpha 0.025 is impossible",
        "power between alpha and 1",
    ),
    "a rate that starts late": (
        lambda: make_rate([1, 2], [0.1, 0.1]),
        "this is no piecewise rate",
        "starts increasing from 0",
    ),
    "nobody enters": (
        lambda: make_accrual([5], [0.0]),
        "this is no accrual",
        "rates not negative",
    ),
    "a milestone beyond follow-up": (
        lambda: milestone_difference(simple(), milestone=30, month=20),
        "nobody has been followed for 30 months by month 20",
        "read the trial later",
    ),
    "rates that leave nothing to show": (
        lambda: exact_single_stage(p0=0.4, p1=0.3, alpha=0.05, power=0.8),
        "leave nothing to show",
        "0 < p0 < p1 < 1",
    ),
    "a two-stage design too large": (
        lambda: simon_two_stage(p0=0.30, p1=0.35, alpha=0.05, power=0.9, largest=40),
        "no two-stage design with up to 40 patients",
        "one stage needs",
    ),
    "a single arm too large": (
        lambda: exact_single_stage(p0=0.300, p1=0.301, alpha=0.05, power=0.9),
        "no trial of up to 2000 patients",
        "the highest power up to there is",
    ),
    "success out of reach": (
        lambda: predictive_design(
            p0=0.95, prior=(1.0, 1.0), looks=[3, 5], posterior_cut=0.99, futility_cut=0.1
        ),
        "not even 5 responses of 5",
        "plan more patients",
    ),
    "two arms too many patients": (
        lambda: size_two_arm_response(
            pearson_region, p0=0.30, p1=0.32, alpha=0.025, power=0.9, largest=60
        ),
        "more than 60 control patients",
        "the normal approximation asks for about",
    ),
    "history that cannot be beaten": (
        lambda: size_one_sample_logrank(
            make_accrual([12], [1]),
            historical=constant(0.1),
            dropout=constant(0.0),
            hazard_ratio=1.0,
            month=20,
            alpha=0.05,
            power=0.8,
        ),
        "no improvement on history",
        "between 0 and 1",
    ),
    "a look after the end": (
        lambda: reestimate_events(
            1.0, seen=300, planned=200, rule=ZoneRule(0.3, 0.8, 400), final_z=1.96
        ),
        "300 events seen, 200 planned",
        "look before the end",
    ),
    "a combination out of order": (
        lambda: fisher_rule(alpha=0.025, alpha0=0.5, alpha1=0.03),
        "are out of order",
        "0 < alpha1 < alpha",
    ),
    "too many stages": (
        lambda: many_arm_bounds([0.25, 0.5, 0.75, 1], arms=2, alpha=0.025, shape=0.0),
        "4 stages are too many",
        "at most three stages",
    ),
    "an interval beside its estimate": (
        lambda: prior_from_hazard_ratio(0.8, low=0.3, high=0.5, level=0.95, discount=1.0),
        "make no prior",
        "the interval holds the estimate",
    ),
}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_faults_name_the_nearest_feasible_plan(name):
    call, what, mend = FAULTS[name]
    with pytest.raises(MethodError) as raised:
        call()
    assert what in str(raised.value)
    assert mend in str(raised.value)


def test_the_nearest_feasible_plan_is_feasible():
    with pytest.raises(MethodError) as raised:
        month_of_events(simple(n=100.0), 99)
    patients = int(raised.value.faults[0].mend.split("at least ")[1].split(" ")[0])
    assert month_of_events(simple(n=float(patients)), 99) > 0
    assert patients_in(simple(n=float(patients)), 99)[0] == pytest.approx(patients)
