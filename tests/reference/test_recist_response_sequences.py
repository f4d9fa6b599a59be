# SPDX-License-Identifier: Apache-2.0
"""Best response from recorded responses agrees with independent software on invented histories."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from tests.oracles import oracle_file

from equipoise.recist.best_response import compute_best_response
from equipoise.recist.response_options import ADMIRALONCO, ResponseOptions

pytestmark = pytest.mark.oracle
FOLDER = "response_sequences"
PARAMETERS = ["OVR", "PD", "RSP", "CB", "BOR", "CBOR", "CRSP", "CCB", "BCP", "CBCP", "LSTA"]


def read_table(name: str) -> pl.DataFrame:
    table = pl.read_csv(oracle_file(f"{FOLDER}/{name}.csv"), infer_schema=False)
    return table.with_columns(pl.all().replace("", None))


def iso_date(column: str) -> pl.Expr:
    """A date; YYYY-MM becomes the last day of the month, as the oracle's README says."""
    text = pl.col(column)
    month = (text + "-01").str.to_date("%Y-%m-%d", strict=False).dt.month_end()
    return pl.when(text.str.len_chars() == 7).then(month).otherwise(text.str.to_date(strict=False))


def recorded() -> pl.DataFrame:
    return read_table("rs").select(
        "USUBJID", ADT=iso_date("RSDTC"), AVALC="RSSTRESC", RSSEQ=pl.col("RSSEQ").cast(pl.Int64)
    )


def derive(options: ResponseOptions) -> pl.DataFrame:
    subjects = read_table("adsl").select("USUBJID", RANDDT=iso_date("RANDDT"))
    return compute_best_response(recorded(), subjects, key=["USUBJID"], options=options)


def assert_same_rows(got: pl.DataFrame, expected: pl.DataFrame) -> None:
    columns = expected.columns
    missing = expected.join(got, on=columns, how="anti", nulls_equal=True)
    surplus = got.join(expected, on=columns, how="anti", nulls_equal=True)
    assert missing.is_empty(), f"{missing.height} rows expected and not found:\n{missing.head(9)}"
    assert surplus.is_empty(), f"{surplus.height} rows not expected:\n{surplus.head(9)}"
    assert got.height == expected.height


def test_every_row_of_the_default_rules_agrees() -> None:
    expected = (
        read_table("expected_adrs")
        .filter(pl.col("PARAMCD").is_in(PARAMETERS))
        .with_columns(iso_date("ADT"), pl.col("AVAL", "RSSEQ").cast(pl.Int64))
        .drop("ADTF")
    )
    source_of_recorded = pl.when(pl.col("PARAMCD") == "OVR").then("RSSEQ").alias("RSSEQ")
    got = derive(ADMIRALONCO).with_columns(source_of_recorded)
    assert set(PARAMETERS) == set(got["PARAMCD"])
    assert_same_rows(got.select(expected.columns), expected)


def options_of(variant: dict[str, Any]) -> ResponseOptions:
    """The variants stop at the parameter PD, so a PD before randomisation does not stop them."""
    return replace(
        ADMIRALONCO,
        confirm_days=int(variant["ref_confirm"]),
        sd_min_days=int(variant["ref_start_window"]),
        confirm_max_ne=int(variant["max_nr_ne"]),
        accept_sd_between=variant["accept_sd"] == "TRUE",
        missing_as_ne=variant["missing_as_ne"] == "TRUE",
        uncounted_pd_stops=False,
        stop_at_pd=variant["stop_at_pd"] == "TRUE",
    )


def test_every_row_of_every_variant_agrees() -> None:
    variants = read_table("expected_variants").with_columns(iso_date("ADT"))
    named = [c for c in variants.columns if c not in ("USUBJID", "PARAMCD", "AVALC", "ADT")]
    for variant in variants.select(named).unique(maintain_order=True).to_dicts():
        expected = variants.filter(pl.all_horizontal(pl.col(c) == v for c, v in variant.items()))
        got = derive(options_of(variant)).filter(
            pl.col("PARAMCD").is_in(expected["PARAMCD"].implode())
        )
        wanted = ["USUBJID", "PARAMCD", "AVALC", "ADT"]
        assert_same_rows(got.select(wanted), expected.select(wanted))


def test_the_replicate_is_one_more_key() -> None:
    subjects = read_table("adsl").select("USUBJID", RANDDT=iso_date("RANDDT"))
    once = derive(ADMIRALONCO)
    copies = pl.DataFrame({"REPID": [3, 1, 2]})
    twice = compute_best_response(
        copies.join(recorded(), how="cross").sample(fraction=1.0, shuffle=True, seed=7),
        copies.join(subjects, how="cross").sample(fraction=1.0, shuffle=True, seed=8),
        key=["REPID", "USUBJID"],
        options=ADMIRALONCO,
    )
    for replicate in copies["REPID"]:
        assert_same_rows(twice.filter(REPID=replicate).drop("REPID"), once)
