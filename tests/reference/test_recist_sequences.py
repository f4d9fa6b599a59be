# SPDX-License-Identifier: Apache-2.0
"""Best response from sequences: the rows of RECIST 1.1 Table 3 and what surrounds them."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from tests.oracles import oracle_file

from equipoise.recist.best_response import compute_best_response
from equipoise.recist.response_options import RECIST_1_1, ResponseOptions

pytestmark = pytest.mark.oracle
SAME_NAME = {
    "min_sd_days": "sd_min_days",
    "confirm_days": "confirm_days",
    "confirm_max_ne": "confirm_max_ne",
    "accept_sd_between": "accept_sd_between",
    "after_cr": "after_cr",
}


def cases() -> list[dict[str, Any]]:
    text = oracle_file("recist_cases.json").read_text(encoding="utf-8")
    return [c for c in json.loads(text, parse_float=Decimal)["cases"] if c["kind"] == "sequence"]


def options_of(params: dict[str, Any]) -> ResponseOptions:
    unknown = set(params) - {*SAME_NAME, "missing_label"}
    assert not unknown, f"options the engine does not know: {unknown}"
    named = {SAME_NAME[k]: v for k, v in params.items() if k in SAME_NAME}
    return replace(RECIST_1_1, missing_as_ne=params.get("missing_label", "NE") == "NE", **named)


def best(case: dict[str, Any]) -> dict[str, str]:
    rows = [(case["id"], row["date"], row["overall"]) for row in case["sequence"]]
    assessments = pl.DataFrame(
        rows, schema={"USUBJID": pl.String, "ADT": pl.String, "AVALC": pl.String}, orient="row"
    ).with_columns(pl.col("ADT").str.to_date())
    dates = {
        "RANDDT": case["reference_date"],
        "NACTDT": case.get("new_therapy_date"),
        "CUTOFFDT": case.get("cutoff_date"),
    }
    subjects = pl.DataFrame({"USUBJID": case["id"], **dates}).with_columns(
        pl.col(list(dates)).cast(pl.String).str.to_date()
    )
    options = options_of(case.get("params", {}))
    got = compute_best_response(assessments, subjects, key=["USUBJID"], options=options)
    by_name = dict(got.select("PARAMCD", "AVALC").rows())
    return {"bor": by_name["BOR"], "cbor": by_name["CBOR"]}


def test_every_sequence_has_the_expected_best_responses() -> None:
    wrong = {
        case["id"]: (got, case["expected"])
        for case in cases()
        if any((got := best(case))[name] != case["expected"][name] for name in ("bor", "cbor"))
    }
    assert not wrong
