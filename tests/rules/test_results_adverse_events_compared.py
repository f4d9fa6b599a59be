# SPDX-License-Identifier: Apache-2.0
"""Adverse events by worst grade, of each kind, and their differences between arms, by hand."""

from __future__ import annotations

import polars as pl
import pytest
from tests.analysed import small_adam, small_analysis_protocol
from tests.results_rows import one, selected

from equipoise.errors import ResultError
from equipoise.results.checks import check_results
from equipoise.results.run import analyse

DRY_EYE = ("EYE DISORDERS", "DRY EYE")


def adam() -> dict[str, pl.DataFrame]:
    """The small trial; S2 had a dry eye twice, the second time nobody graded it."""
    small = small_adam()
    rows = [
        ("S2", 7, *DRY_EYE, 2, "Y"),
        ("S2", 8, *DRY_EYE, None, "Y"),
        ("S3", 1, *DRY_EYE, None, "Y"),
    ]
    names = ["USUBJID", "AESEQ", "AEBODSYS", "AEDECOD", "ATOXGRN", "TRTEMFL"]
    more = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        ARELFL=pl.lit("N"), AESER=pl.lit("Y"), ADISCFL=pl.lit("N"), AFATALFL=pl.lit("N")
    )
    return small | {"ADAE": pl.concat([small["ADAE"], more.cast(dict(small["ADAE"].schema))])}


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    return analyse(adam(), small_analysis_protocol(), run_id="test")


def test_a_patient_counts_once_in_the_worst_band(tables: dict[str, pl.DataFrame]) -> None:
    rows = (
        tables["results"]
        .filter(method_id="count.grades", arm="EXP", stat="n", g2_level="DRY EYE")
        .sort("g3_order")
    )
    # S1 had grades 1 and 3, S2 grade 2 and one without, S3 only one without
    assert rows.select("g3_level", "value").rows() == [
        ("1-2", 1),
        ("3-4", 1),
        ("5", 0),
        ("Not graded", 1),
    ]


def test_any_event_has_its_worst_grade_too(tables: dict[str, pl.DataFrame]) -> None:
    rows = tables["results"].filter(method_id="count.grades", arm="CTRL", stat="n", g1_var="WORST")
    assert dict(rows.select("g1_level", "value").rows()) == {"5": 0, "3-4": 1, "1-2": 0}


def test_the_conditions_select_the_patients_counted(tables: dict[str, pl.DataFrame]) -> None:
    rows = tables["results"].filter(
        pl.col("method_id").is_in(
            ["count.grades", "rate-difference.terms", "rate-difference.kinds"]
        )
    )
    sets = tables["rowset"].filter(pl.col("rowset_id").is_in(rows["rowset_id"].implode()))
    for row in sets.iter_rows(named=True):
        assert selected(adam(), row["dataset"], row["predicate"], row["key"]) == row["keys"]


def test_a_difference_is_of_patients_not_of_events(tables: dict[str, pl.DataFrame]) -> None:
    row = one(
        tables["results"],
        analysis_id="AE.TERM",
        method_id="rate-difference.terms",
        stat="rate_diff",
        g2_level="DRY EYE",
    )
    assert row["value"] == pytest.approx(100 * (3 / 3 - 0 / 3))
    row = one(
        tables["results"],
        method_id="rate-difference.kinds",
        stat="rate_diff",
        g1_level="grade 3 or more",
    )
    assert row["value"] == pytest.approx(100 * (1 / 3 - 1 / 3))


def test_kinds_are_listed_by_term(tables: dict[str, pl.DataFrame]) -> None:
    serious = tables["results"].filter(analysis_id="AE.TERM.SERIOUS", stat="n", arm="EXP")
    assert serious.select("g2_level", "value").rows() == [("DRY EYE", 2)]
    none = tables["results"].filter(analysis_id="AE.TERM.DISCONTINUATION")
    assert set(none["stat"]) == {"N"}


def test_what_the_data_do_not_record_is_not_zero() -> None:
    less = adam()
    less["ADAE"] = less["ADAE"].drop("AESER")
    table = analyse(less, small_analysis_protocol(), run_id="test")["results"]
    rows = table.filter(method_id="rate-difference.kinds", g1_level="serious")
    assert set(rows["state"]) == {"NA"}
    assert set(table.filter(analysis_id="AE.TERM.SERIOUS")["stat"]) == {"N"}


def test_bands_that_do_not_sum_do_not_pass_the_door(tables: dict[str, pl.DataFrame]) -> None:
    band = (pl.col("method_id") == "count.grades") & (pl.col("g3_level") == "3-4")
    fewer = tables["results"].filter(~band)
    with pytest.raises(ResultError, match="bands of worst grade do not sum"):
        check_results(tables | {"results": fewer})
