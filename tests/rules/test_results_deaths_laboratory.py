# SPDX-License-Identifier: Apache-2.0
"""Deaths and laboratory shifts of patients written out by hand, and the order of event rows."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from tests.analysed import small_adam, small_analysis_protocol
from tests.results_rows import one, selected

from equipoise.report.adverse_event_order import ordered_classes, ordered_terms
from equipoise.report.numbers import index_results
from equipoise.results.run import analyse

START = date(2024, 1, 1)
# last dose and death in days after the first dose
LAST = {"S1": 10, "S2": 20, "S3": 30, "S4": 40, "S5": 50, "S6": None}
DEATH = {"S1": 40, "S2": 51, "S4": 41, "S6": 60}
# subject, baseline grade, worst grade
ALT = [("S1", "0", 2), ("S2", "0", 0), ("S3", "MISSING", 4), ("S4", "1", 1), ("S5", None, 3)]


def safety_adam() -> dict[str, pl.DataFrame]:
    adam = small_adam()

    def dated(days: dict[str, int | None]) -> pl.Expr:
        known = {s: START + timedelta(d) for s, d in days.items() if d is not None}
        return pl.col("USUBJID").replace_strict(known, default=None, return_dtype=pl.Date)

    adam["ADSL"] = adam["ADSL"].with_columns(TRTEDT=dated(LAST), DTHDT=dated(dict(DEATH)))
    fatal = pl.when(pl.col("USUBJID") == "S4").then(pl.lit("Y")).otherwise(pl.lit("N"))
    adam["ADAE"] = adam["ADAE"].with_columns(AFATALFL=fatal)
    adam["ADLB"] = pl.DataFrame(
        ALT, schema=["USUBJID", "BTOXGRH", "ATOXGRHN"], orient="row"
    ).with_columns(
        PARAMCD=pl.lit("ALT"),
        ASEQ=pl.int_range(1, pl.len() + 1),
        ADY=pl.lit(8),
        AVAL=pl.lit(None, pl.Float64),
        AVALU=pl.lit("U/L"),
        ANRHI=pl.lit(None, pl.Float64),
        ADT=pl.lit(START + timedelta(7)),
        POSTFL=pl.lit("Y"),
        ATOXDSCH=pl.lit("Alanine aminotransferase increased"),
        WORSTHFL=pl.lit("Y"),
        ATOXDSCL=pl.lit(None, pl.String),
        ATOXGRLN=pl.lit(None, pl.Int64),
        BTOXGRL=pl.lit(None, pl.String),
        WORSTLFL=pl.lit(None, pl.String),
    )
    return adam


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    return analyse(safety_adam(), small_analysis_protocol(), run_id="test")


def counted(tables, analysis, arm, *levels):
    keys = {f"g{at}_level": level for at, level in enumerate(levels, start=1)}
    rows = tables["results"].filter(analysis_id=analysis, arm=arm, stat="n", **keys)
    return one(rows.filter(pl.col(f"g{len(levels) + 1}_level").is_null()), stat="n")["value"]


def test_a_death_on_the_last_day_of_the_window_is_within_it(tables):
    # S1 dies 30 days after the last dose, S2 31 days after it; S6 has no last dose
    within, after = "Up to 30 days after the last dose", "More than 30 days after the last dose"
    unknown = "Date of the last dose not known"
    assert [counted(tables, "DEATHS", "EXP", w) for w in ("Died", within, after)] == [2, 1, 1]
    rows = [counted(tables, "DEATHS", "CTRL", w) for w in ("Died", within, after, unknown)]
    assert rows == [2, 1, 0, 1]


def test_a_fatal_event_is_the_cause_and_no_cause_is_said_to_be_none(tables):
    died = [
        counted(tables, "DEATHS", "CTRL", "Died", cause)
        for cause in ("Adverse event", "Other, or not recorded")
    ]
    assert died == [1, 1]


def test_recorded_causes_are_used_where_there_are_any():
    adam = safety_adam()
    cause = pl.when(pl.col("USUBJID") == "S1").then(pl.lit("DISEASE"))
    adam["ADSL"] = adam["ADSL"].with_columns(DTHCAUS=cause)
    tables = analyse(adam, small_analysis_protocol(), run_id="test")
    assert counted(tables, "DEATHS", "EXP", "Died", "DISEASE") == 1
    assert counted(tables, "DEATHS", "EXP", "Died", "Not recorded") == 1


def test_every_patient_is_in_one_cell_of_the_shift(tables):
    term = "Alanine aminotransferase increased (ALT)"
    assert counted(tables, "LAB.SHIFT", "EXP", term, "0", "2") == 1
    assert counted(tables, "LAB.SHIFT", "EXP", term, "0") == 2
    assert counted(tables, "LAB.SHIFT", "EXP", term, "MISSING", "4") == 1
    assert counted(tables, "LAB.SHIFT", "CTRL", term, "NOT GRADED", "3") == 1
    cells = tables["results"].filter(
        pl.col("g3_level").is_not_null(), analysis_id="LAB.SHIFT", stat="n"
    )
    assert cells["value"].sum() == len(ALT)


def test_every_condition_selects_its_patients(tables):
    adam = safety_adam()
    wanted = tables["results"].filter(pl.col("analysis_id").is_in(["DEATHS", "LAB.SHIFT"]))
    rows = tables["rowset"].filter(pl.col("rowset_id").is_in(wanted["rowset_id"].implode()))
    assert rows.height > 20
    for row in rows.iter_rows(named=True):
        found = selected(adam, row["dataset"], row["predicate"], row["key"])
        assert found == row["keys"], row["predicate"]


@pytest.mark.parametrize(
    ("order", "terms"),
    [
        # dry eye and weight: 1 of 3 less 0 of 3; cataract: 0 less 1 of 3
        ("difference", ["DRY EYE", "WEIGHT DECREASED", "CATARACT"]),
        # one patient each: classes by their patients, then the alphabet
        ("frequency", ["CATARACT", "DRY EYE", "WEIGHT DECREASED"]),
    ],
)
def test_rows_stand_by_difference_or_by_frequency(order, terms):
    events = small_analysis_protocol().model_dump()["adverse_events"] | {"order": order}
    protocol = small_analysis_protocol(adverse_events=events)
    numbers = index_results(analyse(safety_adam(), protocol, run_id="test")["results"])
    assert [levels[-1] for levels in ordered_terms(numbers, protocol, "AE.TERM")] == terms
    names = [name for name, _ in ordered_classes(numbers, protocol, "AE.TERM")]
    assert names[0] == {"difference": "INVESTIGATIONS", "frequency": "EYE DISORDERS"}[order]


def test_frequent_terms_of_rare_classes_stand_before_rare_terms_of_frequent_ones():
    adam = safety_adam()
    weight = adam["ADAE"].filter(AEDECOD="WEIGHT DECREASED")
    subjects = adam["ADSL"]["USUBJID"].to_list()
    other = next(name for name in subjects if name not in adam["ADAE"]["USUBJID"].to_list())
    adam["ADAE"] = pl.concat([adam["ADAE"], weight.with_columns(USUBJID=pl.lit(other))])
    events = small_analysis_protocol().model_dump()["adverse_events"] | {"order": "frequency"}
    protocol = small_analysis_protocol(adverse_events=events)
    numbers = index_results(analyse(adam, protocol, run_id="test")["results"])
    terms = [levels[-1] for levels in ordered_terms(numbers, protocol, "AE.TERM")]
    assert terms == ["WEIGHT DECREASED", "CATARACT", "DRY EYE"]
