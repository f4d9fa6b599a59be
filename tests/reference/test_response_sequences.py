# SPDX-License-Identifier: Apache-2.0
"""ADRS, ADTTE and variants agree, row by row, with independent software on invented histories.

The folder may hold any number of subjects and any variants; nothing here counts on which. RSSEQ of
derived rows is empty there and here; ADTF is empty there on derived rows, which the oracle's README
calls a fault, and is compared on recorded rows.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl
import pytest
from tests.agreement import assert_agree
from tests.oracles import oracle_file
from tests.small_trial import small_protocol

from equipoise.adam import derive_adrs, derive_adtte
from equipoise.adam.adrs import response_options
from equipoise.adam.response_records import recorded_responses
from equipoise.protocol.model import Protocol
from equipoise.recist.best_response import compute_best_response
from equipoise.tables import conform

pytestmark = pytest.mark.oracle


@cache
def read_table(name: str) -> pl.DataFrame:
    table = pl.read_csv(oracle_file(f"response_sequences/{name}.csv"), infer_schema=False)
    return table.with_columns(pl.all().replace("", None))


def protocol() -> Protocol:
    return small_protocol(censoring={"TEMPLATE": TEMPLATE}, rule_set="TEMPLATE")


TEMPLATE = {
    "label": "Last assessment of any kind",
    "source": "admiralonco ADTTE template",
    "new_therapy": "ignore",
    "missed_assessments": None,
    "no_baseline": "ignore",
    "last_assessment": "any",
}


@cache
def tables() -> dict[str, pl.DataFrame]:
    raw = {name: read_table(name.lower()) for name in ("ADSL", "RS", "TU")}
    ready = conform(raw)
    ready["ADSL"] = ready["ADSL"].with_columns(DTHDTF=pl.lit(None, dtype=pl.String))
    return ready


@cache
def adrs() -> pl.DataFrame:
    records = recorded_responses(tables(), protocol())
    return derive_adrs(tables(), tables()["ADSL"], records, protocol())


@cache
def adtte() -> pl.DataFrame:
    return derive_adtte(tables()["ADSL"], adrs(), tables(), protocol())


def numbers(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return frame.with_columns(pl.col(columns).cast(pl.Float64))


def test_every_response_parameter_agrees():
    expected = numbers(read_table("expected_adrs"), "AVAL", "RSSEQ")
    assert_agree(
        adrs(),
        expected,
        on=["USUBJID", "PARAMCD", "RSSEQ"],
        columns=["ADT", "AVALC", "AVAL", "ANL01FL", "ANL02FL"],
    )


def test_partial_dates_of_recorded_responses_are_flagged():
    recorded = pl.col("PARAMCD") == "OVR"
    expected = numbers(read_table("expected_adrs"), "RSSEQ").filter(recorded)
    assert_agree(
        adrs().filter(recorded), expected, on=["USUBJID", "RSSEQ"], columns=["ADT", "ADTF"]
    )


def test_derived_rows_carry_the_imputation_flag_of_the_row_that_decided():
    recorded = pl.col("PARAMCD") == "OVR"
    flagged = adrs().filter(recorded & pl.col("ADTF").is_not_null())
    derived = adrs().filter(~recorded & (pl.col("SRCDOM") == "RS"))
    from_it = derived.join(
        flagged, left_on=["USUBJID", "SRCSEQ"], right_on=["USUBJID", "RSSEQ"], how="semi"
    )
    assert from_it.height
    assert from_it["ADTF"].null_count() == 0
    assert derived["ADTF"].drop_nulls().len() == from_it.height


def test_every_time_to_event_agrees():
    assert_agree(
        adtte(),
        numbers(read_table("expected_adtte"), "AVAL", "CNSR"),
        on=["USUBJID", "PARAMCD"],
        columns=["STARTDT", "ADT", "AVAL", "CNSR", "EVNTDESC", "CNSDTDSC"],
    )


def variants() -> list[dict[str, Any]]:
    settings = [
        "ref_confirm",
        "ref_start_window",
        "max_nr_ne",
        "accept_sd",
        "missing_as_ne",
        "stop_at_pd",
    ]
    return read_table("expected_variants").select(settings).unique(maintain_order=True).to_dicts()


def test_every_variant_agrees():
    """Other confirmation days, windows and tolerances; the protocol's fields where it has them."""
    assert variants()
    for variant in variants():
        expected = read_table("expected_variants").filter(
            pl.all_horizontal(pl.col(c) == v for c, v in variant.items())
        )
        found = derive_variant(variant).filter(
            pl.col("PARAMCD").is_in(expected["PARAMCD"].unique().to_list())
        )
        assert_agree(found, expected, on=["USUBJID", "PARAMCD"], columns=["AVALC", "ADT"])


def derive_variant(variant: dict[str, str]) -> pl.DataFrame:
    changed = small_protocol(
        response={
            "sd_min_days": int(variant["ref_start_window"]),
            "confirmation": {
                "min_days": int(variant["ref_confirm"]),
                "max_ne": int(variant["max_nr_ne"]),
                "sd_between": variant["accept_sd"] == "TRUE",
            },
        }
    )
    options = replace(
        response_options(changed),
        missing_as_ne=variant["missing_as_ne"] == "TRUE",
        uncounted_pd_stops=False,  # the variants stop at the parameter PD, which counts its rows
        stop_at_pd=variant["stop_at_pd"] == "TRUE",
    )
    recorded = adrs().filter(pl.col("PARAMCD") == "OVR").select("USUBJID", "ADT", "AVALC", "RSSEQ")
    subjects = tables()["ADSL"].select("USUBJID", "RANDDT")
    return compute_best_response(recorded, subjects, key=["USUBJID"], options=options)
