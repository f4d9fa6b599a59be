# SPDX-License-Identifier: Apache-2.0
"""A folder of ADaM tables alone is held to the same contracts."""

from __future__ import annotations

import datetime

import polars as pl
import pytest
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.tables import check_tables, conform

PATIENTS = [
    {"id": f"P{n}", "scans": [[42, "PR"]], "death": 90, "events": [{"AESTDTC": on_day(3)}]}
    for n in (1, 2, 3)
]
FILES = {name: f"{name.lower()}.parquet" for name in ("ADSL", "ADRS", "ADTTE", "ADAE")}


def adam() -> dict[str, pl.DataFrame]:
    return derive_adam(small_tables(PATIENTS), small_protocol())


def test_what_we_derive_keeps_its_contracts():
    assert check_tables(adam(), files=FILES) == []


def test_and_so_does_its_text_read_back():
    text = {
        name: pl.read_csv(table.write_csv().encode(), infer_schema=False)
        for name, table in adam().items()
    }
    assert check_tables(text, files=FILES) == []
    back = conform(text)
    for name, table in adam().items():
        assert (
            back[name]
            .select(c for c in table.columns if c not in ("AETOXGR",))
            .equals(table.select(c for c in table.columns if c not in ("AETOXGR",)))
        ), name


def test_death_before_randomisation():
    tables = adam()
    early = pl.when(pl.col("USUBJID") == "P2").then(datetime.date(2023, 12, 1)).otherwise("DTHDT")
    tables["ADSL"] = tables["ADSL"].with_columns(DTHDT=early)
    (fault,) = check_tables(tables, files=FILES)
    assert str(fault) == (
        "death of P2 on 2023-12-01 is before randomisation on 2024-01-01\n"
        "  where: adsl.parquet, row 2, column DTHDT\n"
        "  mend:  correct DTHDT, or RANDDT"
    )


def test_event_before_its_start():
    tables = adam()
    early = pl.when(pl.int_range(pl.len()) == 0).then(datetime.date(2023, 12, 1)).otherwise("ADT")
    tables["ADTTE"] = tables["ADTTE"].with_columns(ADT=early)
    (fault,) = check_tables(tables, files=FILES)
    assert fault.what.startswith("the event or censoring of P1 on 2023-12-01 is before its start")
    assert fault.where == "adtte.parquet, row 1, column ADT"


def test_subjects_of_the_analysis_tables_are_in_adsl():
    tables = adam()
    tables["ADSL"] = tables["ADSL"].filter(pl.col("USUBJID") != "P3")
    whats = [fault.what for fault in check_tables(tables, files=FILES)]
    assert whats == ["ADSL has no subject 'P3'"] * (len(tables) - 1)


@pytest.mark.parametrize("value", [45000, 45000.5])
def test_a_number_is_not_taken_for_a_date(value):
    tables = adam()
    tables["ADTTE"] = tables["ADTTE"].with_columns(ADT=pl.lit(value))
    faults = check_tables(tables, files=FILES)
    assert [f.what.split(";")[0] for f in faults] == ["ADT must be a date"]
