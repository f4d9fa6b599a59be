# SPDX-License-Identifier: Apache-2.0
"""From lesion tables to timepoint responses, dates and best responses: every situation agrees."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from tests.oracles import oracle_file

from equipoise.recist.best_response import compute_best_response
from equipoise.recist.criterion import (
    NEW,
    NONTARGET,
    OVERALL,
    TARGET,
    Criterion,
    overall_table,
    read_criterion,
)
from equipoise.recist.lesion_response import LesionResponse, derive_lesion_response
from equipoise.recist.response_options import RECIST_1_1, ResponseOptions
from equipoise.recist.size import units

pytestmark = pytest.mark.oracle
KEY = ["USUBJID"]
STATES = {
    "TSTM": "TOO SMALL TO MEASURE",
    "ND": "NOT DONE",
    "NE": "NOT EVALUABLE",
    "UNEQUIVOCAL_PD": "UNEQUIVOCAL PROGRESSION",
    "NOT_TUMOUR": "NOT TUMOUR",
}


def document() -> dict[str, Any]:
    text = oracle_file("recist_cases.json").read_text(encoding="utf-8")
    return dict(json.loads(text, parse_float=Decimal))


def cases() -> list[dict[str, Any]]:
    return [case for case in document()["cases"] if case["kind"] == "lesions"]


def read_value(value: Any) -> list[tuple[str | None, str | None]]:
    """SIZE and STATE of one recorded value: one row, or one per fragment."""
    if isinstance(value, dict):
        if "fragments" in value:
            return [(str(mm), None) for mm in value["fragments"]]
        if "merged_into" in value:
            return [(None, "MERGED")]
        return [(str(value["short_axis"]), None)]
    if isinstance(value, str):
        return [(None, STATES.get(value, value))]
    return [(str(value), None)]


def tables(case: dict[str, Any]) -> dict[str, pl.DataFrame]:
    lesions = [(case["id"], x["id"], x["cls"], x["node"]) for x in case["lesions"]]
    rows: list[tuple[Any, ...]] = []
    visits: list[tuple[Any, ...]] = []
    listed = {x["id"] for x in case["lesions"]}

    def add(visit: str, day: str, lesion: str, value: Any, flag: str | None) -> None:
        for part, (size, state) in enumerate(read_value(value)):
            rows.append((case["id"], lesion, visit, day, size, state, part, flag))

    baseline = case["baseline"]
    for group in ("target", "nontarget"):
        for lesion, value in baseline.get(group, {}).items():
            add("BASELINE", baseline["date"], lesion, value, "Y")
    visits.append((case["id"], None, baseline["date"], baseline["date"], True, True))
    markers = case.get("params", {}).get("markers_normal", True)
    for visit in case["visits"]:
        scans = visit.get("scans", [])
        days = sorted(scan["date"] for scan in scans) or [visit["date"]]
        scanned = {lesion: scan["date"] for scan in scans for lesion in scan["covers"]}
        searched = visit.get("new_assessed", True)
        visits.append((case["id"], visit["visit"], days[0], days[-1], searched, markers))
        for lesion, value in {**visit["target"], **visit["nontarget"]}.items():
            add(visit["visit"], scanned.get(lesion, days[0]), lesion, value, None)
        for new in visit["new"]:
            node = "LYMPH NODE" in new.get("organ", "")
            if new["id"] not in listed:
                listed.add(new["id"])
                lesions.append((case["id"], new["id"], "NEW", node))
            size = str(new["mm"]) if "mm" in new else None
            state = STATES.get(new["state"], new["state"])
            day = scanned.get(new["id"], days[0])
            rows.append((case["id"], new["id"], visit["visit"], day, size, state, 0, None))
    return as_tables(case, lesions, rows, visits)


def as_tables(
    case: dict[str, Any], lesions: Any, rows: Any, visits: Any
) -> dict[str, pl.DataFrame]:
    text = pl.String
    return {
        "lesions": pl.DataFrame(
            lesions,
            schema={"USUBJID": text, "LNKID": text, "CLASS": text, "NODE": pl.Boolean},
            orient="row",
        ),
        "measurements": pl.DataFrame(
            rows,
            schema=dict.fromkeys(["USUBJID", "LNKID", "VISIT", "ADT", "SIZE", "STATE"], text)
            | {"PART": pl.Int64, "ABLFL": text},
            orient="row",
        ).with_columns(pl.col("ADT").str.to_date()),
        "visits": pl.DataFrame(
            visits,
            schema=dict.fromkeys(["USUBJID", "VISIT", "ADT", "ADTLAST"], text)
            | {"SEARCHED": pl.Boolean, "MARKERS": pl.Boolean},
            orient="row",
        ).with_columns(pl.col("ADT", "ADTLAST").str.to_date()),
        "subjects": pl.DataFrame(
            {
                "USUBJID": [case["id"]],
                "RANDDT": [case["reference_date"]],
                "NACTDT": [case.get("new_therapy_date")],
                "CUTOFFDT": [case.get("cutoff_date")],
            },
            schema=dict.fromkeys(["USUBJID", "RANDDT", "NACTDT", "CUTOFFDT"], text),
        ).with_columns(pl.col("RANDDT", "NACTDT", "CUTOFFDT").str.to_date()),
    }


def choices(params: dict[str, Any]) -> tuple[Criterion, ResponseOptions]:
    """The engine's options from a case's, over the document's defaults."""
    defaults = document()["defaults"]
    assert set(params) <= set(defaults), f"options the engine does not know: {params}"
    p = defaults | params
    criterion = replace(
        read_criterion("recist_1_1.yaml"),
        tstm=units(str(p["tstm_mm"])),
        provable_pd=p["missing_target_rule"] == "provable_pd",
        unsearched_is_ne=p["new_unknown_overall"] == "NE",
        disease_after_cr_is_pd=p["after_cr"] == "pd",
        pr_memory=p["pr_memory"] == "eortc",
        memory_needs_confirmation=p["confirmation_required"],
        pd_on_component=p["pd_date_rule"] == "component",
        response_on_last_scan=p["response_date_rule"] == "latest_in_timepoint",
    )
    options = replace(
        RECIST_1_1,
        sd_min_days=p["min_sd_days"],
        confirm_days=p["confirm_days"],
        confirm_max_ne=p["confirm_max_ne"],
        accept_sd_between=p["accept_sd_between"],
        missing_as_ne=p["missing_label"] == "NE",
        after_cr="as_recorded",  # the lesions have already said so
    )
    return criterion, options


def derive(case: dict[str, Any]) -> tuple[LesionResponse, dict[str, tuple[date | None, str]]]:
    t = tables(case)
    criterion, options = choices(case.get("params", {}))
    found = derive_lesion_response(
        t["lesions"],
        t["measurements"],
        t["subjects"],
        visits=t["visits"],
        key=KEY,
        criterion=criterion,
        options=options,
    )
    subjects = t["subjects"].join(found.progression.select("USUBJID", "PDDT"), on="USUBJID")
    best = compute_best_response(found.assessments, subjects, key=KEY, options=options)
    named = best.filter(pl.col("PARAMCD") != "OVR").select("PARAMCD", "ADT", "AVALC")
    return found, {name: (day, value) for name, day, value in named.rows()}


def summary(case: dict[str, Any]) -> dict[str, Any]:
    """What the engine says, in the words of the document."""
    found, best = derive(case)
    table = found.timepoints.filter(pl.col("ABLFL").is_null())
    points = [
        {
            "sum": row["SUM"],
            "target": row["TRGRESP"],
            "nontarget": row["NTRGRESP"],
            "new": row["NEWRESP"],
            "overall": row["OVRLRESP"],
            "target_reported": row["TRGREPT"],
            "overall_reported": row["OVRLREPT"],
        }
        for row in table.to_dicts()
    ]
    known = [c for c in table.columns if table[c].dtype == pl.Boolean]
    flags = [c for c in known if table[c].any()]
    pd_date = found.progression["PDDT"][0]
    response = best["RSP"][0]
    return {
        "timepoints": points,
        "bor": best["BOR"][1],
        "cbor": best["CBOR"][1],
        "pd_date": pd_date.isoformat() if pd_date else None,
        "response_date": response.isoformat() if response else None,
        "flags": [flag for flag in flags if flag != "AFTER_PD"],
        "known_flags": known,
    }


def differences(case: dict[str, Any]) -> list[str]:
    got, expected = summary(case), case["expected"]
    wrong = [
        f"{name}: {got[name]} is not {expected[name]}"
        for name in ("bor", "cbor", "pd_date", "response_date")
        if name in expected and got[name] != expected[name]
    ]
    if len(got["timepoints"]) != len(expected["timepoints"]):
        return [*wrong, f"{len(got['timepoints'])} timepoints"]
    for number, (mine, theirs) in enumerate(
        zip(got["timepoints"], expected["timepoints"], strict=True)
    ):
        reported = {
            "target_reported": theirs.get("target_reported", theirs["target"]),
            "overall_reported": theirs.get("overall_reported", theirs["overall"]),
        }
        for name, value in (theirs | reported).items():
            same = float(value) == mine[name] if isinstance(value, int | Decimal) else None
            if not (value == mine[name] if same is None else same):
                wrong.append(f"timepoint {number} {name}: {mine[name]} is not {value}")
    lacking = set(expected.get("flags", [])) - set(got["flags"])
    # the document may name a finding in words of its own: then one of ours must stand for it
    foreign = {flag for flag in lacking if flag not in got["known_flags"]}
    spare = set(got["flags"]) - set(expected.get("flags", []))
    if lacking - foreign or len(foreign) > len(spare):
        wrong.append(f"flags: {got['flags']} lacks some of {expected['flags']}")
    return wrong


def test_every_lesion_case_agrees() -> None:
    wrong = {case["id"]: found for case in cases() if (found := differences(case))}
    assert not wrong


def test_the_overall_response_grid_agrees() -> None:
    table = overall_table(read_criterion("recist_1_1.yaml"))
    grid = document()["overall_response_table"]
    wrong = [
        (row, got)
        for row in grid
        if (
            got := OVERALL[
                table[
                    TARGET.index(row["target"]),
                    NONTARGET.index(row["nontarget"]),
                    NEW.index(row["new"]),
                ]
            ]
        )
        != row["overall"]
    ]
    assert not wrong
    assert len(grid) > 0
