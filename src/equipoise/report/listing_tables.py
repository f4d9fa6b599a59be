# SPDX-License-Identifier: Apache-2.0
"""Listings of single patients: serious adverse events, deaths, and who left the study and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from equipoise.protocol.model import Protocol
from equipoise.report.patient_rows import PROFILE, Patients, Row, short_names
from equipoise.report.table import ABSENT, Cell, Column, Table
from equipoise.report.table import Row as Line
from equipoise.report.words import sentence_case

DAY_ONE = "Study day: 1 is the day of the first dose, or of randomisation where nothing was given."


def listing_tables(patients: Patients, protocol: Protocol) -> list[Table]:
    """The listings of a readout; none where it holds no single patient."""
    rows = patients.displays.get(PROFILE, ())
    if not rows:
        return []
    arms = {arm.id: arm.short for arm in protocol.arms}
    names = short_names(patients.subjects)
    last_dose = {row["USUBJID"]: row for row in rows if row["label"] == "Last dose"}

    def listed(
        name: str,
        title: str,
        wanted: Callable[[Row], bool],
        columns: tuple[str, ...],
        cells: Callable[[Row], Iterable[str]],
    ) -> Table | None:
        found = [row for row in rows if wanted(row)]
        lines = tuple(
            Line(
                names[row["USUBJID"]],
                tuple(Cell((text or ABSENT,)) for text in (arms[row["arm"]], *cells(row))),
            )
            for row in found
        )
        if not lines:
            return None
        return Table(
            id=f"listing-{name}",
            title=f"Listing: {title}",
            population="All enrolled patients",
            stub="Patient",
            columns=tuple(Column(text) for text in ("Arm", *columns)),
            rows=lines,
            footnotes=(DAY_ONE,),
            source="listing",
            folded=True,
        )

    made = [
        listed(
            "serious",
            "serious adverse events",
            lambda row: row["mark"] == "adverse event" and "serious" in (row["note"] or ""),
            ("Term", "First day", "Last day", "Grade", "Marks"),
            lambda row: (
                sentence_case(row["label"] or ""),
                _day(row["day"]),
                _day(row["day_end"]),
                _grade(row),
                row["note"] or "",
            ),
        ),
        listed(
            "deaths",
            "deaths",
            lambda row: row["mark"] == "milestone" and row["label"] == "Death",
            ("Day of death", "Day of the last dose"),
            lambda row: (_day(row["day"]), _day(last_dose.get(row["USUBJID"], {}).get("day"))),
        ),
        listed(
            "discontinuations",
            "patients who left the study",
            lambda row: row["mark"] == "milestone" and bool(_reason(row)),
            ("Day", "Reason"),
            lambda row: (_day(row["day"]), sentence_case(_reason(row))),
        ),
    ]
    return [table for table in made if table]


def _day(day: int | None) -> str:
    """The study day: there is no day 0."""
    return "" if day is None else str(day + 1 if day >= 0 else day)


def _grade(row: Row) -> str:
    value = row["value"]
    return f"{value:g}" if value is not None else (row["value_text"] or "").capitalize()


def _reason(row: Row) -> str:
    """Why the patient left; empty where the row is no end of the study."""
    return (row["note"] or "") if row["label"] == "End of study" else ""
