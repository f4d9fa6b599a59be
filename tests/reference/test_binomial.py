# SPDX-License-Identifier: Apache-2.0
"""Intervals and exact tests of one proportion against R."""

from __future__ import annotations

import polars as pl
import pytest
from tests.oracles import Comparison, oracle_file

from equipoise.statistics import proportion as one
from equipoise.statistics.binomial_test import binomial_test

pytestmark = pytest.mark.oracle
METHODS = {
    "cp": one.clopper_pearson,
    "wilson": one.wilson,
    "wilson_cc": one.wilson_corrected,
    "wald": one.wald,
    "agresti_coull": one.agresti_coull,
    "jeffreys": one.jeffreys,
    "midp": one.mid_p,
}


def test_intervals():
    rows = pl.read_csv(oracle_file("binomial_ref/binomial_ci.csv"), infer_schema_length=None)
    stems = {name.removesuffix("_lo") for name in rows.columns if name.endswith("_lo")}
    assert stems == set(METHODS), "an interval of the reference has no method here"
    limits = {f"{stem}_{side}" for stem in stems for side in ("lo", "hi")}
    known = limits | {"x", "n", "level", "estimate", "cp_lower_one_sided"}
    assert set(rows.columns) == known, "a column nobody compares"
    for stem, method in METHODS.items():
        compare = Comparison(f"proportion: {stem}", "binomial_ref/binomial_ci.csv")
        for row in rows.iter_rows(named=True):
            label = f"{stem} {row['x']}/{row['n']} {row['level']}"
            got = method(row["x"], row["n"], conf_level=row["level"])
            if stem == "wilson_cc" and 2 * row["x"] == row["n"]:
                # R's prop.test lets go of the correction here: docs/discrepancies.md, D1
                got = one.wilson(row["x"], row["n"], conf_level=row["level"])
            compare.check(label + " lower", got.lower, row[f"{stem}_lo"])
            compare.check(label + " upper", got.upper, row[f"{stem}_hi"])
            compare.check(label + " estimate", got.estimate, row["estimate"])
            if stem == "cp":
                low = one.clopper_pearson_lower(row["x"], row["n"], conf_level=row["level"])
                compare.check(label + " one-sided", low, row["cp_lower_one_sided"])
        compare.close()


def test_exact_tests():
    rows = pl.read_csv(oracle_file("binomial_ref/binomial_test.csv"), infer_schema_length=None)
    answers = {"p_two_sided", "p_greater", "p_less"}
    assert set(rows.columns) == {"x", "n", "p0"} | answers, "a column nobody compares"
    compare = Comparison("binomial test", "binomial_ref/binomial_test.csv")
    for row in rows.iter_rows(named=True):
        got = binomial_test(row["x"], row["n"], p0=row["p0"])
        for name in ("p_two_sided", "p_greater", "p_less"):
            label = f"{row['x']}/{row['n']} p0={row['p0']} {name}"
            compare.check_p(label, getattr(got, name), row[name])
    compare.close()
