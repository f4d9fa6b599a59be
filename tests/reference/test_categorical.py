# SPDX-License-Identifier: Apache-2.0
"""Every value of binomial_ref/categorical.json: two proportions, strata and larger tables."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pytest
from tests.oracles import Comparison, oracle_file
from tests.watched import leaves, tick, watch

from equipoise.statistics import contingency as many
from equipoise.statistics import exact_odds_ratio as exact
from equipoise.statistics import stratified_proportions as strat
from equipoise.statistics import two_proportion_ratios as ratios
from equipoise.statistics import two_proportions as two
from equipoise.statistics.proportion import wilson_corrected_limits, wilson_limits
from equipoise.statistics.score_intervals import MEE, MIETTINEN_NURMINEN, score_interval

pytestmark = pytest.mark.oracle
LEVEL = {"conf_level": 0.95}
SECTIONS = ("two_by_two", "stratified", "r_by_c", "trend", "mcnemar")


def reference(section):
    """One section with the places of its values, to be ticked off."""
    whole = json.loads(oracle_file("binomial_ref/categorical.json").read_text())
    known = set(SECTIONS) | {"made_with"}
    rest = {k for k in whole if k not in known and not k.startswith("generalised_cmh")}
    assert not rest, f"sections nobody compares: {rest}"
    places: set[str] = set()
    return {k: watch(v, places, k) for k, v in whole.items() if k.startswith(section)}, places


def asked(*questions):
    """Counts and scores are the question, not the answer."""
    for value in questions:
        for leaf in leaves(value):
            tick(leaf)


def check_test(compare, name, got, want):
    compare.check(f"{name} statistic", got.statistic, want["statistic"])
    compare.check(f"{name} df", got.df, want["df"])
    compare.check_p(f"{name} p", got.p, want["p"])


def check_interval(compare, name, got, want):
    compare.check(f"{name} lower", got.lower, want[0])
    compare.check(f"{name} upper", got.upper, want[1])


def test_two_by_two():
    compare = Comparison("two proportions", "binomial_ref/categorical.json two_by_two")
    data, places = reference("two_by_two")
    for row in data["two_by_two"]:
        asked([row[k] for k in ("x1", "n1", "x2", "n2")])
        check_two_by_two(compare, dict(row))
    compare.missed(places)
    compare.close()


def check_two_by_two(compare, row):
    c = two.two_counts(*(int(row.pop(k)) for k in ("x1", "n1", "x2", "n2")))
    name = f"{c.x1}/{c.n1} v {c.x2}/{c.n2}"
    score = {"scale": "difference", **LEVEL}
    intervals = {
        "wald": two.difference_wald(c, **LEVEL),
        "newcombe_score": two.difference_newcombe(c, **LEVEL),
        "miettinen_nurminen": score_interval(c, form=MIETTINEN_NURMINEN, **score),
        "mee_no_bias_factor": score_interval(c, form=MEE, **score),
    }
    for key, got in intervals.items():
        check_interval(compare, f"{name} {key}", got, row.pop(key))
    _check_wald_cc(compare, c, name, row.pop("wald_cc"))
    _check_newcombe_cc(compare, c, name, row.pop("newcombe_score_cc"))
    for key, got in (
        ("chisq", two.pearson_chi_square(c)),
        ("chisq_yates", two.yates_chi_square(c)),
    ):
        want = row.pop(key)
        if got.df == 0:
            empty = want["statistic"] in (0, "NaN", "NA", None)
            compare.depart_all(f"{name} {key}", "D3", empty, want)
        else:
            check_test(compare, f"{name} {key}", got, want)
    fisher = exact.fisher_exact(c)
    want = row.pop("fisher_two_sided")
    compare.check_p(f"{name} fisher", fisher.p, want.pop("p"))
    compare.check_p(f"{name} fisher greater", fisher.p_greater, row.pop("fisher_greater"))
    compare.check_p(f"{name} fisher less", fisher.p_less, row.pop("fisher_less"))
    odds = exact.odds_ratio_exact(c, **LEVEL)
    one_table = c.x1 + c.x2 in (0, c.n1 + c.n2)  # the margins leave no other: D13
    exact_or, near = want.pop("exact_conditional_mle"), want.pop("r_conditional_or")
    if one_table:
        for there in (exact_or, near):
            holds = np.isnan(odds.estimate) and there == 0
            compare.depart(f"{name} conditional OR", "D13", holds, there)
    else:
        compare.check(f"{name} conditional OR", odds.estimate, exact_or)
    check_interval(compare, f"{name} exact OR", odds, want.pop("exact_conf_int"))
    # R solves these to about 1e-4 only
    if not one_table:
        number = isinstance(near, int | float)
        compare.check(f"{name} R's OR", odds.estimate, near, rel=2e-3 if number else 1e-8)
    for got, near in zip((odds.lower, odds.upper), want.pop("r_conf_int"), strict=True):
        compare.check(f"{name} R's OR limit", got, near, rel=2e-3)
    assert set(want) <= {"r_precision_note"}, f"fields nobody compares: {set(want)}"
    compare.check(f"{name} difference", c.p1 - c.p2, row.pop("diff_p1_minus_p2"))
    compare.check(f"{name} OR", two.sample_odds_ratio(c), row.pop("odds_ratio_sample"))
    compare.check(f"{name} RR", two.ratio_or_limit(c.p1, c.p2), row.pop("relative_risk"))
    z = two.critical_value(0.95)
    for key, got in (
        ("log_or_se", ratios.odds_ratio_woolf(c, **LEVEL)),
        ("log_rr_se", ratios.ratio_katz(c, **LEVEL)),
    ):
        bounded = got.lower > 0 and np.isfinite(got.upper)
        error = np.log(got.upper / got.lower) / (2 * z) if bounded else np.inf
        want = row.pop(key)
        if want is not None:
            compare.check(f"{name} {key}", error, want)
    assert not row, f"fields nobody compares: {set(row)}"


def _check_wald_cc(compare, c, name, want):
    # prop.test never corrects beyond |D|: docs/discrepancies.md, D1
    correction = min(0.5, abs(c.p1 - c.p2) / (1 / c.n1 + 1 / c.n2))
    got = two.difference_wald_corrected(c, correction=correction, **LEVEL)
    compare.check(f"{name} wald_cc lower", max(got.lower, -1.0), want[0])
    compare.check(f"{name} wald_cc upper", min(got.upper, 1.0), want[1])


def _check_newcombe_cc(compare, c, name, want):
    # prop.test drops the correction of an arm at x = n / 2: docs/discrepancies.md, D1
    z, arms = two.critical_value(0.95), ((c.x1, c.n1), (c.x2, c.n2))
    pair = [
        (wilson_limits if 2 * x == n else wilson_corrected_limits)(np.array(x), np.array(n), z)
        for x, n in arms
    ]
    check_interval(compare, f"{name} newcombe_cc", _joined(c, pair), want)
    always = two.difference_newcombe_corrected(c, **LEVEL)
    corrected = [wilson_corrected_limits(np.array(x), np.array(n), z) for x, n in arms]
    assert (always.lower, always.upper) == pytest.approx(_joined(c, corrected), abs=1e-14)


class Limits(NamedTuple):
    lower: float
    upper: float


def _joined(c, pair):
    first, second = ((float(low), float(high)) for low, high in pair)
    return Limits(*two.square_and_add((c.p1, c.p2), first, second))


def test_strata():
    compare = Comparison("stratified proportions", "binomial_ref/categorical.json stratified")
    data, places = reference("stratified")
    for row in data["stratified"]:
        asked(row["strata"], row["name"])
        cells = [
            [layer[k] for layer in row["strata"]]
            for k in ("arm1_resp", "arm1_nonresp", "arm2_resp", "arm2_nonresp")
        ]
        a, b, c, d = np.array(cells)
        s = strat.strata_counts(a, a + b, c, c + d)
        common = strat.mantel_haenszel_odds_ratio(s, **LEVEL)
        for key, correction in (("cmh", 0.0), ("cmh_continuity", 0.5)):
            want = row[key]
            check_test(compare, key, strat.cochran_mantel_haenszel(s, correction=correction), want)
            compare.check(f"{key} OR", common.estimate, want["estimate"])
            check_interval(compare, f"{key} OR", common, want["conf_int"])
        got, want = many.exact_cmh(s, **LEVEL), row["cmh_exact"]
        compare.check("exact statistic", got.statistic, want["statistic"])
        compare.check_p("exact p", got.p, want["p"], rel=1e-6)
        # R's mantelhaen.test solves the exact odds ratio to about 1e-4
        compare.check("exact OR", got.odds_ratio, want["estimate"], rel=2e-3)
        compare.check("exact OR lower", got.lower, want["conf_int"][0], rel=2e-3)
        compare.check("exact OR upper", got.upper, want["conf_int"][1], rel=2e-3)
        sato = strat.mantel_haenszel_difference(s, **LEVEL)
        wald = strat.mantel_haenszel_difference_unpooled(s, **LEVEL)
        compare.check("RD", sato.estimate, row["mh_risk_difference_arm1_minus_arm2"])
        compare.check("Sato se", sato.std_err, row["mh_rd_se_sato"])
        compare.check("GR se", wald.std_err, row["mh_rd_se_greenland_robins"])
        known = {"name", "strata", "cmh", "cmh_continuity", "cmh_exact", "mh_rd_se_sato"}
        known |= {"mh_rd_se_greenland_robins", "mh_risk_difference_arm1_minus_arm2"}
        assert set(row) == known, f"fields nobody compares: {set(row) - known}"
    compare.missed(places)
    compare.close()


def test_larger_tables():
    compare = Comparison("contingency tables", "binomial_ref/categorical.json tables")
    data, places = reference(("r_by_c", "trend", "mcnemar", "generalised_cmh"))
    for row in data["r_by_c"]:
        asked(row["table"])
        check_test(compare, "r x c", many.chi_square_table(row["table"]), row["chisq"])
        compare.check_p("fisher", many.fisher_table(row["table"]), row["fisher_p"])
    for row in data["trend"]:
        asked(row["x"], row["n"], row["scores"])
        got = many.trend_test(row["x"], row["n"], scores=row["scores"])
        check_test(compare, "trend", got, row["trend"])
    for row in data["mcnemar"]:
        asked(row["table"])
        b, c = row["table"][1], row["table"][2]
        check_test(compare, "mcnemar", many.mcnemar(b, c, correction=0), row["mcnemar"])
        got = many.mcnemar(b, c, correction=1)
        check_test(compare, "mcnemar cc", got, row["mcnemar_cc"])
    for key in (k for k in data if k.startswith("generalised_cmh")):
        part = data[key]
        asked(part["counts_column_major"], part["dim"])
        dim = [int(v) for v in part["dim"]]
        table = np.reshape(part["counts_column_major"], dim, order="F")
        rows, columns = range(dim[0]), range(dim[1])
        got = many.generalised_cmh(table, row_scores=rows, column_scores=columns)
        check_test(compare, key, got.general, part["test"])
    compare.missed(places)
    compare.close()
