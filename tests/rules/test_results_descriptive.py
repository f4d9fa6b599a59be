# SPDX-License-Identifier: Apache-2.0
"""Baseline and disposition of the small trial, counted and computed by hand."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl
import pytest
from tests.analysed import small_adam, small_analysis_protocol
from tests.results_rows import one

from equipoise.results.run import analyse


@cache
def results(convention: str = "equipoise") -> pl.DataFrame:
    """The sixth patient is randomised and treated, and in no analysis set."""
    adam = small_adam()
    out = pl.when(pl.col("USUBJID") == "S6").then(pl.lit("N")).otherwise("ITTFL")
    status = pl.when(pl.col("USUBJID") == "S2").then(pl.lit("COMPLETED")).otherwise("EOSSTT")
    adam["ADSL"] = adam["ADSL"].with_columns(ITTFL=out, EOSSTT=status)
    return analyse(adam, small_analysis_protocol(convention=convention), run_id="test")["results"]


def value(**keys: Any) -> float:
    return float(one(results(), **keys)["value"])


# ages: 50, 60 and 70 with the experimental arm; 55 and one unknown in the control arm's set
@pytest.mark.parametrize(
    ("stat", "arm", "wanted", "display"),
    [
        ("n", "ALL", 4, "4"),
        ("n_missing", "ALL", 1, "1"),
        ("mean", "ALL", 58.75, "58.8"),
        ("sd", "EXP", 10.0, "10.00"),
        ("median", "ALL", 57.5, "57.5"),
        ("q1", "ALL", 52.5, "52.5"),
        ("q3", "ALL", 65.0, "65.0"),
        ("min", "ALL", 50, "50"),
        ("max", "ALL", 70, "70"),
    ],
)
def test_age(stat: str, arm: str, wanted: float, display: str) -> None:
    row = one(results(), analysis_id="BASELINE.AGE", stat=stat, arm=arm)
    assert row["value"] == pytest.approx(wanted, rel=1e-12)
    assert row["display"] == display


def test_quartiles_follow_the_convention() -> None:
    row = one(results("r-survival"), analysis_id="BASELINE.AGE", stat="q1", arm="ALL")
    assert row["value"] == pytest.approx(53.75)  # R type 7: 50 + 0.75 * 5


def test_one_value_has_no_standard_deviation() -> None:
    row = one(results(), analysis_id="BASELINE.AGE", stat="sd", arm="CTRL")
    assert (row["state"], row["state_reason"]) == ("NA", "fewer than two values")


def test_missing_is_a_level_and_counts_in_the_denominator() -> None:
    adam = small_adam()
    table = analyse(adam, small_analysis_protocol(), run_id="test")["results"]
    rows = table.filter(analysis_id="BASELINE.SEX", arm="CTRL", stat="pct").sort("g1_order")
    assert rows.select("g1_level", "display").rows() == [
        ("F", "0.0"),
        ("M", "66.7"),
        ("Missing", "33.3"),
    ]


def test_a_level_the_protocol_does_not_declare_is_shown_and_said() -> None:
    adam = small_adam()
    adam["ADSL"] = adam["ADSL"].with_columns(SEX=pl.col("SEX").replace("F", "X"))
    table = analyse(adam, small_analysis_protocol(), run_id="test")["results"]
    row = one(table, analysis_id="BASELINE.SEX", g1_level="X", stat="n", arm="ALL")
    assert (row["value"], row["g1_order"]) == (2, 3)
    assert row["warning"] == "level of SEX that the protocol does not declare"


def test_disposition() -> None:
    rows = results().filter(analysis_id="DISPOSITION", arm="ALL", stat="n").sort("g1_order")
    assert rows.select("g1_level", "value").rows() == [
        ("Screened", 7),
        ("Not enrolled", 1),
        ("Randomised", 6),
        ("Treated", 6),
        ("Analysis set: Randomised", 5),
        ("On study", 1),
        ("Completed study", 1),
        ("Discontinued study", 4),
        ("Discontinued: progressive disease", 4),
        ("Died", 0),
    ]
    assert value(analysis_id="DISPOSITION", stat="N", arm="CTRL") == 3


def test_who_is_in_no_analysis_set_is_analysed_nowhere() -> None:
    for analysis, method in (("PFS", "kaplan-meier"), ("ORR", "clopper-pearson"), ("AE.SOC", None)):
        keys = {"analysis_id": analysis, "stat": "N", "arm": "CTRL"}
        assert value(**keys, **({"method_id": method} if method else {})) == 2


@pytest.mark.parametrize(("least", "days"), [(None, 200), (1, 200), (2, 120), (3, 90), (4, 200)])
def test_a_curve_stops_after_the_last_time_with_enough_at_risk(least, days):
    # the arm has events at 90 and 120 days and a censoring at 200: 3, 2 and 1 at risk
    protocol = small_analysis_protocol(curve_least_at_risk=least)
    results = analyse(small_adam(), protocol, run_id="test")["results"]
    row = results.filter(stat="curve_end", arm="EXP").row(0, named=True)
    assert row["value"] == pytest.approx(days / 30.4375)
    assert row["n_rows"] == {200: 1, 120: 2, 90: 3}[days]
    assert (row["warning"] is not None) == (least == 4)
