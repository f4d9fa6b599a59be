# SPDX-License-Identifier: Apache-2.0
"""Each patient of censoring.yaml ends as the two bundled rule sets say."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from tests.small_tables import RANDOMISED, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.adam.censoring import bundled_rule_sets
from equipoise.errors import DataError, ProtocolError
from equipoise.protocol.model import RuleSet

PATIENTS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "censoring.yaml").read_text(encoding="utf-8")
)


@cache
def times(rule_set: str) -> pl.DataFrame:
    return derive_adam(small_tables(PATIENTS), small_protocol(rule_set=rule_set))["ADTTE"]


def time_of(patient: str, parameter: str, rule_set: str) -> dict[str, Any]:
    rows = times(rule_set).filter(USUBJID=patient, PARAMCD=parameter)
    assert rows.height == 1
    return rows.row(0, named=True)


def day(value: Any) -> int:
    return int((value - RANDOMISED).days)


@pytest.mark.parametrize("rule_set", ["R0", "R1"])
@pytest.mark.parametrize("patient", PATIENTS, ids=lambda p: str(p["id"]))
def test_progression_free_time_ends(patient, rule_set):
    row = time_of(patient["id"], "PFS", rule_set)
    assert [day(row["ADT"]), row["EVNTDESC"]] == patient[rule_set]
    assert row["AVAL"] == day(row["ADT"]) + 1
    assert (row["CNSR"] == 0) == (row["EVNTDESC"] in ("Disease Progression", "Death"))
    assert (row["CNSDTDSC"] is None) == (row["CNSR"] == 0)
    assert row["RULESET"] == rule_set
    assert row["RULE"]


@pytest.mark.parametrize("rule_set", ["R0", "R1"])
@pytest.mark.parametrize("patient", [p for p in PATIENTS if "dor" in p], ids=lambda p: str(p["id"]))
def test_duration_of_response_ends_by_the_same_rules(patient, rule_set):
    row = time_of(patient["id"], "RSD", rule_set)
    assert day(row["STARTDT"]) == patient["dor"]["start"]
    assert [day(row["ADT"]), row["EVNTDESC"]] == patient["dor"][rule_set]
    assert row["AVAL"] == (row["ADT"] - row["STARTDT"]).days + 1


def test_patients_without_response_have_no_duration():
    responders = {
        p["id"] for p in PATIENTS if any(r in ("CR", "PR") for _, r in p.get("scans", ()))
    }
    assert set(times("R0").filter(PARAMCD="RSD")["USUBJID"]) == responders


@pytest.mark.parametrize(
    ("confirmed", "start"), [(False, {"once": 42, "twice": 42}), (True, {"twice": 42})]
)
def test_the_duration_of_a_confirmed_response_needs_its_confirmation(confirmed, start):
    patients = [
        {"id": "once", "scans": [[42, "PR"], [84, "SD"]]},
        {"id": "twice", "scans": [[42, "PR"], [84, "PR"]]},
    ]
    adtte = derive_adam(small_tables(patients), small_protocol(confirmed=confirmed))["ADTTE"]
    rows = adtte.filter(PARAMCD="RSD").select("USUBJID", "STARTDT").iter_rows()
    assert {name: day(date) for name, date in rows} == start


def test_without_a_word_on_confirmation_the_primary_best_response_decides():
    patients = [{"id": "once", "scans": [[42, "PR"], [84, "SD"]]}]
    for primary, rows in ((True, 0), (False, 1)):
        protocol = small_protocol(confirmed=None, response={"confirmed_is_primary": primary})
        adtte = derive_adam(small_tables(patients), protocol)["ADTTE"]
        assert adtte.filter(PARAMCD="RSD").height == rows


def test_each_reason_of_censoring_has_its_code():
    codes = times("R1").select("RULE", "CNSR").unique().sort("RULE").rows()
    assert dict(codes)["New anticancer therapy before progression or death"] == 2
    assert dict(codes)["Progression or death after consecutive missed assessments"] == 3
    assert dict(codes)["No baseline assessment"] == 4


@pytest.mark.parametrize(
    "patient", ["new therapy before any scan", "death long after randomisation without any scan"]
)
def test_censoring_before_any_scan_has_its_source_in_the_start(patient):
    row = time_of(patient, "PFS", "R1")
    found = [row[name] for name in ("CNSDTDSC", "SRCDOM", "SRCVAR", "SRCSEQ")]
    assert found == ["Randomization", "ADSL", "RANDDT", None]


def test_the_schedule_that_widens_allows_longer_gaps():
    """Six-weekly to day 84, twelve-weekly after: from day 84 two missed scans are 168 days."""
    assessments = {
        "schedule": [{"every_days": 42, "until_day": 84}, {"every_days": 84}],
        "window_days": 7,
        "baseline_window_days": 28,
    }
    protocol = small_protocol(rule_set="R1", assessments=assessments)
    patients = [
        {"id": "on time", "scans": [[42, "SD"], [81, "SD"], [81 + 168 + 14, "PD"]]},
        {"id": "too late", "scans": [[42, "SD"], [81, "SD"], [81 + 168 + 15, "PD"]]},
        {"id": "across", "scans": [[42, "SD"], [42 + 42 + 84 + 15, "PD"]]},
    ]
    found = derive_adam(small_tables(patients), protocol)["ADTTE"].filter(PARAMCD="PFS")
    assert dict(found.select("USUBJID", "CNSR").iter_rows()) == {
        "on time": 0,
        "too late": 3,
        "across": 3,
    }


def test_a_rule_set_of_the_protocol_goes_before_a_bundled_one():
    own = RuleSet(
        label="Any last assessment",
        source="this test",
        new_therapy="ignore",
        missed_assessments=None,
        no_baseline="ignore",
        last_assessment="any",
    )
    protocol = small_protocol(rule_set="R0", censoring={"R0": own})
    patients = [{"id": "P", "scans": [[42, "SD"], [84, "NE"]]}]
    found = derive_adam(small_tables(patients), protocol)["ADTTE"].filter(PARAMCD="PFS")
    assert day(found["ADT"][0]) == 84


def test_an_unknown_rule_set_is_named():
    with pytest.raises(ProtocolError) as caught:
        derive_adam(small_tables([{"id": "P"}]), small_protocol(rule_set="R9"))
    assert str(caught.value) == (
        "the censoring rule set 'R9' is not defined\n"
        "  where: protocol: endpoints, censoring\n"
        f"  mend:  name one of {', '.join(bundled_rule_sets())}, or define it under censoring"
    )


def test_endpoints_that_adtte_could_not_tell_apart_are_named():
    endpoints = [endpoint.model_dump() for endpoint in small_protocol().endpoints]
    endpoints.append(endpoints[-1] | {"id": "DOR.CONFIRMED", "confirmed": True})
    with pytest.raises(ProtocolError) as caught:
        derive_adam(small_tables([{"id": "P"}]), small_protocol(endpoints=endpoints))
    assert str(caught.value) == (
        "the endpoints DOR and DOR.CONFIRMED have the same paramcd, evaluator and censoring\n"
        "  where: protocol: endpoints\n"
        "  mend:  give DOR.CONFIRMED a paramcd of its own"
    )


def test_censoring_at_new_therapy_needs_a_table_of_therapies():
    tables = small_tables([{"id": "P"}])
    del tables["CM"]
    with pytest.raises(DataError) as caught:
        derive_adam(tables, small_protocol(rule_set="R1"))
    assert str(caught.value) == (
        "a censoring rule needs new anticancer therapy, and no table records it\n"
        "  where: tables AE, DM, DS, EX, RS, TU; columns looked for: CMCAT, PRCAT\n"
        "  mend:  give CM or PR, or name the column and values under data.new_therapy"
    )


def test_censoring_without_baseline_needs_the_table_of_tumours():
    tables = small_tables([{"id": "P"}])
    del tables["TU"]
    with pytest.raises(DataError, match="needs the baseline assessment; there is no table TU"):
        derive_adam(tables, small_protocol(rule_set="R1"))
