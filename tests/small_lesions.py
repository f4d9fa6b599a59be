# SPDX-License-Identifier: Apache-2.0
"""TU and TR of a few invented patients: {id, visits: [[day, {lesion: result}]]}.

Lesions T1 (target, 30 mm at baseline) and N1 (non-target), more targets where a visit names them;
X1 is a new lesion. Baseline is day -7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

BASELINE = {"T1": "30", "N1": "PRESENT"}
CLASSES = {"T": "TARGET", "N": "NON-TARGET", "X": "NEW"}
TU = dict.fromkeys(
    ["STUDYID", "USUBJID", "TULNKID", "TUSTRESC", "TULOC", "TUMETHOD", "TUEVAL", "VISIT", "TUDTC"],
    pl.String,
) | {"TUSEQ": pl.Int64}
TR = dict.fromkeys(
    [
        "STUDYID",
        "USUBJID",
        "TRLNKID",
        "TRTESTCD",
        "TRORRES",
        "TRORRESU",
        "TREVAL",
        "VISIT",
        "TRDTC",
    ],
    pl.String,
) | {"TRSEQ": pl.Int64, "TRSTRESN": pl.Float64, "TRSTAT": pl.String, "TRSTRESC": pl.String}


def lesion_fields(**changes: Any) -> dict[str, Any]:
    """Fields of the small protocol with responses from lesions."""
    response = {"source": "lesions", "stop_at_new_therapy": False} | changes.pop("response", {})
    return small_protocol(response=response, **changes).model_dump()


def lesion_tables(patients: Iterable[Mapping[str, Any]]) -> dict[str, pl.DataFrame]:
    """The small tables without RS, with TU and TR."""
    patients = list(patients)
    tables = small_tables(patients)
    tu, tr = [], []
    for patient in patients:
        visits = [[-7, BASELINE | patient.get("baseline_lesions", {})], *patient["visits"]]
        seen: set[str] = set()
        for day, results in visits:
            same = {"STUDYID": "SMALL", "USUBJID": patient["id"], "VISIT": f"DAY {day}"}
            for lesion, result in results.items():
                if lesion not in seen:
                    tu.append(same | _identified(lesion, day, len(seen) + 1))
                    seen.add(lesion)
                tr.append(same | _result(lesion, result, day))
    numbered = pl.DataFrame(tr, schema=TR).with_columns(
        TRSEQ=pl.int_range(1, pl.len() + 1).over("USUBJID")
    )
    return {k: v for k, v in tables.items() if k != "RS"} | {
        "TU": pl.DataFrame(tu, schema=TU),
        "TR": numbered,
    }


def _identified(lesion: str, day: int, number: int) -> dict[str, Any]:
    kind = {"TULNKID": lesion, "TUSTRESC": CLASSES[lesion[0]], "TULOC": "LIVER", "TUMETHOD": "CT"}
    return kind | {"TUEVAL": "INVESTIGATOR", "TUDTC": on_day(day), "TUSEQ": number}


def _result(lesion: str, result: str, day: int) -> dict[str, Any]:
    sized = lesion.startswith("T")
    number = float(result) if result.replace(".", "").isdigit() else None
    return {
        "TRLNKID": lesion,
        "TRTESTCD": "LDIAM" if sized else "TUMSTATE",
        "TRORRES": result,
        "TRSTRESC": result,
        "TRORRESU": "mm" if sized else None,
        "TRSTRESN": number,
        "TREVAL": "INVESTIGATOR",
        "TRDTC": on_day(day),
    }
