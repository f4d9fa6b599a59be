# SPDX-License-Identifier: Apache-2.0
"""The listings name the patients that the tables count, and no single patient where none may be."""

from __future__ import annotations

import polars as pl
import pytest
from tests.readouts import simulated

import equipoise
from equipoise.report.listing_tables import listing_tables
from equipoise.report.patient_rows import index_patients


@pytest.fixture(scope="module")
def readout():
    return simulated("altn-iii-04")


@pytest.fixture(scope="module")
def tables(readout):
    patients = index_patients(readout.analysed.tables())
    return {table.id: table for table in listing_tables(patients, readout.trial.protocol)}


def test_every_death_is_listed_once(readout, tables):
    died = readout.adam["ADSL"].filter(
        pl.col("DTHDT").is_not_null(), pl.col("RANDDT").is_not_null()
    )
    assert len(tables["listing-deaths"].rows) == died.height


def test_serious_events_are_those_of_the_table(readout, tables):
    serious = readout.adam["ADAE"].filter(AESER="Y", TRTEMFL="Y")
    rows = tables["listing-serious"].rows
    assert len(rows) == serious.height
    patients = readout.analysed.results.filter(
        analysis_id="AE.OVERVIEW", g1_level="serious", stat="n", arm="ALL"
    )["value"].item()
    assert len({row.label for row in rows}) == patients


def test_a_listing_gives_the_study_day_without_a_day_0(readout, tables):
    adsl = readout.adam["ADSL"].filter(pl.col("DTHDT").is_not_null()).sort("USUBJID")
    day = (pl.col("DTHDT") - pl.col("TRTSDT")).dt.total_days() + 1
    days = sorted(adsl.select(day)["DTHDT"])
    assert sorted(int(row.cells[1].parts[0]) for row in tables["listing-deaths"].rows) == days


def test_a_readout_without_patients_has_no_listing():
    html = equipoise.readout("alter-s006", patients=False).html
    assert "Listing:" not in html
    assert "Listing:" in simulated("alter-s006").html


def test_every_treatment_emergent_event_is_listed_and_those_that_stopped_treatment(readout, tables):
    emergent = readout.adam["ADAE"].filter(TRTEMFL="Y")
    assert len(tables["listing-events"].rows) == emergent.height
    stopping = emergent.filter(ADISCFL="Y")
    assert len(tables["listing-stopping"].rows) == stopping.height


def test_who_stopped_treatment_is_listed_with_the_reason_that_the_table_counts(readout, tables):
    rows = tables["listing-treatment"].rows
    stopped = readout.adam["ADSL"].filter(EOTSTT="DISCONTINUED")
    assert len(rows) == stopped.height
    listed = [row.cells[2].parts[0].upper() for row in rows]
    assert sorted(listed) == sorted(stopped["DCTREAS"])


def test_a_profile_tells_the_state_of_every_lesion_that_is_no_target(readout):
    states = readout.analysed.display_rows.filter(display_id="profile", mark="lesion state")
    tr = readout.evidence.tables["TR"].filter(TRTESTCD="TUMSTATE")
    accepted = tr.filter((pl.col("TREVAL") == "INVESTIGATOR") | (pl.col("TRACPTFL") == "Y"))
    assert states.height == accepted.height
    found = states.group_by("value_text").len().sort("value_text").rows()
    assert found == accepted.group_by(value_text="TRSTRESC").len().sort("value_text").rows()
    new = states.filter(pl.col("note").str.starts_with("NEW"))
    assert new["label"].str.starts_with("NEW").all()
    assert new.height
