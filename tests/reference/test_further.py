# SPDX-License-Identifier: Apache-2.0
"""Methods the oracle folder does not hold: against R (further_survival.yaml) and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml
from tests.oracles import Comparison

from equipoise.statistics.contingency import cohen_kappa
from equipoise.statistics.conventions import (
    convention,
    conventions,
    different_numbers,
    survival_readout,
)
from equipoise.statistics.cox import fit_cox
from equipoise.statistics.cox_residuals import (
    martingale_rows,
    schoenfeld_rows,
    score_rows,
    to_caller_order,
)
from equipoise.statistics.kaplan_meier import kaplan_meier
from equipoise.statistics.landmark import landmark
from equipoise.statistics.logrank import logrank
from equipoise.statistics.one_sample_logrank import one_sample_logrank
from equipoise.statistics.quantile import normal_approximation_median
from equipoise.statistics.rate import compare_rates, poisson_rate
from equipoise.statistics.stratified_proportions import strata_counts, stratified_newcombe
from equipoise.statistics.two_proportions import difference_newcombe, two_counts
from equipoise.statistics.weighted_logrank import trend

HERE = Path(__file__).parent


def load(name):
    return yaml.safe_load((HERE / name).read_text())


def test_against_r():
    want = load("further_survival.yaml")
    data = {k: np.array(v) for k, v in want["data"].items()}
    compare = Comparison("survival and rates, further", "further_survival.yaml", want["level"])
    for key, conf_type in (("limits_logit", "logit"), ("limits_arcsin", "arcsine")):
        km = kaplan_meier(data["time"], data["event"], conf_type=conf_type, conf_level=0.95)
        for i, t in enumerate(want[key]["time"]):
            at = landmark(km, t, beyond="not-estimable")
            compare.check(f"{conf_type} lower {t}", at.lower, want[key]["lower"][i])
            compare.check(f"{conf_type} upper {t}", at.upper, want[key]["upper"][i])
    part = want["trend"]
    got = trend(part["time"], part["event"], part["group"], scores=[1, 2, 3, 4])
    compare.check("trend", got.chi2, part["chisq"][0])
    part = want["one_sample"]
    got = one_sample_logrank(data["event"], part["hazard"], conf_level=0.95)
    compare.check("one-sample expected", got.expected, part["expected"][0])
    compare.check("one-sample chisq", got.z**2, part["chisq"][0])
    for key in ("rate", "rate_zero"):
        part = want[key]
        got = poisson_rate(part["events"], part["exposure"], conf_level=0.95)
        compare.check(key, got.estimate, part["estimate"][0])
        compare.check(f"{key} lower", got.lower, part["limits"][0])
        compare.check(f"{key} upper", got.upper, part["limits"][1])
    part = want["rate_ratio"]
    rows = zip(part["events"], part["exposure"], strict=True)
    got = compare_rates(*(value for row in rows for value in row), conf_level=0.95)
    compare.check("rate ratio", got.ratio, part["estimate"][0])
    compare.check("rate ratio lower", got.ratio_lower, part["limits"][0])
    compare.check("rate ratio upper", got.ratio_upper, part["limits"][1])
    compare_residuals(compare, data, want["residuals"])
    compare.close()


def compare_residuals(compare, data, want):
    arm = 1 - data["maintained"]
    fit = fit_cox(data["time"], data["event"], arm, ties="efron", conf_level=0.95)
    martingale = to_caller_order(fit.rows, martingale_rows(fit.rows, fit.beta))
    score = to_caller_order(fit.rows, score_rows(fit.rows, fit.beta))[:, 0]
    for i, value in enumerate(want["martingale"]):
        compare.check(f"martingale {i}", martingale[i], value)
        compare.check(f"score {i}", score[i], want["score"][i])
    got = np.sort(schoenfeld_rows(fit.rows, fit.beta).residual[:, 0])
    for i, value in enumerate(np.sort(want["schoenfeld"])):
        compare.check(f"schoenfeld {i}", got[i], value)


def test_by_hand():
    want = load("by_hand.yaml")
    compare = Comparison("kappa, Kaplan-Meier, log-rank", "by_hand.yaml", want["level"])
    part = want["kappa"]
    got = cohen_kappa(part["table"], conf_level=0.95)
    compare.check("kappa", got.kappa, part["kappa"], rel=1e-12)
    part = want["kaplan_meier"]
    km = kaplan_meier(part["time"], part["event"], conf_type="log-log", conf_level=0.95)
    for i, value in enumerate(part["survival"]):
        compare.check(f"survival {i}", km.survival[i], value, rel=1e-12)
    part = want["logrank"]
    test = logrank(part["time"], part["event"], part["group"])
    compare.check("expected", test.expected[1], part["expected_second"], rel=1e-12)
    compare.check("variance", test.variance[1, 1], part["variance"], rel=1e-12)
    compare.close()


def test_one_stratum_newcombe_is_newcombe():
    one = difference_newcombe(two_counts(12, 30, 20, 31), conf_level=0.95)
    many = stratified_newcombe(strata_counts([12], [30], [20], [31]), conf_level=0.95)
    np.testing.assert_allclose([one.lower, one.upper], [many.lower, many.upper], rtol=1e-12)


def test_conventions_differ_where_they_should():
    rng = np.random.default_rng(7)
    time = np.ceil(rng.exponential(12, 80))
    event, arm = (rng.random(80) < 0.7).astype(int), np.arange(80) % 2
    readouts = {
        name: survival_readout(
            time, event, arm, using=convention(name), conf_level=0.95, landmarks=(6.0, 100.0)
        )
        for name in conventions()
    }
    ours = readouts["equipoise"]
    assert ours.resolved["ties"] == "efron"
    assert ours.resolved["conf_level"] == 0.95
    sas = {item.name for item in different_numbers(ours, readouts["sas94"])}
    assert "hazard ratio" in sas  # Breslow ties
    assert "control quantile 0.5" not in sas
    r = {item.name for item in different_numbers(ours, readouts["r-survival"])}
    assert "control survival at 6, lower" in r  # log against log-log limits
    assert "hazard ratio" not in r
    assert different_numbers(ours, ours) == ()


def test_spss_median_interval_is_symmetric():
    rng = np.random.default_rng(3)
    time, event = rng.exponential(10, 60), np.ones(60, int)
    km = kaplan_meier(time, event, conf_type="plain", conf_level=0.95)
    got = normal_approximation_median(km)
    assert got.upper - got.estimate == got.estimate - got.lower or np.isclose(
        got.upper - got.estimate, got.estimate - got.lower
    )
    assert got.lower < got.estimate < got.upper
