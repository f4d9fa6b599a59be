# SPDX-License-Identifier: Apache-2.0
"""Listings of single patients: adverse events, deaths, grave laboratory results, and leavers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from equipoise.protocol.model import Protocol
from equipoise.report.patient_rows import PROFILE, Patients, Row, short_names
from equipoise.report.table import ABSENT, Cell, Column, Table
from equipoise.report.table import Row as Line
from equipoise.report.words import reason_words, sentence_case

EVENT_COLUMNS = ("Term", "First day", "Last day", "Grade", "Marks")
# Name of a listing of adverse events, its title, and the mark that its events bear.
EVENT_LISTINGS = (
    ("events", "treatment-emergent adverse events", ""),
    ("serious", "serious adverse events", "serious"),
    ("stopping", "adverse events for which treatment was stopped", "treatment stopped"),
)
# Name of a listing of leavers, its title, and the milestone that ends it.
LEAVERS = (
    ("treatment", "patients who stopped treatment", "End of treatment"),
    ("discontinuations", "patients who left the study", "End of study"),
)
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
        *(
            listed(name, title, _event_with(mark), EVENT_COLUMNS, _event_cells)
            for name, title, mark in EVENT_LISTINGS
        ),
        listed(
            "deaths",
            "deaths",
            lambda row: row["mark"] == "milestone" and row["label"] == "Death",
            ("Day of death", "Day of the last dose"),
            lambda row: (_day(row["day"]), _day(last_dose.get(row["USUBJID"], {}).get("day"))),
        ),
        *(
            listed(name, title, _leaving(label), ("Day", "Reason"), _leaver_cells)
            for name, title, label in LEAVERS
        ),
        listed(
            "laboratory",
            "laboratory results of grade 3 or more after the first dose",
            lambda row: row["mark"] == "laboratory",
            ("Term", "Day", "Grade", "Result"),
            lambda row: (
                row["label"] or "",
                _day(row["day"]),
                _grade(row),
                " ".join(filter(None, (row["value_text"], row["note"]))),
            ),
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
    """Why study or treatment ended early; empty where the row is no such end."""
    if row["mark"] != "milestone" or row["label"] not in [label for *_, label in LEAVERS]:
        return ""
    note = row["note"] or ""
    return "" if note == "COMPLETED" else note


def _leaving(label: str) -> Callable[[Row], bool]:
    """Rows of patients for whom this end came early."""
    return lambda row: row["label"] == label and bool(_reason(row))


def _leaver_cells(row: Row) -> tuple[str, str]:
    return _day(row["day"]), reason_words(sentence_case(_reason(row)))


def _event_with(mark: str) -> Callable[[Row], bool]:
    """Adverse events that bear the mark; all of them where it is empty."""
    return lambda row: row["mark"] == "adverse event" and mark in (row["note"] or "")


def _event_cells(row: Row) -> tuple[str, ...]:
    return (
        sentence_case(row["label"] or ""),
        _day(row["day"]),
        _day(row["day_end"]),
        _grade(row),
        row["note"] or "",
    )
