# SPDX-License-Identifier: Apache-2.0
"""Best response agrees with the expected ADRS of a study of 157 subjects and three readers."""

from __future__ import annotations

import polars as pl
import pytest
from tests.oracles import oracle_file

from equipoise.recist.best_response import compute_best_response
from equipoise.recist.response_options import ADMIRALONCO

pytestmark = pytest.mark.oracle
FOLDER = "sdtm_adam"
KEY = ["USUBJID", "EVALUATOR"]
EVALUATORS = {"RADIOLOGIST 1": "IND1", "RADIOLOGIST 2": "IND2"}
COMPARED = [*KEY, "PARAMCD", "ADT", "AVALC", "AVAL", "ANL01FL", "ANL02FL"]


def read_table(name: str) -> pl.DataFrame:
    return pl.read_parquet(oracle_file(f"{FOLDER}/{name}.parquet"))


def recorded(table: str) -> pl.DataFrame:
    """Overall responses as recorded; a date is a date, a month its last day."""
    text = pl.col("RSDTC")
    month = (text + "-01").str.to_date("%Y-%m-%d", strict=False).dt.month_end()
    return (
        read_table(f"sdtm/{table}")
        .filter(RSTESTCD="OVRLRESP")
        .select(
            "USUBJID",
            EVALUATOR=pl.col("RSEVALID").replace_strict(EVALUATORS, default="INV"),
            ADT=pl.when(text.str.len_chars() == 7)
            .then(month)
            .otherwise(text.str.slice(0, 10).str.to_date(strict=False)),
            AVALC="RSSTRESC",
            RSSEQ=pl.col("RSSEQ").cast(pl.Int64),
        )
    )


def strict() -> pl.DataFrame:
    """Overall responses by RECIST as written, under the sequence numbers of the recorded ones."""
    timepoints = read_table("expected_big/recist_timepoints")
    responses = timepoints.select(
        *KEY, ADT=pl.col("DATE").cast(pl.String).str.to_date(), AVALC="STRICT_OVRLRESP"
    )
    numbers = recorded("rs_onco").select(*KEY, "ADT", "RSSEQ")
    return responses.join(numbers, on=[*KEY, "ADT"], how="left")


def subjects(evaluators: list[str]) -> pl.DataFrame:
    dates = read_table("expected_adam/adsl").select("USUBJID", pl.col("RANDDT").cast(pl.Date))
    return dates.join(pl.DataFrame({"EVALUATOR": evaluators}), how="cross")


def assert_same_rows(got: pl.DataFrame, expected: pl.DataFrame) -> None:
    columns = expected.columns
    missing = expected.join(got, on=columns, how="anti", nulls_equal=True)
    surplus = got.join(expected, on=columns, how="anti", nulls_equal=True)
    assert missing.is_empty(), f"{missing.height} rows expected and not found:\n{missing.head(9)}"
    assert surplus.is_empty(), f"{surplus.height} rows not expected:\n{surplus.head(9)}"
    assert got.height == expected.height


@pytest.mark.parametrize("basis", ["published", "strict"])
def test_adrs_of_three_readers_agrees(basis: str) -> None:
    expected = read_table("expected_big/adrs").filter(
        pl.col("BASIS") == basis, ~pl.col("PARAMCD").is_in(["DEATH", "MDIS"])
    )
    expected = expected.with_columns(
        pl.col("ADT").cast(pl.String).str.to_date(), pl.col("AVAL", "RSSEQ").cast(pl.Int64)
    )
    readers = expected["EVALUATOR"].unique().to_list()
    source = recorded("rs_onco") if basis == "published" else strict()
    got = compute_best_response(source, subjects(readers), key=KEY, options=ADMIRALONCO)
    assert_same_rows(got.select(COMPARED), expected.select(COMPARED))
    numbered = got.filter(PARAMCD="OVR").select(*KEY, "ADT", "RSSEQ")
    assert_same_rows(numbered, expected.filter(PARAMCD="OVR").select(numbered.columns))


def test_published_adrs_of_the_investigator_agrees() -> None:
    """CBCP is left out: the published column is N for everybody (README of the oracles)."""
    ours = ["OVR", "PD", "RSP", "CB", "BOR", "CBOR", "CRSP", "CCB", "BCP", "LSTA"]
    expected = read_table("expected_adam/adrs_onco").filter(pl.col("PARAMCD").is_in(ours))
    expected = expected.with_columns(
        pl.col("ADT").cast(pl.String).str.to_date(),
        pl.col("AVAL", "RSSEQ").cast(pl.Int64),
        EVALUATOR=pl.lit("INV"),
    )
    source = recorded("rs_onco_recist").filter(EVALUATOR="INV")
    got = compute_best_response(source, subjects(["INV"]), key=KEY, options=ADMIRALONCO)
    got = got.filter(pl.col("PARAMCD").is_in(ours))
    compared = [c for c in COMPARED if c not in ("ANL02FL")]
    assert_same_rows(got.select(*compared, "RSSEQ"), expected.select(*compared, "RSSEQ"))
