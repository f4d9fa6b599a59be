# SPDX-License-Identifier: Apache-2.0
"""Small lesion tables written as a clinician would: visit by visit, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

START = date(2024, 1, 1)
KEY = ["USUBJID"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What `derive_lesion_response` takes."""

    lesions: pl.DataFrame
    measurements: pl.DataFrame
    subjects: pl.DataFrame

    def arguments(self) -> dict[str, Any]:
        """Named, for the call."""
        return {
            "lesions": self.lesions,
            "measurements": self.measurements,
            "subjects": self.subjects,
            "key": KEY,
        }


def patient(lesions: dict[str, str], visits: list[dict[str, Any]], name: str = "P1") -> Tables:
    """Lesion id to "TARGET", "TARGET NODE", "NON-TARGET", "NEW"; visit 0 is baseline.

    A number is a size in mm, a word a state, a pair a size and a density in HU.
    """
    rows = []
    for number, visit in enumerate(visits):
        day = START - timedelta(days=14) if number == 0 else START + timedelta(days=42 * number)
        for lesion, value in visit.items():
            size, state, density = _read(value)
            flag = "Y" if number == 0 else None
            rows.append((name, lesion, f"WEEK {6 * number}", day, size, state, density, flag))
    return Tables(
        lesions=pl.DataFrame(
            {
                "USUBJID": name,
                "LNKID": list(lesions),
                "CLASS": [words.removesuffix(" NODE") for words in lesions.values()],
                "NODE": [words.endswith("NODE") for words in lesions.values()],
            }
        ),
        measurements=pl.DataFrame(
            rows,
            schema={"USUBJID": pl.String, "LNKID": pl.String, "VISIT": pl.String, "ADT": pl.Date}
            | {"SIZE": pl.String, "STATE": pl.String, "DENSITY": pl.Float64, "ABLFL": pl.String},
            orient="row",
        ),
        subjects=pl.DataFrame({"USUBJID": [name], "RANDDT": [START]}),
    )


def _read(value: Any) -> tuple[str | None, str | None, float | None]:
    if isinstance(value, tuple):
        return str(value[0]), None, float(value[1])
    if isinstance(value, str) and not value[0].isdigit() and value[0] != "-":
        return None, value, None
    return str(value), None, None
