# SPDX-License-Identifier: Apache-2.0
"""The rows of single patients as a figure asks for them, and one number for each patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

Row = Mapping[str, Any]
PROFILE, ABSENT = "profile", "absent"


@dataclass(frozen=True, slots=True)
class Patients:
    """The subjects of a run in their order, and the rows of each display."""

    subjects: tuple[str, ...]
    place: Mapping[str, int]
    displays: Mapping[str, tuple[Row, ...]]

    def of(self, display: str, arm: str, *marks: str) -> list[Row]:
        """The rows of a display and arm that draw these marks."""
        found = self.displays.get(display, ())
        return [row for row in found if row["arm"] == arm and row["mark"] in marks]


def index_patients(tables: Mapping[str, pl.DataFrame]) -> Patients:
    """The patients behind the results: those of the row sets and of the display rows, sorted."""
    keys = tables["rowset"]["keys"].explode().drop_nulls().str.split(":").list.first()
    rows = tables.get("display_rows")
    drawn = rows["USUBJID"] if rows is not None else keys.head(0)
    subjects = tuple(pl.concat([keys, drawn]).unique().sort())
    displays: dict[str, list[Row]] = defaultdict(list)
    for row in rows.iter_rows(named=True) if rows is not None else ():
        displays[row["display_id"]].append(row)
    return Patients(
        subjects,
        {subject: at for at, subject in enumerate(subjects)},
        {name: tuple(found) for name, found in displays.items()},
    )


def short_names(subjects: Sequence[str]) -> dict[str, str]:
    """Each subject without the part, up to a hyphen, that all have in common."""
    first, last = min(subjects), max(subjects)
    same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    start = first.rfind("-", 0, same) + 1
    return {subject: subject[start:] for subject in subjects}
