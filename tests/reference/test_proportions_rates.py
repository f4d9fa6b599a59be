# SPDX-License-Identifier: Apache-2.0
"""Kappa, exact tests, strata, rates and one-sample log-rank against R packages and tern's tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from tests.oracles import Comparison, oracle_file

from equipoise.statistics import stratified_proportions as strat
from equipoise.statistics.contingency import cohen_kappa, fisher_table
from equipoise.statistics.exact_two_proportions import exact_unconditional
from equipoise.statistics.one_sample_logrank import one_sample_logrank
from equipoise.statistics.rate import compare_rates
from equipoise.statistics.two_proportions import two_counts

WANT = yaml.safe_load(Path(__file__).with_name("proportions_rates_r.yaml").read_text())
FILE = "proportions_rates_r.yaml"


def test_kappa():
    compare = Comparison("kappa", FILE, WANT["level"])
    for name, part in WANT["kappa"].items():
        got = cohen_kappa(part["table"], conf_level=0.95)
        compare.check(f"{name} kappa", got.kappa, part["kappa"])
        compare.check(f"{name} standard error", got.std_err, part["se"])
        compare.check(f"{name} lower", got.lower, part["limits"][0])
        compare.check(f"{name} upper", got.upper, part["limits"][1])
    compare.close()


def test_fisher():
    compare = Comparison("Fisher's test of larger tables", FILE, WANT["level"])
    for i, part in enumerate(WANT["exact_tests"]):
        compare.check_p(f"table {i}", fisher_table(part["table"]), part["p"])
    compare.close()


def test_woolf():
    compare = Comparison("homogeneity of odds ratios", FILE, WANT["level"])
    for i, part in enumerate(WANT["homogeneity"]):
        got = strat.woolf_homogeneity(counts(part))
        for name in ("statistic", "df", "p"):
            compare.check(f"strata {i} {name}", getattr(got, name), part[name])
    compare.close()


def counts(part):
    return strat.strata_counts(*(part[key] for key in ("x1", "n1", "x2", "n2")))


def test_rates():
    compare = Comparison("rates", FILE, WANT["level"])
    for i, part in enumerate(WANT["rates"]):
        (e1, e2), (t1, t2) = part["events"], part["exposure"]
        got = compare_rates(int(e1), t1, int(e2), t2, conf_level=0.95)
        compare.check(f"{i} difference", got.difference, part["difference"])
        compare.check(f"{i} lower", got.difference_lower, part["limits"][0])
        compare.check(f"{i} upper", got.difference_upper, part["limits"][1])
        compare.check_p(f"{i} p", got.p, part["p"])
        compare.check(f"{i} ratio lower", got.ratio_lower, part["exact_ratio"][0])
        compare.check(f"{i} ratio upper", got.ratio_upper, part["exact_ratio"][1])
    compare.close()


@pytest.mark.oracle
def test_one_sample_logrank():
    compare = Comparison("one-sample log-rank", FILE, WANT["level"])
    data = pl.read_csv(oracle_file("survival_ref/data/veteran.csv")).filter(pl.col("trt") == 2)
    months = data["time"].to_numpy() / 30.4375
    for part in WANT["one_sample_logrank"]:
        hazard = months * np.log(2) / part["median_months"]
        got = one_sample_logrank(data["status"].to_numpy(), hazard, conf_level=0.95)
        compare.check("observed", got.observed, part["observed"])
        compare.check("expected", got.expected, part["expected"])
        compare.check("chi-square", got.z**2, part["chisq"])
    compare.close()


METHODS = {
    "strat_newcombe": strat.stratified_newcombe,
    "cmh_mn": strat.stratified_score_difference,
    "cmh_sato": strat.mantel_haenszel_difference,
    "cmh_wald": strat.mantel_haenszel_difference_unpooled,
}


@pytest.mark.parametrize("name", METHODS)
def test_strata_as_tern_prints(name):
    compare = Comparison(f"strata: {name}", f"{FILE} (tern's tests)", "published")
    check_printed(compare, METHODS[name], WANT["tern"][name])
    compare.close()


def test_unconditional_exact_as_tern_prints():
    compare = Comparison("unconditional exact", f"{FILE} (tern's tests)", "published")
    for x1, n1, x2, n2, level, low, high in WANT["unconditional_exact"]:
        counts = two_counts(x1, n1, x2, n2)
        got = exact_unconditional(counts, scale="difference", ordering="raw", conf_level=level)
        compare.check_printed(f"{x1}/{n1} lower", got.lower, low, 4)
        compare.check_printed(f"{x1}/{n1} upper", got.upper, high, 4)
    compare.close()


def test_stratified_miettinen_nurminen_as_printed_for_lu_2008():
    compare = Comparison("strata: cmh_mn", f"{FILE} (Lu 2008)", "published")
    check_printed(compare, strat.stratified_score_difference, WANT["lu_2008"])
    compare.close()


def check_printed(compare, method, part):
    got = method(counts(part), conf_level=part["conf_level"])
    compare.check_printed("estimate", got.estimate, part["estimate"], part["decimals"])
    for side, limit in zip(("lower", "upper"), part["limits"], strict=True):
        slack = part.get("slack", 0.0)
        compare.check_printed(side, getattr(got, side), limit, part["decimals"], slack)
