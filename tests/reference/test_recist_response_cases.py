# SPDX-License-Identifier: Apache-2.0
"""Best response agrees with published cases of a public template, each under its own options."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from tests.oracles import oracle_file

from equipoise.recist.assessments import flag_assessments, order_assessments
from equipoise.recist.best_response import compute_best_response
from equipoise.recist.response_options import ADMIRALONCO, ResponseOptions

pytestmark = pytest.mark.oracle
PARAMETER = {
    "derive_param_bor": "BOR",
    "derive_param_confirmed_bor": "CBOR",
    "derive_param_confirmed_resp": "CRSP",
    "derive_param_response": "RSP",
    "derive_param_clinbenefit": "CB",
}
LONG_AGO = date(1900, 1, 1)


def cases() -> list[dict[str, Any]]:
    return list(json.loads(oracle_file("response_cases/cases.json").read_text(encoding="utf-8")))


def options_of(params: dict[str, Any]) -> ResponseOptions:
    """Their tests flag nothing beforehand: every row counts, and PD ends it only where given."""
    return replace(
        ADMIRALONCO,
        from_reference_date=False,
        stop_at_pd=False,
        report_not_done=True,
        sd_min_days=params.get("ref_start_window", ADMIRALONCO.sd_min_days),
        confirm_days=params.get("ref_confirm", ADMIRALONCO.confirm_days),
        confirm_max_ne=params.get("max_nr_ne", ADMIRALONCO.confirm_max_ne),
        accept_sd_between=params.get("accept_sd", ADMIRALONCO.accept_sd_between),
        missing_as_ne=params.get("missing_as_ne", ADMIRALONCO.missing_as_ne),
        benefit_responses=tuple(params.get("clinben_vals", ADMIRALONCO.benefit_responses)),
    )


def progression(case: dict[str, Any]) -> pl.DataFrame:
    """USUBJID and PDDT from the case's source of progression; without one no row."""
    source = case["params"].get("source_pd")
    rows = [r for r in case["pd_source_rows"] or [] if _is_progression(r, source)] if source else []
    dated = {row["USUBJID"]: row[source["date"]] for row in sorted(rows, key=str, reverse=True)}
    return pl.DataFrame(
        {"USUBJID": list(dated), "PDDT": list(dated.values())},
        schema={"USUBJID": pl.String, "PDDT": pl.String},
    ).with_columns(pl.col("PDDT").str.to_date())


def _is_progression(row: dict[str, Any], source: dict[str, Any]) -> bool:
    condition = source["filter"] or ""
    wanted = {"PARAMCD": "OVR" if '"OVR"' in condition else "PD"}
    if "AVALC" in condition:
        wanted["AVALC"] = "PD" if '"PD"' in condition.split("AVALC")[1] else "Y"
    return bool(row[source["date"]]) and all(row.get(c, v) == v for c, v in wanted.items())


def tables(case: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    assessments = pl.DataFrame(case["assessments"], infer_schema_length=None).select(
        "USUBJID", "AVALC", "PARAMCD", ADT=pl.col("ADT").str.to_date()
    )
    assessments = assessments.filter(PARAMCD="OVR").drop("PARAMCD")
    subjects = pl.DataFrame(
        case["subjects"] or [{"USUBJID": u} for u in assessments["USUBJID"].unique()]
    )
    reference = case["params"].get("reference_date")
    start = pl.col(reference).str.to_date() if reference else pl.lit(LONG_AGO)
    return assessments, subjects.select("USUBJID", RANDDT=start).join(
        progression(case), on="USUBJID", how="left"
    )


def is_coded_by_default(expected: list[dict[str, Any]]) -> bool:
    """Some of their tests pass a coding of their own: 11 for CR."""
    return all((row["AVAL"] or 0) <= 7 for row in expected)


def derivations() -> Iterator[dict[str, Any]]:
    return (case for case in cases() if case["function_tested"] in PARAMETER)


def test_every_case_is_of_a_known_function() -> None:
    assert {case["function_tested"] for case in cases()} <= {*PARAMETER, "filter_pd"}


def test_every_derivation_agrees() -> None:
    for case in derivations():
        name = PARAMETER[case["function_tested"]]
        assessments, subjects = tables(case)
        got = compute_best_response(
            assessments, subjects, key=["USUBJID"], options=options_of(case["params"])
        ).filter(PARAMCD=name)
        columns = ["USUBJID", "ADT", "AVALC", "AVAL"]
        if not is_coded_by_default(case["expected"]):
            columns.remove("AVAL")
        expected = [
            tuple(row[c] if c != "ADT" else as_date(row[c]) for c in columns)
            for row in case["expected"]
        ]
        assert sorted(got.select(columns).rows(), key=str) == sorted(expected, key=str), case[
            "case"
        ]


def as_date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def test_assessments_up_to_progression_agree() -> None:
    for case in cases():
        if case["function_tested"] != "filter_pd":
            continue
        assessments, subjects = tables(case)
        options = replace(options_of(case["params"]), stop_at_pd=True)
        flagged = flag_assessments(
            order_assessments(assessments, subjects, key=["USUBJID"]), options=options
        )
        late = (pl.col("ADT") > pl.col("PDDT")).fill_null(value=False)
        got = flagged.filter((pl.col("ANL02FL") == "Y") & ~late)
        expected = [(r["USUBJID"], as_date(r["ADT"]), r["AVALC"]) for r in case["expected"]]
        assert sorted(got.select("USUBJID", "ADT", "AVALC").rows()) == sorted(expected), case[
            "case"
        ]
