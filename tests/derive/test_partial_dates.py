# SPDX-License-Identifier: Apache-2.0
"""Partial dates become days by the declared rule of each use, and are flagged."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.tables.iso_date import earliest_day, is_iso_date, latest_day, missing_part


def of_event(**event: Any) -> dict[str, Any]:
    """The one adverse event of a patient treated on 2024-01-01."""
    patient = {"id": "P", "death": "2024-03-20", "events": [event]}
    table = derive_adam(small_tables([patient]), small_protocol())["ADAE"]
    return table.with_columns(pl.col("ASTDT", "AENDT").cast(pl.String)).row(0, named=True)


@pytest.mark.parametrize(
    ("text", "day", "flag", "emergent"),
    [
        ("2024-01-05", "2024-01-05", None, "Y"),
        ("2024-02", "2024-02-01", "D", None),
        ("2024-01", "2024-01-01", "D", "Y"),
        ("2023-12", "2023-12-01", "D", None),
        ("2024", "2024-01-01", "M", "Y"),
        ("2024-01-31T10:15", "2024-01-31", None, "Y"),
        ("2024-02-01", "2024-02-01", None, None),
        (None, None, None, None),
    ],
)
def test_start_of_an_event(text, day, flag, emergent):
    """The only dose is on 2024-01-01; the window ends 30 days later, on 2024-01-31."""
    event = of_event(AESTDTC=text)
    assert (event["ASTDT"], event["ASTDTF"], event["TRTEMFL"]) == (day, flag, emergent)


def test_start_in_the_month_of_a_later_first_dose_is_the_first_dose():
    tables = small_tables([{"id": "P", "events": [{"AESTDTC": "2024-01"}, {"AESTDTC": "2024"}]}])
    dose = pl.lit("2024-01-20")
    tables["EX"] = tables["EX"].with_columns(EXSTDTC=dose, EXENDTC=dose)
    adae = derive_adam(tables, small_protocol())["ADAE"]
    assert adae["ASTDT"].cast(pl.String).to_list() == ["2024-01-20"] * 2
    assert adae["ASTDTF"].to_list() == ["D", "M"]
    assert adae["ASTDY"].to_list() == [1, 1]


@pytest.mark.parametrize(
    ("text", "day", "flag", "duration"),
    [
        ("2024-01-07", "2024-01-07", None, 3),
        ("2024-02", "2024-02-29", "D", 56),
        ("2024-03", "2024-03-20", "D", 76),
        ("2024", "2024-03-20", "M", 76),
        (None, None, None, None),
    ],
)
def test_end_of_an_event_is_the_last_day_but_not_after_death(text, day, flag, duration):
    event = of_event(AESTDTC="2024-01-05", AEENDTC=text)
    assert (event["AENDT"], event["AENDTF"], event["ADURN"]) == (day, flag, duration)


@pytest.mark.parametrize(
    ("text", "day", "flag"),
    [
        ("2024-03-05", "2024-03-05", None),
        ("2024-03", on_day(70), "D"),
        ("2024-04", "2024-04-01", "D"),
        ("2024", on_day(70), "M"),
        (None, None, None),
    ],
)
def test_death_in_a_partial_date_is_not_before_the_last_day_known_alive(text, day, flag):
    """The patient was seen on day 70, 2024-03-11."""
    patient = {"id": "P", "death": text, "last_seen": 70}
    adsl = derive_adam(small_tables([patient]), small_protocol())["ADSL"]
    assert adsl["DTHDT"].cast(pl.String).to_list() == [day]
    assert adsl["DTHDTF"].to_list() == [flag]


def test_partial_doses_are_not_dated():
    tables = small_tables([{"id": "P"}])
    tables["EX"] = tables["EX"].with_columns(EXSTDTC=pl.lit("2024-01"))
    assert derive_adam(tables, small_protocol())["ADSL"]["TRTSDT"].to_list() == [None]


@pytest.mark.parametrize(
    ("text", "valid", "first", "last", "part"),
    [
        ("2024-02-29", True, "2024-02-29", "2024-02-29", None),
        ("2023-02-29", False, None, None, None),
        ("2024-02", True, "2024-02-01", "2024-02-29", "D"),
        ("2023-02", True, "2023-02-01", "2023-02-28", "D"),
        ("2024", True, "2024-01-01", "2024-12-31", "M"),
        ("2024---15", True, "2024-01-01", "2024-12-31", "M"),
        ("--12-15", True, None, None, None),
        ("2024-13", False, None, None, "D"),
        ("", False, None, None, None),
    ],
)
def test_iso_dates(text, valid, first, last, part):
    value = pl.lit(text)
    found = pl.select(
        is_iso_date(value),
        earliest_day(value).cast(pl.String).alias("first"),
        latest_day(value).cast(pl.String).alias("last"),
        missing_part(value).alias("part"),
    ).row(0)
    assert found == (valid, first, last, part)
