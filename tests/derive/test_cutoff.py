# SPDX-License-Identifier: Apache-2.0
"""At the data cut-off nothing later is seen, and nobody dies of it."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam

CUTOFF = 100
PATIENT = {
    "id": "P",
    "scans": [[42, "SD"], [84, "PR"], [126, "PD"]],
    "death": 150,
    "last_seen": 150,
    "events": [
        {"AESTDTC": on_day(90), "AEENDTC": on_day(120)},
        {"AESTDTC": on_day(101), "AEENDTC": on_day(110)},
    ],
}


def derived(patient: dict[str, Any], cutoff: int | None = CUTOFF) -> dict[str, pl.DataFrame]:
    data = {} if cutoff is None else {"data": {"cutoff": on_day(cutoff)}}
    return derive_adam(small_tables([patient]), small_protocol(**data))


def days(table: pl.DataFrame, column: str) -> list[str | None]:
    return table[column].cast(pl.String).to_list()


def test_without_a_cutoff_everything_counts():
    adtte = derived(PATIENT, cutoff=None)["ADTTE"]
    assert set(adtte.filter(PARAMCD="OS")["EVNTDESC"]) == {"Death"}
    assert set(adtte.filter(PARAMCD="PFS")["EVNTDESC"]) == {"Disease Progression"}


def test_a_death_after_it_censors_survival_at_the_last_day_known_alive():
    found = derived(PATIENT)
    assert days(found["ADSL"], "DTHDT") == [None]
    assert days(found["ADSL"], "DTHFL") == [None]
    assert days(found["ADTTE"].filter(PARAMCD="OS"), "ADT") == [on_day(90)]
    assert found["ADTTE"].filter(PARAMCD="OS")["RULE"].to_list() == ["Last known alive"]


def test_scans_after_it_are_not_seen():
    found = derived(PATIENT)
    recorded = found["ADRS"].filter(PARAMCD="OVR")
    assert days(recorded, "ADT") == [on_day(42), on_day(84)]
    assert days(found["ADTTE"].filter(PARAMCD="PFS"), "ADT") == [on_day(84)]


def test_events_that_begin_after_it_are_not_seen_and_others_have_no_end_yet():
    adae = derived(PATIENT)["ADAE"]
    assert days(adae, "ASTDT") == [on_day(90)]
    assert days(adae, "AENDT") == [None]


def test_the_cutoff_day_itself_is_seen():
    found = derived(PATIENT | {"death": CUTOFF, "scans": [[CUTOFF, "PD"]]})
    assert days(found["ADSL"], "DTHDT") == [on_day(CUTOFF)]
    assert days(found["ADRS"].filter(PARAMCD="OVR"), "ADT") == [on_day(CUTOFF)]


def test_proof_of_life_after_it_in_any_table_does_not_count():
    tables = small_tables([PATIENT])
    visits = {"USUBJID": "P", "SVSTDTC": [on_day(95), on_day(105)]}
    tables["SV"] = pl.DataFrame(visits)
    data = {"cutoff": on_day(CUTOFF), "last_alive": ["SVSTDTC"]}
    adsl = derive_adam(tables, small_protocol(data=data))["ADSL"]
    assert days(adsl, "LSTALVDT") == [on_day(95)]


def test_the_living_stay_alive():
    found = derived(PATIENT | {"death": None, "last_seen": 99})
    assert days(found["ADSL"], "DTHDT") == [None]
    assert days(found["ADTTE"].filter(PARAMCD="OS"), "ADT") == [on_day(99)]


def test_treatment_that_runs_past_it_is_cut_there():
    tables = small_tables([PATIENT])
    tables["EX"] = tables["EX"].with_columns(EXENDTC=pl.lit(on_day(140)))
    protocol = small_protocol(data={"cutoff": on_day(CUTOFF)})
    assert days(derive_adam(tables, protocol)["ADSL"], "TRTEDT") == [on_day(CUTOFF)]


def test_a_partial_date_counts_from_its_first_day_and_is_not_moved_past_the_cutoff():
    """The cut-off is 10 April; a scan in April is seen, and dated to the cut-off at the latest."""
    patient = PATIENT | {"scans": [["2024-04", "SD"], ["2024-05", "PD"]]}
    recorded = derived(patient)["ADRS"].filter(PARAMCD="OVR")
    assert days(recorded, "ADT") == [on_day(CUTOFF)]
    assert recorded["ADTF"].to_list() == ["D"]


@pytest.mark.parametrize(("suffix", "seen"), [("-SIMULATED", 2), ("", 3)])
def test_simulated_tables_take_the_cutoff_of_their_simulation(suffix, seen):
    tables = small_tables([PATIENT])
    tables = {n: t.with_columns(STUDYID=pl.lit(f"SMALL{suffix}")) for n, t in tables.items()}
    course = {
        "patients": 1,
        "progression": [{"median_months": 1}],
        "death_before_progression": [{"median_months": 1}],
        "death_after_progression": [{"median_months": 1}],
        "partial_response": 0,
        "complete_response": 0,
    }
    simulation = {
        "enrolment": {"first": "2024-01-01", "last": "2024-01-01"},
        "cutoff": on_day(CUTOFF),
        "arms": {"EXP": course, "CTRL": course},
        "dropout_per_year": 0,
        "missed_scan": 0,
    }
    found = derive_adam(tables, small_protocol(simulation=simulation))
    assert found["ADRS"].filter(PARAMCD="OVR").height == seen
