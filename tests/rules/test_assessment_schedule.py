# SPDX-License-Identifier: Apache-2.0
"""Planned assessments every 42 days with windows of 7: patients by hand, then counted by arm."""

from __future__ import annotations

from functools import cache

import polars as pl
import pytest
from tests.results_rows import one, selected
from tests.small_tables import small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.adam.assessment_schedule import planned_days
from equipoise.protocol.model import Assessments, Interval
from equipoise.report.adherence_table import adherence_table
from equipoise.report.numbers import index_results
from equipoise.results.run import analyse

PATIENTS = {
    # on day 50 late by 8; on day 84; the third not done; progression on day 168
    "gap": (
        {"scans": [[50, "SD"], [84, "NE"], [168, "PD"]]},
        ["LATE", "ON TIME", "MISSED", "ON TIME"],
    ),
    # on day 34 early by 8; dead on day 90, when the window of day 84 is still open
    "early": ({"scans": [[34, "SD"]], "death": 90}, ["EARLY"]),
    # dead on day 91: the window of day 84 has closed
    "window": ({"scans": [[42, "SD"]], "death": 91}, ["ON TIME", "MISSED"]),
    # nothing after new therapy on day 60
    "therapy": ({"scans": [[42, "SD"]], "therapy": [60], "death": 300}, ["ON TIME"]),
    # two in a row missed
    "twice": (
        {"scans": [[42, "SD"], [168, "SD"]], "death": 170},
        ["ON TIME", "MISSED", "MISSED", "ON TIME"],
    ),
    # dead before anything fell due
    "soon": ({"scans": [], "death": 30}, []),
    # days 60 and 63: both belong to day 42 or 84; 63 is equally near and goes to the later
    "between": ({"scans": [[60, "SD"], [63, "SD"]], "death": 80}, ["LATE", "EARLY"]),
}


@cache
def adam() -> dict[str, pl.DataFrame]:
    patients = [
        {"id": name, "arm": "CTRL" if name == "twice" else "EXP"} | told
        for name, (told, _) in PATIENTS.items()
    ]
    return derive_adam(small_tables(patients), small_protocol())


def rows_of(subject: str) -> pl.DataFrame:
    return adam()["ADSCHED"].filter(USUBJID=subject)


@pytest.mark.parametrize("subject", PATIENTS)
def test_what_became_of_each_planned_assessment(subject: str) -> None:
    assert rows_of(subject)["STATUS"].to_list() == PATIENTS[subject][1]


def test_days_and_deviations() -> None:
    found = rows_of("gap").select("AVISITN", "PLANDY", "DEVDY", "MISSRUN").rows()
    assert found == [(1, 42, 8, 0), (2, 84, 0, 0), (3, 126, None, 1), (4, 168, 0, 0)]
    assert rows_of("twice")["MISSRUN"].to_list() == [0, 1, 2, 0]


def test_a_calendar_that_widens() -> None:
    schedule = (Interval(every_days=42, until_day=100), Interval(every_days=84))
    calendar = Assessments(schedule=schedule, window_days=7, baseline_window_days=28)
    assert planned_days(calendar, until=200)["PLANDY"].to_list() == [42, 84, 168, 252]


def test_a_replicate_is_as_if_alone() -> None:
    tables = small_tables([{"id": "gap"} | PATIENTS["gap"][0]])
    together = {
        name: pl.concat(frame.with_columns(REPID=pl.lit(number)) for number in (1, 2))
        for name, frame in tables.items()
    }
    found = derive_adam(together, small_protocol(), only={"ADSCHED"})["ADSCHED"]
    alone = derive_adam(tables, small_protocol(), only={"ADSCHED"})["ADSCHED"]
    for number in (1, 2):
        assert found.filter(REPID=number).drop("REPID").equals(alone)


@cache
def tables() -> dict[str, pl.DataFrame]:
    return analyse(adam(), small_protocol(), run_id="test")


def value(method: str, stat: str, arm: str, level: str | None = None) -> float:
    rows = tables()["results"].filter(pl.col("g1_level").eq_missing(level))
    return one(rows, analysis_id="ADHERENCE.INV", method_id=method, stat=stat, arm=arm)["value"]


def test_assessments_are_counted_by_arm() -> None:
    assert value("adherence", "N_assess", "EXP") == 10
    assert value("adherence", "n_assess", "EXP", "On time") == 4
    assert value("adherence", "n_assess", "EXP", "Missed") == 2
    assert value("adherence", "share_assess", "CTRL", "Missed") == 50


def test_patients_are_counted_by_arm() -> None:
    assert value("adherence.patients", "N", "EXP") == 6
    assert value("adherence.patients", "n", "EXP", "At least one assessment due") == 5
    assert value("adherence.patients", "n", "EXP", "At least one missed") == 2
    assert value("adherence.patients", "n", "CTRL", "At least two in a row missed") == 1


def test_every_condition_selects_its_rows() -> None:
    ids = tables()["results"].filter(analysis_id="ADHERENCE.INV")
    sets = tables()["rowset"].join(ids.select("rowset_id").unique(), on="rowset_id", how="semi")
    for row in sets.iter_rows(named=True):
        assert selected(adam(), row["dataset"], row["predicate"], row["key"]) == row["keys"]


def test_the_table_has_assessments_and_patients() -> None:
    table = adherence_table(index_results(tables()["results"]), small_protocol())
    assert table is not None
    assert [row.label for row in table.rows if row.heading] == [
        "Assessments by investigator",
        "Patients, by investigator",
    ]
