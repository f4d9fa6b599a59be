# SPDX-License-Identifier: Apache-2.0
"""Exposure of patients written out by hand: durations, doses, changes, and what is not known."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from tests.analysed import small_adam, small_analysis_protocol
from tests.results_rows import one, selected

from equipoise.results.run import analyse

START = date(2024, 1, 1)
DAYS = {"S1": 1, "S2": 31, "S3": 92, "S4": 366, "S5": 30, "S6": None}
# RDI, reductions of the drug of arm EXP; S3 has no intensity
DRUG = {"S1": (100.0, 0.0), "S2": (65.0, 2.0), "S3": (None, 1.0)}


def exposed() -> dict[str, pl.DataFrame]:
    adam = small_adam()
    last = {s: START + timedelta(d - 1) if d else None for s, d in DAYS.items()}
    adam["ADSL"] = adam["ADSL"].with_columns(
        TRTEDT=pl.col("USUBJID").replace_strict(last, default=None, return_dtype=pl.Date)
    )
    rows = [
        ("OVERALL", subject, "TAB", code, value, "why" if value is None else None, unit)
        for subject, values in DRUG.items()
        for code, value, unit in (("RDI", values[0], "%"), ("NRED", values[1], None))
    ]
    names = ["PARCAT1", "USUBJID", "EXTRT", "PARAMCD", "AVAL", "REASND", "AVALU"]
    whole = {"ACYCLE": pl.Int64, "ASTDT": pl.Date, "AENDT": pl.Date, "SRCSEQ": pl.Int64}
    adam["ADEX"] = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.lit(None, dtype=kind).alias(name) for name, kind in whole.items()
    )
    return adam


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    arms = small_analysis_protocol().model_dump()["arms"]
    regimen = {
        "drug": "TAB",
        "dose": 10,
        "unit": "mg",
        "route": "ORAL",
        "schedule": {"days": [1], "cycle_days": 7},
    }
    arms[0]["regimens"] = ["tab"]
    assert arms[0]["id"] == "EXP"
    protocol = small_analysis_protocol(arms=arms, regimens={"tab": regimen})
    return analyse(exposed(), protocol, run_id="test")


def exposure(tables, stat, arm, *levels):
    keys = dict(zip(("g1_level", "g2_level"), levels, strict=False))
    analysis = "EXPOSURE.DRUG" if len(levels) == 2 else "EXPOSURE"
    found = tables["results"].filter(analysis_id=analysis, stat=stat, arm=arm, **keys)
    return one(found if levels else found.filter(pl.col("g1_level").is_null()), stat=stat)


def test_durations_count_both_days_and_who_has_no_last_dose_is_missing(tables):
    assert exposure(tables, "median", "EXP")["display"] == "1.0"  # 31 / 30.4375
    assert exposure(tables, "max", "EXP")["display"] == "3.0"
    assert exposure(tables, "person_years", "EXP")["value"] == pytest.approx(124 / 365.25)
    assert exposure(tables, "n_missing", "CTRL")["value"] == 1
    assert exposure(tables, "n", "CTRL")["value"] == 2


def test_lengths_of_treatment_are_reached_on_the_day_they_are_full(tables):
    # one month is 30.4375 days: 30 days fall short, 31 reach it; 92 are three months, 91.3
    counts = {
        label: [exposure(tables, "n", arm, label)["value"] for arm in ("EXP", "CTRL")]
        for label in ("At least 1 day", "At least 1 month", "At least 3 months")
    }
    assert counts == {
        "At least 1 day": [3, 2],
        "At least 1 month": [2, 1],
        "At least 3 months": [1, 1],
    }
    assert exposure(tables, "pct", "CTRL", "At least 12 months")["display"] == "33.3"


def test_a_drug_is_counted_among_all_patients_of_its_arm_only(tables):
    results = tables["results"].filter(analysis_id="EXPOSURE.DRUG", g1_level="TAB")
    assert set(results["arm"]) == {"EXP"}
    assert exposure(tables, "mean", "EXP", "TAB", "RDI")["value"] == 82.5
    assert exposure(tables, "n_missing", "EXP", "TAB", "RDI")["value"] == 1
    reduced = exposure(tables, "pct", "EXP", "TAB", "Dose reduced at least once")
    assert reduced["display"] == "66.7"
    low = exposure(tables, "n", "EXP", "TAB", "Relative dose intensity of less than 70%")
    assert low["value"] == 1


def test_what_nobody_recorded_is_not_zero(tables):
    delayed = exposure(tables, "n", "EXP", "TAB", "Cycle delayed at least once")
    assert (delayed["state"], delayed["state_reason"]) == ("NA", "not recorded")


def test_every_condition_selects_its_patients(tables):
    adam = exposed()
    wanted = tables["results"].filter(pl.col("analysis_id").str.starts_with("EXPOSURE"))
    rows = tables["rowset"].filter(pl.col("rowset_id").is_in(wanted["rowset_id"].implode()))
    assert rows.height > 10
    for row in rows.iter_rows(named=True):
        found = selected(adam, row["dataset"], row["predicate"], row["key"])
        assert found == row["keys"], row["predicate"]


def test_subjects_without_last_doses_give_no_duration() -> None:
    results = analyse(small_adam(), small_analysis_protocol(), run_id="test")["results"]
    assert not results.filter(analysis_id="EXPOSURE").height
