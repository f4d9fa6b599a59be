# SPDX-License-Identifier: Apache-2.0
"""ADTR of the real study's second set of lesions agrees with the published one, row by row.

The published table is that of the investigator. A partial date is its first day; ADTF is empty on
sums, as in ours; VISIT stands on lesions only there.
"""

from __future__ import annotations

import polars as pl
import pytest
from tests.agreement import assert_agree
from tests.study import adam_from_lesions, adam_from_recist_lesions, expected, sdtm

from equipoise.tables import check_tables

pytestmark = pytest.mark.oracle
SUM = pl.col("PARAMCD") == "SDIAM"
NUMBERS = ["AVAL", "BASE", "CHG", "PCHG", "NADIR", "CHGNAD", "PCHGNAD"]
FLAGS = ["ABLFL", "ANL01FL", "ANL02FL", "ANL03FL", "ANL04FL"]


def rounded(frame: pl.DataFrame) -> pl.DataFrame:
    """Percentages are compared to 1e-9, the rest of the numbers likewise."""
    return frame.with_columns(pl.col(NUMBERS).cast(pl.Float64).round(9))


def of_investigator() -> pl.DataFrame:
    return rounded(adam_from_recist_lesions()["ADTR"]).filter(pl.col("EVALUATOR") == "INV")


def published() -> pl.DataFrame:
    return rounded(expected("expected_adam/adtr_onco"))


def test_sums_agree_with_every_change_and_flag():
    assert_agree(
        of_investigator().filter(SUM),
        published().filter(SUM),
        on=["USUBJID", "ADT"],
        columns=["STUDYID", "PARAM", "ADTF", *NUMBERS, *FLAGS, "LSEXP", "LSASS"],
    )


def test_sizes_of_lesions_agree():
    found = of_investigator().filter(~SUM)
    columns = ["PARAM", "ADTF", "VISIT", *NUMBERS, *FLAGS, "LSEXP", "LSASS", "TRLNKID"]
    assert_agree(
        found.with_columns(TRSEQ="SRCSEQ"),
        published().filter(~SUM),
        on=["USUBJID", "PARAMCD", "ADT"],
        columns=[*columns, "TRSEQ"],
    )


def test_sums_of_the_large_set_are_those_of_the_oracle_for_every_reader():
    want = expected("expected_big/recist_timepoints").select(
        "USUBJID",
        "EVALUATOR",
        ADT=pl.col("DATE").str.to_date(),
        AVAL=pl.col("SUM").cast(pl.Float64),
        complete=pl.col("N_LESIONS_MISSING") == 0,
    )
    found = adam_from_lesions()["ADTR"].filter(SUM & pl.col("ABLFL").is_null())
    key = ["USUBJID", "EVALUATOR", "ADT"]
    both = want.filter("complete").join(found, on=key, how="left", suffix="_ours")
    assert both.height
    assert (both["AVAL"] == both["AVAL_ours"]).all()
    assert (both["ANL01FL"] == "Y").all()


def test_nadir_never_rises_and_every_row_has_its_source():
    adtr = adam_from_lesions()["ADTR"]
    assert adtr["SRCSEQ"].null_count() == 0
    nadirs = adtr.filter(SUM & pl.col("NADIR").is_not_null()).sort("USUBJID", "EVALUATOR", "ADT")
    step = nadirs["NADIR"] - nadirs["NADIR"].shift(1)
    same = (nadirs["USUBJID"] == nadirs["USUBJID"].shift(1)) & (
        nadirs["EVALUATOR"] == nadirs["EVALUATOR"].shift(1)
    )
    assert (step.filter(same.fill_null(value=False)) <= 0).all()
    assert sdtm()["TR"].height


def test_the_table_keeps_its_contract():
    made = {name: adam_from_lesions()[name] for name in ("ADSL", "ADTR")}
    assert check_tables(made, files={}) == []
