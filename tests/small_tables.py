# SPDX-License-Identifier: Apache-2.0
"""SDTM tables of a few invented patients, told in days from randomisation (day 0)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

RANDOMISED = date(2024, 1, 1)
SCHEMAS: dict[str, dict[str, Any]] = {
    "DM": dict.fromkeys(
        ["STUDYID", "USUBJID", "SEX", "ARMCD", "ARM", "DTHDTC", "DTHFL", "RFPENDTC"], pl.String
    ),
    "DS": {"STUDYID": pl.String, "USUBJID": pl.String, "DSSEQ": pl.Int64}
    | dict.fromkeys(["DSDECOD", "DSCAT", "DSSTDTC"], pl.String),
    "EX": {"STUDYID": pl.String, "USUBJID": pl.String, "EXSEQ": pl.Int64, "EXTRT": pl.String}
    | {"EXDOSE": pl.Float64, "EXSTDTC": pl.String, "EXENDTC": pl.String},
    "AE": {"STUDYID": pl.String, "USUBJID": pl.String, "AESEQ": pl.Int64}
    | dict.fromkeys(
        ["AETERM", "AEDECOD", "AEBODSYS", "AETOXGR", "AEREL", "AEACN", "AEOUT", "AESDTH"],
        pl.String,
    )
    | dict.fromkeys(["AESTDTC", "AEENDTC"], pl.String),
    "RS": {"STUDYID": pl.String, "USUBJID": pl.String, "RSSEQ": pl.Int64}
    | dict.fromkeys(["RSTESTCD", "RSSTRESC", "RSEVAL", "RSDTC"], pl.String),
    "TU": {"STUDYID": pl.String, "USUBJID": pl.String, "TUSEQ": pl.Int64}
    | dict.fromkeys(["TUSTRESC", "TUEVAL"], pl.String),
    "CM": {"STUDYID": pl.String, "USUBJID": pl.String, "CMSEQ": pl.Int64}
    | dict.fromkeys(["CMTRT", "CMCAT", "CMSTDTC"], pl.String),
}


def on_day(day: int | str | None) -> str | None:
    """Days after randomisation as an ISO date; text is taken as it is."""
    if day is None or isinstance(day, str):
        return day
    return (RANDOMISED + timedelta(days=day)).isoformat()


def small_tables(patients: Iterable[Mapping[str, Any]]) -> dict[str, pl.DataFrame]:
    """Tables of patients: {id, baseline, scans: [[day, response]], death, therapy, last_seen}."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    for patient in patients:
        for name, found in _records(patient).items():
            same = {"STUDYID": "SMALL", "USUBJID": patient["id"]}
            numbered = [r | same | {f"{name}SEQ": i} for i, r in enumerate(found, start=1)]
            rows[name] += numbered
    for rows_of_dm in rows["DM"]:
        rows_of_dm.pop("DMSEQ")
    return {name: pl.DataFrame(found, schema=SCHEMAS[name]) for name, found in rows.items()}


def _records(patient: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    arm = patient.get("arm", "EXP")
    died = on_day(patient.get("death"))
    demographics = {"SEX": "F", "ARMCD": arm, "ARM": arm, "DTHDTC": died}
    demographics |= {
        "DTHFL": "Y" if died else None,
        "RFPENDTC": on_day(patient.get("last_seen")),
    }
    randomised = {"DSDECOD": "RANDOMIZED", "DSCAT": "PROTOCOL MILESTONE", "DSSTDTC": on_day(0)}
    dose = {"EXTRT": "DRUG", "EXDOSE": 1.0, "EXSTDTC": on_day(0), "EXENDTC": on_day(0)}
    return {
        "DM": [demographics],
        "DS": [randomised],
        "EX": [dose],
        "AE": [
            {"AETERM": "NAUSEA", "AEDECOD": "NAUSEA", "AEBODSYS": "GUT"} | dict(event)
            for event in patient.get("events", ())
        ],
        "RS": [
            {
                "RSTESTCD": "OVRLRESP",
                "RSSTRESC": response,
                "RSEVAL": "INVESTIGATOR",
                "RSDTC": on_day(day),
            }
            for day, response in patient.get("scans", ())
        ],
        "TU": [{"TUSTRESC": "TARGET", "TUEVAL": "INVESTIGATOR"}]
        if patient.get("baseline", True)
        else [],
        "CM": [
            {"CMTRT": "OTHER DRUG", "CMCAT": "ANTI-CANCER", "CMSTDTC": on_day(day)}
            for day in patient.get("therapy", ())
        ],
    }
