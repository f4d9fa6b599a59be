# SPDX-License-Identifier: Apache-2.0
"""What holds for any survival data: row order, unit, swapped arms, strata, weights, grouping."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from equipoise.errors import MethodError
from equipoise.statistics.cox import cox
from equipoise.statistics.kaplan_meier import kaplan_meier, kaplan_meier_by_group
from equipoise.statistics.landmark import landmark, number_at_risk
from equipoise.statistics.logrank import logrank, sum_risk_table, tabulate_risk
from equipoise.statistics.many_trials import hazard_ratios, logranks, sort_trials
from equipoise.statistics.quantile import quantile
from equipoise.statistics.rmst import restricted_area
from equipoise.statistics.weighted_logrank import fleming_harrington

OPTIONS = {"conf_type": "log-log", "conf_level": 0.95}
slow = settings(max_examples=60, deadline=None)


@st.composite
def trials(draw):
    """Times with ties (or none), events, two arms, strata and a covariate."""
    n = draw(st.integers(4, 40))
    seed = draw(st.integers(0, 2**32 - 1))
    tied = draw(st.booleans())
    rng = np.random.default_rng(seed)
    time = rng.exponential(10, n)
    time = np.floor(time) if tied else time  # with times of 0
    return {
        "time": time,
        "event": (rng.random(n) < 0.7).astype(int),
        "arm": rng.integers(0, 2, n),
        "stratum": rng.integers(0, 3, n),
        "x": rng.normal(size=n),
        "order": rng.permutation(n),
        "weight": rng.integers(1, 4, n),
    }


def same(first, second, tolerance=1e-9):
    np.testing.assert_allclose(first, second, rtol=tolerance, atol=tolerance)


def both_arms(t):
    assume(len(set(t["arm"])) == 2)
    return t["time"], t["event"], t["arm"]


def fit(t, **options):
    time, event, arm = both_arms(t)
    return cox(time, event, arm, ties=options.pop("ties", "efron"), conf_level=0.95, **options)


@slow
@given(trials())
def test_row_order_does_not_matter(t):
    o = t["order"]
    a, b = (kaplan_meier(t["time"][i], t["event"][i], **OPTIONS) for i in (slice(None), o))
    for name in ("time", "n_risk", "n_event", "survival", "lower", "upper"):
        same(getattr(a, name), getattr(b, name))
    time, event, arm = both_arms(t)
    same(logrank(time, event, arm).z, logrank(time[o], event[o], arm[o]).z)
    one = fit(t)
    two = cox(time[o], event[o], arm[o], ties="efron", conf_level=0.95)
    same(one.coef, two.coef, 1e-7)
    same(one.loglik, two.loglik)


@slow
@given(trials(), st.sampled_from([0.001, 1 / 30.4375, 7.0, 365.25]))
def test_time_unit_does_not_matter(t, unit):
    a = kaplan_meier(t["time"], t["event"], **OPTIONS)
    b = kaplan_meier(t["time"] * unit, t["event"], **OPTIONS)
    same(a.survival, b.survival)
    same(
        quantile(a, 0.5, plateau="midpoint").estimate * unit,
        quantile(b, 0.5, plateau="midpoint").estimate,
    )
    same(restricted_area(a, 8.0)[0] * unit, restricted_area(b, 8.0 * unit)[0])
    time, event, arm = both_arms(t)
    same(logrank(time, event, arm).chi2, logrank(time * unit, event, arm).chi2)
    same(fit(t).loglik, cox(time * unit, event, arm, ties="efron", conf_level=0.95).loglik)


@slow
@given(trials(), st.sampled_from(["efron", "breslow", "exact"]))
def test_swapped_arms_change_the_sign_only(t, ties):
    time, event, arm = both_arms(t)
    one, two = logrank(time, event, arm), logrank(time, event, 1 - arm)
    same(one.z, -two.z)
    same(one.observed, two.observed[::-1])
    first, second = fit(t, ties=ties), cox(time, event, 1 - arm, ties=ties, conf_level=0.95)
    assume(first.states[0] == "ok" and second.states[0] == "ok")
    same(first.coef, -second.coef, 1e-6)
    same(first.hr * second.hr, 1.0, 1e-6)
    same(first.lower * second.upper, 1.0, 1e-6)


@slow
@given(trials(), st.sampled_from(["efron", "breslow", "exact"]))
def test_one_stratum_equals_none(t, ties):
    time, event, arm = both_arms(t)
    whole = np.zeros(time.size, int)
    same(logrank(time, event, arm).z, logrank(time, event, arm, stratum=whole).z)
    one, two = fit(t, ties=ties), fit(t, ties=ties, stratum=whole)
    same(one.coef, two.coef, 1e-7)
    same(one.loglik, two.loglik)


@slow
@given(trials())
def test_strata_sum(t):
    time, event, arm = both_arms(t)
    whole = tabulate_risk(time, event, arm, stratum=t["stratum"])
    got = logrank(time, event, arm, stratum=t["stratum"])
    slow_way = sum_risk_table(whole, np.ones(whole.at_risk.shape[0]))
    same(got.observed, slow_way.observed)
    same(got.expected, slow_way.expected)
    same(got.variance, slow_way.variance)
    loglik = fit(t, stratum=t["stratum"]).loglik_null
    parts = 0.0
    for level in np.unique(t["stratum"]):
        i = t["stratum"] == level
        parts += cox(time[i], event[i], arm[i], ties="efron", conf_level=0.95).loglik_null
    same(loglik, parts)


@slow
@given(trials())
def test_duplicated_rows_equal_weights(t):
    w = t["weight"]
    time, event, arm = (np.repeat(t[k], w) for k in ("time", "event", "arm"))
    a = kaplan_meier(t["time"], t["event"], weight=w, **OPTIONS)
    b = kaplan_meier(time, event, **OPTIONS)
    for name in ("time", "n_risk", "n_event", "n_censor", "survival", "greenwood"):
        same(getattr(a, name), getattr(b, name))
    both_arms(t)
    one = fit(t, ties="breslow", weight=w)
    two = cox(time, event, arm, ties="breslow", conf_level=0.95)
    same(one.loglik, two.loglik, 1e-7)
    assume(one.states[0] == "ok" and two.states[0] == "ok")
    same(one.coef, two.coef, 1e-6)
    same(one.se, two.se, 1e-6)


@slow
@given(trials())
def test_grouped_call_equals_single_calls(t):
    got = kaplan_meier_by_group(t["time"], t["event"], t["stratum"], **OPTIONS)
    for label, km in zip(got.labels, got.curves, strict=True):
        i = t["stratum"] == label
        assert np.array_equal(km.time, np.unique(t["time"][i]))  # to the last bit
        one = kaplan_meier(t["time"][i], t["event"][i], **OPTIONS)
        for name in ("time", "n_risk", "n_event", "n_censor", "survival", "greenwood"):
            assert np.array_equal(getattr(km, name), getattr(one, name))


@slow
@given(st.lists(trials(), min_size=1, max_size=4), st.sampled_from(["efron", "breslow"]))
def test_many_trials_equal_a_loop(many, ties):
    time, event, arm = (np.concatenate([t[k] for t in many]) for k in ("time", "event", "arm"))
    offsets = np.cumsum([0, *(t["time"].size for t in many)])
    rows = sort_trials(time, event, arm, offsets=offsets)
    tests, ratios = logranks(rows, strata=1), hazard_ratios(rows, ties=ties, strata=1)
    for i, t in enumerate(many):
        if len(set(t["arm"])) < 2:
            continue
        one, model = logrank(t["time"], t["event"], t["arm"]), fit(t, ties=ties)
        if one.state == "ok":
            same(tests.z[i], one.z)
        else:
            assert np.isnan(tests.z[i])
        if model.states[0] == "ok":
            same(ratios.log_hr[i], model.coef[0], 1e-7)
            same(ratios.std_err[i], model.se[0], 1e-7)
        else:
            assert np.isnan(ratios.log_hr[i])
    if len(set(arm)) == 2:
        stratum = np.repeat(np.arange(len(many)), np.diff(offsets))
        whole = logranks(rows, strata=len(many)).z[0]
        together = logrank(time, event, arm, stratum=stratum)
        if together.state == "ok":
            same(whole, together.z)


@slow
@given(trials())
def test_no_late_entry_equals_entry_at_zero(t):
    time = t["time"] + 0.5
    a = kaplan_meier(time, t["event"], **OPTIONS)
    b = kaplan_meier(time, t["event"], entry=np.zeros(time.size), **OPTIONS)
    same(a.survival, b.survival)
    same(a.n_risk, b.n_risk)
    _, event, arm = both_arms(t)
    for ties in ("efron", "breslow", "exact"):
        one = cox(time, event, arm, ties=ties, conf_level=0.95)
        two = cox(time, event, arm, ties=ties, conf_level=0.95, entry=np.zeros(time.size))
        same(one.loglik, two.loglik)


@slow
@given(trials())
def test_split_intervals_equal_whole_ones(t):
    """A subject followed on (0, h] and (h, t] counts as one followed on (0, t]."""
    time, event, arm = both_arms(t)
    time = time + 0.5
    half = time * 0.5
    start, stop = np.concatenate([0 * time, half]), np.concatenate([half, time])
    died = np.concatenate([0 * event, event])
    for ties in ("efron", "breslow", "exact"):
        one = cox(time, event, arm, ties=ties, conf_level=0.95)
        two = cox(stop, died, np.tile(arm, 2), ties=ties, conf_level=0.95, entry=start)
        same(one.loglik, two.loglik, 1e-8)
        same(one.score.statistic, two.score.statistic, 1e-7)


@slow
@given(trials())
def test_score_of_cox_is_the_logrank_without_ties(t):
    time, event, arm = both_arms(t)
    assume(np.unique(time).size == time.size)
    test, model = logrank(time, event, arm), fit(t)
    if test.state == "ok":
        same(test.chi2, model.score.statistic, 1e-7)
    same(fleming_harrington(time, event, arm, rho=0, gamma=0).chi2, test.chi2)


@slow
@given(trials(), st.floats(0, 40))
def test_counts_add_up(t, at):
    counts = number_at_risk(t["time"], t["event"], [at])
    total = counts.n_risk + counts.n_event_before + counts.n_censor_before
    assert total[0] == t["time"].size
    km = kaplan_meier(t["time"], t["event"], **OPTIONS)
    part = landmark(km, at, beyond="carry-forward")
    assert (part.n_risk, part.n_event, part.n_censor) == (
        counts.n_risk[0],
        counts.n_event[0],
        counts.n_censor[0],
    )
    assert np.all(np.diff(km.survival) <= 1e-15)
    known = ~np.isnan(km.lower)
    assert np.all(km.lower[known] <= km.survival[known] + 1e-12)
    assert np.all(km.upper[known] >= km.survival[known] - 1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"event": [0, 2, 1]}, "`event` must be 0 or 1; found 2."),
        ({"time": [1.0, np.nan, 2.0]}, "`time` must be finite and not negative"),
        ({"time": [1.0, -1.0, 2.0]}, "found -1.0"),
        ({"event": [0, 1]}, "one value per subject"),
    ],
)
def test_messages(change, words):
    good = {"time": [1.0, 2.0, 3.0], "event": [1, 0, 1]}
    with pytest.raises(MethodError) as caught:
        kaplan_meier(**(good | change), **OPTIONS)
    assert words in str(caught.value)
    assert "mend:" in str(caught.value)


def test_degenerate_cox_says_so():
    time, arm = np.arange(1.0, 9.0), np.tile([0, 1], 4)
    no_events = cox(time, 0 * arm, arm, ties="efron", conf_level=0.95)
    assert no_events.states == ("NE",)
    assert no_events.reasons == ("no events",)
    only_one = cox(time, arm, arm, ties="efron", conf_level=0.95)
    assert only_one.states == ("NE",)
    assert "monotone likelihood" in only_one.reasons[0]
    assert only_one.coef[0] == np.inf
    assert np.isfinite(only_one.loglik)
    twice = cox(time, 1 - arm, np.column_stack([time, 2 * time]), ties="efron", conf_level=0.95)
    assert np.isnan(twice.coef[1])
    assert "collinear" in twice.reasons[1]
