# SPDX-License-Identifier: Apache-2.0
"""Baseline, progression-free survival, two readers, iRECIST and Choi: every situation agrees."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.oracles import oracle_file

from equipoise.recist.adjudication import accept_reads
from equipoise.recist.baseline_checks import check_baseline, read_baseline_rules
from equipoise.recist.choi import choi_response, read_choi
from equipoise.recist.criterion import OVERALL
from equipoise.recist.endpoint import PfsOptions, compute_pfs
from equipoise.recist.irecist import compute_ibor

pytestmark = pytest.mark.oracle
KEY = ["USUBJID"]
KINDS = {
    "lesions",
    "sequence",
    "baseline",
    "two_reader",
    "pfs",
    "irecist_sequence",
    "choi",
}


FINDINGS = {
    "TARGET_BELOW_MEASURABLE",
    "METHOD_NOT_ALLOWED",
    "TOO_MANY_TARGETS",
    "TOO_MANY_IN_ORGAN",
    "NO_TARGET_LESION",
    "NORMAL_NODE_RECORDED",
    "IRRADIATED_TARGET",
    "BLASTIC_BONE_TARGET",
    "BASELINE_TOO_EARLY",
}


def cases(kind: str) -> list[dict[str, Any]]:
    text = oracle_file("recist_cases.json").read_text(encoding="utf-8")
    found = [c for c in json.loads(text, parse_float=Decimal)["cases"] if c["kind"] == kind]
    if not found:
        pytest.skip(f"no case of kind {kind}")
    return found


def as_date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def test_every_case_is_of_a_kind_that_is_tested() -> None:
    text = oracle_file("recist_cases.json").read_text(encoding="utf-8")
    assert {case["kind"] for case in json.loads(text)["cases"]} <= KINDS


def findings(case: dict[str, Any]) -> list[str]:
    lesions = pl.DataFrame(
        {
            "USUBJID": case["id"],
            "LNKID": [x["id"] for x in case["lesions"]],
            "CLASS": [x["cls"] for x in case["lesions"]],
            "LOC": [x["organ"] for x in case["lesions"]],
            "NODE": [x["node"] for x in case["lesions"]],
            "SIZE": [str(x["mm"]) for x in case["lesions"]],
            "METHOD": [x["method"] for x in case["lesions"]],
            "SLICE": [
                None if x["slice_mm"] is None else str(x["slice_mm"]) for x in case["lesions"]
            ],
            "ADT": [as_date(x["date"]) for x in case["lesions"]],
            "IRRADIATED": [x.get("prior_radiotherapy", False) for x in case["lesions"]],
            "PROGRESSED": [x.get("progressed_since") for x in case["lesions"]],
            "BONE": [x.get("bone_type") for x in case["lesions"]],
        },
        schema_overrides={"SLICE": pl.String, "PROGRESSED": pl.Boolean, "BONE": pl.String},
    )
    subjects = pl.DataFrame({"USUBJID": [case["id"]], "RANDDT": [as_date(case["reference_date"])]})
    rules = read_baseline_rules("recist_1_1.yaml")
    found = check_baseline(lesions, subjects, key=KEY, rules=rules)
    return sorted(name + (f":{about}" if about else "") for _, name, about in found.rows())


def disagree(got: list[str], expected: list[str]) -> bool:
    """The document may name a finding in words of its own: then one of ours must stand for it."""
    foreign = [flag for flag in expected if flag.split(":")[0] not in FINDINGS]
    shared = [flag for flag in expected if flag not in foreign]
    spare = [flag for flag in got if flag not in shared]
    return not set(shared) <= set(got) or len(spare) != len(foreign)


def test_every_baseline_case_agrees() -> None:
    wrong = {
        case["id"]: (got, case["expected"]["flags"])
        for case in cases("baseline")
        if disagree(got := findings(case), case["expected"]["flags"])
    }
    assert not wrong


def survival(case: dict[str, Any]) -> dict[str, Any]:
    p = case["params"]
    options = PfsOptions(
        censor_at_new_therapy=not p.get("ignore_new_therapy", False),
        missed_gap_days=p["missed_gap_days"],
        month_days=float(p["month_days"]),
    )
    rows = [(case["id"], as_date(t["date"]), t["overall"]) for t in case["timepoints"]]
    assessments = pl.DataFrame(
        rows, schema={"USUBJID": pl.String, "ADT": pl.Date, "AVALC": pl.String}, orient="row"
    )
    dates = {
        "RANDDT": "reference_date",
        "DTHDT": "death_date",
        "NACTDT": "new_therapy_date",
        "CUTOFFDT": "cutoff_date",
    }
    subjects = pl.DataFrame(
        {"USUBJID": [case["id"]]} | {name: [as_date(case.get(k))] for name, k in dates.items()},
        schema_overrides=dict.fromkeys(dates, pl.Date),
    )
    row = compute_pfs(assessments, subjects, key=KEY, options=options).row(0, named=True)
    return {
        "event": 1 - row["CNSR"],
        "date": row["ADT"].isoformat(),
        "reason": row["EVNTDESC"],
        "months": round(row["AVALM"], 2),
    }


def test_every_progression_free_survival_case_agrees() -> None:
    wrong = {}
    for case in cases("pfs"):
        got, expected = survival(case), dict(case["expected"])
        expected["months"] = float(expected["months"])
        if got != expected:
            wrong[case["id"]] = (got, expected)
    assert not wrong


def adjudicated(case: dict[str, Any]) -> dict[str, Any]:
    names = ["bor", "pd_date", "response_date"]
    readings = pl.DataFrame(
        [
            (case["id"], f"READER {n}", *(case[f"reader{n}"].get(name) for name in names))
            for n in (1, 2)
        ],
        schema=dict.fromkeys(["USUBJID", "READER", *names], pl.String),
        orient="row",
    )
    decisions = pl.DataFrame(
        {"USUBJID": [case["id"]], "ACCEPTED": [case["adjudicator"]]},
        schema_overrides={"ACCEPTED": pl.String},
    )
    compared = case.get("params", {}).get("adjudicate_on", ["bor", "pd_date"])
    row = accept_reads(readings, decisions, key=KEY, compared=compared).row(0, named=True)
    accepted = readings.filter(READER=row["ACCEPTED"]).to_dicts() if row["ACCEPTED"] else [{}]
    return {
        "adjudication": row["ADJUDICATION"],
        "accepted": row["ACCEPTED"],
        "bor": accepted[0].get("bor"),
        "pd_date": accepted[0].get("pd_date"),
    }


def test_every_two_reader_case_agrees() -> None:
    wrong = {
        case["id"]: (got, case["expected"])
        for case in cases("two_reader")
        if (got := adjudicated(case)) != case["expected"]
    }
    assert not wrong


def test_every_irecist_sequence_agrees() -> None:
    wrong = {}
    for case in cases("irecist_sequence"):
        start = date(2024, 1, 1)
        days = [start + timedelta(weeks=6 * (i + 1)) for i in range(len(case["sequence"]))]
        rows = pl.DataFrame({"USUBJID": case["id"], "ADT": days, "OVRLRESP": case["sequence"]})
        got = compute_ibor(rows, pl.DataFrame({"USUBJID": [case["id"]]}), key=KEY)["AVALC"][0]
        if got != case["expected"]["ibor"]:
            wrong[case["id"]] = (got, case["expected"])
    assert not wrong


def scaled(value: Any) -> Any:
    return np.array([int(Decimal(str(value)) * 10_000)])


def test_every_choi_case_agrees() -> None:
    wrong = {}
    for case in cases("choi"):
        for form in ("choi", "modified_choi"):
            code = choi_response(
                scaled(case["current_sum"]),
                scaled(case["baseline_sum"]),
                scaled(case["baseline_sum"]),
                scaled(case["current_hu"]),
                scaled(case["baseline_hu"]),
                gone=np.array([case["current_sum"] == 0]),
                progressed_otherwise=np.array([case["new_lesion"] or case["nontarget_pd"]]),
                evaluable=np.array([True]),
                criterion=read_choi(form),
            )
            if OVERALL[code[0]] != case["expected"][form]:
                wrong[case["id"], form] = (OVERALL[code[0]], case["expected"][form])
    assert not wrong
