# SPDX-License-Identifier: Apache-2.0
"""Rows of single patients: who is drawn where, who is left out and why, and the door's checks."""

from datetime import date, timedelta

import polars as pl
import pytest
from tests.analysed import small_adam, small_analysis_protocol
from tests.results_rows import selected

from equipoise.errors import ResultError
from equipoise.results.checks import check_results
from equipoise.results.run import analyse

START = date(2024, 1, 1)


def day(number: int) -> date:
    return START + timedelta(number)


def sums() -> pl.DataFrame:
    """S1 and S3 shrink, S4 grows; S2 has no baseline, S5 no scan after it, S6 no complete sum."""
    rows = [
        ("S1", 1, -5, 50.0, None, "Y", None),
        ("S1", 2, 42, 30.0, -40.0, None, "Y"),
        ("S1", 3, 84, 45.0, -10.0, None, None),
        ("S3", 1, -3, 20.0, None, "Y", None),
        ("S3", 2, 41, 18.0, -10.0, None, "Y"),
        ("S4", 1, -9, 40.0, None, "Y", None),
        ("S4", 2, 40, 90.0, 125.0, None, "Y"),
        ("S5", 1, -2, 30.0, None, "Y", None),
        ("S6", 1, -2, 30.0, None, "Y", None),
        ("S6", 2, 42, 10.0, None, None, None),
    ]
    names = ["USUBJID", "ASEQ", "at", "AVAL", "PCHG", "ABLFL", "ANL05FL"]
    schema = dict(zip(names, [pl.String, pl.Int64, pl.Int64, pl.Float64, pl.Float64], strict=False))
    frame = pl.DataFrame(
        rows, schema=schema | {"ABLFL": pl.String, "ANL05FL": pl.String}, orient="row"
    )
    return frame.select(
        pl.exclude("at"),
        PARAMCD=pl.lit("SDIAM"),
        EVALUATOR=pl.lit("INV"),
        ADT=pl.lit(START) + pl.duration(days="at"),
        VISIT=pl.lit("WEEK 6"),
        TRLNKID=pl.lit(None, pl.String),
        BASE=pl.col("AVAL").first().over("USUBJID"),
        ANL01FL=pl.when(~((pl.col("USUBJID") == "S6") & pl.col("ABLFL").is_null())).then(
            pl.lit("Y")
        ),
    )


def adam() -> dict[str, pl.DataFrame]:
    tables = small_adam()
    last = {"S1": day(100), "S2": day(200), "S3": day(50), "S4": day(50)}
    adsl = tables["ADSL"].with_columns(
        TRTSDT=pl.when(pl.col("USUBJID") != "S5").then("TRTSDT"),
        TRTEDT=pl.col("USUBJID").replace_strict(last, default=None, return_dtype=pl.Date),
        EOTSTT=pl.when(pl.col("USUBJID") == "S2").then(pl.lit("ONGOING")),
    )
    return tables | {"ADSL": adsl, "ADTR": sums()}


def protocol():
    response = small_analysis_protocol().response.model_dump()
    return small_analysis_protocol(response=response | {"compare": "always"})


@pytest.fixture(scope="module")
def tables():
    return analyse(adam(), protocol(), run_id="test")


def of(tables, display, mark):
    return tables["display_rows"].filter(display_id=display, mark=mark)


def test_the_waterfall_goes_from_the_worst_change_to_the_best(tables):
    bars = of(tables, "waterfall.INV", "change")
    assert bars.select("arm", "place", "USUBJID", "value", "value_text", "ASEQ").rows() == [
        ("EXP", 1, "S3", -10.0, "SD", 2),
        ("EXP", 2, "S1", -40.0, "PR", 2),
        ("CTRL", 1, "S4", 125.0, "PD", 2),
    ]


def test_who_is_not_in_the_waterfall_has_a_reason_and_is_counted(tables):
    absent = dict(of(tables, "waterfall.INV", "absent").select("USUBJID", "note").rows())
    assert absent == {
        "S2": "no target lesion measured at baseline",
        "S5": "no target lesion assessed after baseline",
        "S6": "no complete sum of diameters up to progression",
    }
    counted = tables["results"].filter(method_id="shown.change", stat="n", arm="CTRL")
    assert dict(counted.select("g1_level", "value").rows()) == {
        "Shown": 1,
        "no target lesion measured at baseline": 0,
        "no target lesion assessed after baseline": 1,
        "no complete sum of diameters up to progression": 1,
    }


def test_the_spider_has_every_complete_sum_by_its_day(tables):
    lines = of(tables, "spider.INV", "sum").filter(USUBJID="S1")
    assert lines.select("day", "value").rows() == [(42, -40.0), (84, -10.0)]


def test_the_swimmer_goes_from_the_longest_treatment_to_the_shortest(tables):
    lanes = of(tables, "swimmer", "treatment")
    assert lanes.select("arm", "place", "USUBJID", "value", "day_end").rows() == [
        ("EXP", 1, "S2", 201.0, 200),
        ("EXP", 2, "S1", 101.0, 100),
        ("EXP", 3, "S3", 51.0, 50),
        ("CTRL", 1, "S4", 51.0, 50),
    ]
    assert of(tables, "swimmer", "ongoing")["USUBJID"].to_list() == ["S2"]
    absent = dict(of(tables, "swimmer", "absent").select("USUBJID", "note").rows())
    assert absent == {"S5": "never treated", "S6": "last dose not dated"}


def test_each_condition_selects_the_patients_that_are_counted(tables):
    shown = tables["results"].filter(pl.col("method_id").str.starts_with("shown"))
    rows = tables["rowset"].filter(pl.col("rowset_id").is_in(shown["rowset_id"].implode()))
    assert rows.height > 10
    for row in rows.iter_rows(named=True):
        found = selected(adam(), row["dataset"], row["predicate"], row["key"])
        assert found == row["keys"], row["predicate"]


@pytest.mark.parametrize(
    ("mark", "changes", "told"),
    [
        ("change", {"place": pl.lit(1)}, "the places of an arm's patients are not 1, 2, 3"),
        ("change", {"value": pl.lit(None)}, "a mark has no finite value"),
        ("change", {"mark": pl.lit("bar")}, "a mark is not one of"),
        ("change", {"USUBJID": pl.lit("S1")}, "shows or leaves out another number of patients"),
        ("absent", {"note": pl.lit(None)}, "left out without a reason"),
        ("absent", {"USUBJID": pl.lit("S1"), "ROW": pl.lit(9)}, "is shown and left out"),
    ],
)
def test_the_door_refuses_rows_that_are_broken(tables, mark, changes, told):
    rows = tables["display_rows"]
    here = (pl.col("mark") == mark) & (pl.col("display_id") == "waterfall.INV")
    broken = rows.with_columns(
        pl.when(here).then(value).otherwise(name).cast(rows.schema[name]).alias(name)
        for name, value in changes.items()
    )
    with pytest.raises(ResultError, match=told):
        check_results(tables | {"display_rows": broken})


def test_without_lesions_there_is_no_waterfall():
    tables = analyse(small_adam(), small_analysis_protocol(), run_id="test")
    assert not of(tables, "waterfall.INV", "change").height
    assert not tables["results"].filter(pl.col("method_id") == "shown.change").height
