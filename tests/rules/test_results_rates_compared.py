# SPDX-License-Identifier: Apache-2.0
"""Two response rates compared, and two landmark rates: published intervals and sums by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from tests.analysed import small_adam, small_analysis_protocol
from tests.results_rows import one

from equipoise.errors import ResultError
from equipoise.results.checks import check_results
from equipoise.results.published import compare_published
from equipoise.results.run import analyse

# Newcombe, Stat Med 1998;17:873-890, table II, contrast (a): 56 of 70 against 48 of 80.
NEWCOMBE_A = [("A", 56, 70, 48, 80)]
TWO_STRATA = [("A", 10, 20, 5, 20), ("B", 8, 10, 6, 12)]


def responding(strata: list[tuple[str, int, int, int, int]]) -> dict[str, pl.DataFrame]:
    """Patients with those counts: level, responders of patients, experimental and control."""
    rows = [
        (f"{level}{arm}{at}", arm, level, "PR" if at < x else "SD")
        for level, x1, n1, x2, n2 in strata
        for arm, x, n in (("EXP", x1, n1), ("CTRL", x2, n2))
        for at in range(n)
    ]
    wide = pl.DataFrame(rows, schema=["USUBJID", "ARMCD", "SEX", "AVALC"], orient="row")
    small = small_adam()
    like = {
        name: pl.lit(small["ADSL"][name][0], small["ADSL"].schema[name])
        for name in small["ADSL"].columns
        if name not in ("USUBJID", "ARMCD", "ACTARMCD", "SEX")
    }
    adsl = wide.select("USUBJID", "ARMCD", "SEX", ACTARMCD="ARMCD", **like)
    adrs = pl.concat(
        wide.select("USUBJID", "AVALC", PARAMCD=pl.lit(code), EVALUATOR=pl.lit("INV"))
        for code in ("BOR", "CBOR")
    )
    return small | {"ADSL": adsl, "ADRS": adrs}


def compared(
    strata: list[tuple[str, int, int, int, int]], *, by: tuple[str, ...] = (), **changes: Any
) -> pl.DataFrame:
    """The results with the response analysis stratified by `by`."""
    plain = small_analysis_protocol(**changes).model_dump()
    analyses = [a | {"strata": by} if a["id"] == "ORR" else a for a in plain["analyses"]]
    protocol = small_analysis_protocol(analyses=analyses, **changes)
    return analyse(responding(strata), protocol, run_id="test")["results"]


def estimate_and_limits(table: pl.DataFrame, method: str, stat: str) -> list[float]:
    row = one(table, analysis_id="ORR", method_id=method, stat=stat)
    ends = [one(table, ci_of=row["result_id"], stat=end)["value"] for end in ("lcl", "ucl")]
    return [row["value"], *ends]


def test_the_difference_has_the_published_interval() -> None:
    found = estimate_and_limits(compared(NEWCOMBE_A), "rate-difference", "rate_diff")
    assert found == pytest.approx([20.0, 5.28, 33.82], abs=0.005)


def test_odds_ratio_and_chi_square_of_one_table() -> None:
    table = compared(NEWCOMBE_A)
    assert estimate_and_limits(table, "odds-ratio", "or") == pytest.approx(
        [2.666667, 1.27624, 5.57198], rel=1e-4
    )
    assert one(table, method_id="association", stat="chi2")["value"] == pytest.approx(
        7.02341, abs=1e-4
    )


def test_strata_are_summed_by_mantel_and_haenszel() -> None:
    table = compared(TWO_STRATA, by=("SEX",))
    difference = estimate_and_limits(table, "rate-difference", "rate_diff")
    assert difference[0] == pytest.approx(100 * (2.5 + 36 / 22) / (10 + 120 / 22))
    odds = estimate_and_limits(table, "odds-ratio", "or")[0]
    assert odds == pytest.approx((3.75 + 48 / 22) / (1.25 + 12 / 22))
    chi2 = one(table, method_id="association", stat="chi2")["value"]
    assert chi2 == pytest.approx((2.5 + 36 / 22) ** 2 / (150000 / 62400 + 13440 / 10164))
    plain = estimate_and_limits(table, "rate-difference.unstratified", "rate_diff")[0]
    assert plain == pytest.approx(100 * (18 / 30 - 11 / 32))


def test_the_correction_is_that_of_the_convention() -> None:
    table = compared(TWO_STRATA, by=("SEX",), convention="r-survival")
    chi2 = one(table, method_id="association", stat="chi2")["value"]
    away = 2.5 + 36 / 22 - 0.5
    assert chi2 == pytest.approx(away**2 / (150000 / 62400 + 13440 / 10164))


def test_who_is_compared_stands_behind_the_number() -> None:
    row = one(compared(NEWCOMBE_A), method_id="rate-difference", stat="rate_diff")
    assert (row["comparator"], row["reference"], row["arm"]) == ("EXP", "CTRL", None)
    assert row["n_rows"] == 150


def test_nobody_responded() -> None:
    table = compared([("A", 0, 20, 0, 20)])
    difference = estimate_and_limits(table, "rate-difference", "rate_diff")
    assert difference[0] == 0
    assert difference[1] == pytest.approx(-difference[2])
    states = table.filter(method_id="odds-ratio")["state"].to_list()
    assert states[0] == "NE"
    test = one(table, method_id="association", stat="p")
    assert (test["state"], test["state_reason"]) == ("NE", "all patients have the same outcome")


def test_an_arm_without_patients_cannot_be_compared() -> None:
    table = compared([("A", 3, 10, 0, 0)])
    for method in ("rate-difference", "odds-ratio", "association"):
        rows = table.filter(method_id=method)
        assert set(rows["state"]) == {"NA"}
        assert set(rows["state_reason"]) == {"one of the arms has no patients"}


def test_landmark_rates_are_compared_with_greenwood() -> None:
    table = analyse(small_adam(), small_analysis_protocol(), run_id="test")["results"]
    rows = table.filter(method_id="kaplan-meier.difference")
    # at 3 months 2 of 3 are event-free against 1 of 3; both variances are 2/27
    half = 100 * 1.959963985 * (4 / 27) ** 0.5
    values = dict(rows.select("stat", "value").iter_rows())
    assert values["rate_diff"] == pytest.approx(100 / 3)
    assert values["lcl"] == pytest.approx(100 / 3 - half)
    assert values["ucl"] == pytest.approx(100 / 3 + half)


def test_the_published_p_of_a_rate_is_that_of_its_test() -> None:
    figure = {
        "id": "f",
        "label": "Response rate",
        "kind": "proportion",
        "bind": {"analysis": "ORR", "stat": "pct"},
        "printed": {"p": "<0.01"},
    }
    protocol = small_analysis_protocol(published={"source": "a journal", "figures": [figure]})
    results = analyse(responding(NEWCOMBE_A), protocol, run_id="test")["results"]
    row = compare_published(results, protocol).row(0, named=True)
    assert (row["part"], row["computed"], row["verdict"]) == ("p", "<0.01", "agrees")
    assert row["result_id"] == one(results, method_id="association", stat="p")["result_id"]


def test_a_number_out_of_its_range_does_not_pass_the_door() -> None:
    tables = analyse(small_adam(), small_analysis_protocol(), run_id="test")
    value = pl.when(pl.col("stat") == "p").then(1.5).otherwise("value")
    with pytest.raises(ResultError, match=r"surv, p: a number lies outside 0 to 1"):
        check_results(tables | {"results": tables["results"].with_columns(value=value)})
