# SPDX-License-Identifier: Apache-2.0
"""Design values of software that is not ours, each with its source and the script that made it."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from equipoise.design.boundaries import drift_for_power, efficacy_bounds, fixed_drift
from equipoise.design.classical_bounds import (
    haybittle_peto_bounds,
    wang_tsiatis_two_sided_bounds,
)
from equipoise.design.combination import fisher_rule
from equipoise.design.graph import graphical_test, make_graph
from equipoise.design.many_arms import dunnett_critical
from equipoise.design.observed_information import bounds_at_observed
from equipoise.design.predictive_single_arm import (
    predictive_design,
    predictive_operating,
    predictive_success,
)
from equipoise.design.simon import simon_two_stage
from equipoise.design.spending import obrien_fleming_spending, pocock_spending
from equipoise.design.stopped_estimate import repeated_interval, stagewise_estimate
from equipoise.design.two_arm_response import fisher_region, pearson_region, power_of_region

HERE = Path(__file__).parent
RECORDS = {
    record["id"]: record
    for name in ("group_sequential", "single_arm", "adaptive")
    for record in yaml.safe_load((HERE / f"design_{name}.yaml").read_text())
}


def printed(got, want):
    """`got` rounds to what was printed."""
    digits = len(want.partition(".")[2])
    assert abs(got - float(want)) <= 0.5 * 10.0**-digits + 1e-9, f"{got} is not {want}"


def having(key):
    return [pytest.param(r, id=name) for name, r in RECORDS.items() if key in r]


def equal_looks(count):
    return np.arange(1, count + 1) / count


@pytest.mark.parametrize("record", having("constants"))
def test_constants_of_classical_bounds(record):
    for looks, want in record["constants"].items():
        bounds = wang_tsiatis_two_sided_bounds(
            equal_looks(looks), alpha=0.05, shape=record["shape"]
        )
        printed(bounds.upper[-1], want)


@pytest.mark.parametrize("record", having("inflation"))
def test_inflation_of_classical_bounds(record):
    for looks, want in record["inflation"].items():
        bounds = wang_tsiatis_two_sided_bounds(
            equal_looks(looks), alpha=0.05, shape=record["shape"]
        )
        inflation = (drift_for_power(bounds, power=0.9) / fixed_drift(0.025, 0.9)) ** 2
        printed(inflation, want)


@pytest.mark.parametrize("record", having("final"))
def test_haybittle_peto(record):
    for looks, want in record["final"].items():
        bounds = haybittle_peto_bounds(
            equal_looks(looks), alpha=0.025, interim_z=record["interim_z"]
        )
        printed(bounds.upper[-1], want)


@pytest.mark.parametrize("record", having("bounds"))
def test_spending_bounds(record):
    spending = {"obrien-fleming": obrien_fleming_spending, "pocock": pocock_spending}
    t = equal_looks(len(record["bounds"]))
    upper = efficacy_bounds(t, spending[record["spending"]](t, 0.025)).upper
    for got, want in zip(upper, record["bounds"], strict=True):
        printed(got, want)


@pytest.mark.parametrize("record", having("repeated_low"))
def test_intervals_at_the_looks_and_after_the_last(record):
    information = np.array(record["events"]) / 4
    held = bounds_at_observed(
        record["events"], planned=170, alpha=0.025, spending=obrien_fleming_spending
    )
    low, high = repeated_interval(information, record["z"], two_sided_bound=held.upper)
    end = stagewise_estimate(
        information, record["z"][-1], upper=held.upper, lower=np.full(3, -np.inf), level=0.95
    )
    for k in range(3):
        printed(held.upper[k], record["upper"][k])
        printed(np.exp(low[k]), record["repeated_low"][k])
        printed(np.exp(high[k]), record["repeated_high"][k])
    for got, want in zip((end.low, end.high), record["final_interval"], strict=True):
        printed(np.exp(got), want)
    printed(np.exp(end.median_unbiased), record["median_unbiased"])


@pytest.mark.parametrize("record", having("simon"))
def test_simon(record):
    d = simon_two_stage(**record["simon"]).optimal
    want = record["optimal"]
    assert [d.first_responses, d.first_patients, d.responses, d.patients] == want["form"]
    printed(d.expected_patients, want["expected"])
    printed(d.early_stop, want["early_stop"])


@pytest.mark.parametrize("record", having("predicted"))
def test_predictive_probability_of_success(record):
    given = record["predicted"]
    prior, most, p0 = tuple(given["prior"]), given["most"], given["p0"]
    design = predictive_design(
        p0=p0,
        prior=prior,
        looks=[most],
        posterior_cut=given["posterior_cut"],
        futility_cut=0.0,
    )
    chance = predictive_success(given["patients"], most, design.responses, prior)
    printed(chance[given["responses"]], record["probability"])


@pytest.mark.parametrize("record", having("predictive"))
def test_predictive_probability(record):
    given = dict(record["predictive"])
    looks = np.arange(given.pop("first"), given.pop("last") + 1)
    design = predictive_design(looks=looks, **given | {"prior": tuple(given["prior"])})
    first = {}
    for look, bound in zip(design.looks[:-1], design.stop_at[:-1], strict=True):
        first.setdefault(int(bound), int(look))
    assert {look: bound for bound, look in first.items()} == record["stop_at"]
    assert design.responses == record["responses"]
    at_p0 = predictive_operating(design, rate=given["p0"])
    printed(at_p0.success, record["under_p0"]["success"])
    printed(at_p0.early_stop, record["under_p0"]["early_stop"])
    printed(at_p0.expected_patients, record["under_p0"]["expected"])
    printed(predictive_operating(design, rate=0.4).success, record["under_0.4"]["success"])


def test_two_arm_response_against_r():
    record = RECORDS["two_arm_response"]
    for case in record["cases"]:
        for name, region in (("fisher", fisher_region), ("chi_square", pearson_region)):
            reject = region(case["control"], case["experimental"], case["alpha"])
            power = power_of_region(reject, p0=case["p0"], p1=case["p1"])
            assert power == pytest.approx(case[name], abs=record["tolerance"])


@pytest.mark.parametrize("record", having("fisher"))
def test_fisher_combination(record):
    rule = fisher_rule(**record["fisher"])
    printed(rule.product, record["product"])
    if "alpha1" in record:
        printed(rule.alpha1, record["alpha1"])


@pytest.mark.parametrize("record", having("dunnett"))
def test_dunnett(record):
    for arms, want in record["critical"].items():
        printed(dunnett_critical(arms=arms, alpha=record["dunnett"]["alpha"]), want)


def test_holm_as_a_graph():
    record = RECORDS["holm_as_a_graph"]
    half = [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
    done = graphical_test(make_graph([1 / 3] * 3, half), record["p"], alpha=0.05)
    assert done.adjusted_p == pytest.approx(record["adjusted"])
