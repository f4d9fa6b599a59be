# SPDX-License-Identifier: Apache-2.0
"""ADAE on invented events: window, grade, relation, discontinuation, fatal outcome, study day."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam


def derived(event: dict[str, Any], *, last_dose: int | None = 10) -> dict[str, Any]:
    tables = small_tables([{"id": "P", "events": [{"AESTDTC": on_day(5)} | event]}])
    end = pl.lit(on_day(last_dose), dtype=pl.String)
    tables["EX"] = tables["EX"].with_columns(EXENDTC=end)
    return derive_adam(tables, small_protocol())["ADAE"].row(0, named=True)


@pytest.mark.parametrize(
    ("start", "emergent"), [(-1, None), (0, "Y"), (10, "Y"), (40, "Y"), (41, None)]
)
def test_emergent_from_the_first_dose_to_30_days_after_the_last(start, emergent):
    assert derived({"AESTDTC": on_day(start)})["TRTEMFL"] == emergent


def test_while_no_last_dose_is_known_every_later_event_is_emergent():
    assert derived({"AESTDTC": on_day(300)}, last_dose=None)["TRTEMFL"] == "Y"


@pytest.mark.parametrize(("start", "day"), [(-2, -2), (-1, -1), (0, 1), (1, 2)])
def test_there_is_no_study_day_zero(start, day):
    assert derived({"AESTDTC": on_day(start)})["ASTDY"] == day


def test_grade_and_severity_are_numbers_too():
    assert derived({"AETOXGR": "3"})["ATOXGRN"] == 3
    tables = small_tables([{"id": "P", "events": [{"AESTDTC": on_day(5)}]}])
    tables["AE"] = tables["AE"].with_columns(AESEV=pl.lit("SEVERE"))
    row = derive_adam(tables, small_protocol())["ADAE"].row(0, named=True)
    assert (row["ASEV"], row["ASEVN"]) == ("SEVERE", 3)


RECORDED = {
    "AETOXGR": ["ATOXGRN", "AFATALFL"],
    "AEREL": ["ARELFL"],
    "AEACN": ["ADISCFL"],
    "AEOUT": ["AFATALFL"],
    "AESEV": ["ASEV", "ASEVN"],
}


@pytest.mark.parametrize("variable", RECORDED)
def test_what_no_event_records_has_no_column(variable):
    made = {name for names in RECORDED.values() for name in names}
    value = {"AETOXGR": "3", "AESEV": "MILD"}.get(variable, "Y")
    tables = small_tables([{"id": "P", "events": [{"AESTDTC": on_day(5)}]}])
    tables["AE"] = tables["AE"].with_columns(pl.lit(value).alias(variable))
    found = set(derive_adam(tables, small_protocol())["ADAE"].columns)
    assert found & made == set(RECORDED[variable])


def test_what_one_event_does_not_record_is_missing_and_not_no():
    events = [{"AESTDTC": on_day(5), "AEREL": word} for word in ("RELATED", "NONE", None)]
    tables = small_tables([{"id": "P", "events": events}])
    flags = derive_adam(tables, small_protocol())["ADAE"]["ARELFL"].to_list()
    assert flags == ["Y", "N", None]


@pytest.mark.parametrize(
    ("word", "flag"),
    [("RELATED", "Y"), ("POSSIBLE", "Y"), ("Y", "Y"), ("REMOTE", "N"), ("NONE", "N")],
)
def test_related_by_the_words_of_the_contract(word, flag):
    assert derived({"AEREL": word})["ARELFL"] == flag


@pytest.mark.parametrize(("action", "flag"), [("DRUG WITHDRAWN", "Y"), ("DOSE REDUCED", "N")])
def test_discontinuation_by_the_action_taken(action, flag):
    assert derived({"AEACN": action})["ADISCFL"] == flag


@pytest.mark.parametrize(
    ("event", "flag"),
    [
        ({"AETOXGR": "5"}, "Y"),
        ({"AETOXGR": "4"}, "N"),
        ({"AEOUT": "FATAL"}, "Y"),
        ({"AEOUT": "RECOVERED/RESOLVED"}, "N"),
        ({"AEOUT": "FATAL", "AETOXGR": "3"}, "Y"),
        ({"AESDTH": "Y", "AEOUT": "NOT RECOVERED/NOT RESOLVED"}, "Y"),
        ({"AESDTH": "N"}, "N"),
    ],
)
def test_fatal_by_grade_outcome_or_criterion(event, flag):
    assert derived(event)["AFATALFL"] == flag


FLAGGED = [
    # term, day, grade -> flags: subject's worst, term's worst, term's first
    ("NAUSEA", 5, "2", None, None, "Y"),
    ("NAUSEA", 9, "3", "Y", "Y", None),
    ("NAUSEA", 12, "3", None, None, None),
    ("RASH", 3, "1", None, "Y", "Y"),
    ("RASH", 4, None, None, None, None),
    ("COUGH", 6, None, None, None, "Y"),
    ("PAIN", -3, "4", None, None, None),
]


def test_the_worst_grade_of_a_subject_and_term_is_flagged_once():
    events = [
        {"AESTDTC": on_day(day), "AETERM": term, "AEDECOD": term, "AETOXGR": grade}
        for term, day, grade, *_ in FLAGGED
    ]
    adae = derive_adam(small_tables([{"id": "P", "events": events}]), small_protocol())["ADAE"]
    found = adae.select("AOCCIFL", "AOCCPIFL", "AOCCPFL").rows()
    assert found == [tuple(flags) for _, _, _, *flags in FLAGGED]


def test_the_worst_severity_is_flagged_where_the_protocol_grades_by_severity():
    tables = small_tables([{"id": "P", "events": [{"AESTDTC": on_day(d)} for d in (5, 6)]}])
    tables["AE"] = tables["AE"].with_columns(AESEV=pl.Series(["MILD", "SEVERE"]))
    grading = {"population": "ITT", "emergent_days_after_last_dose": 30, "grading": "severity"}
    adae = derive_adam(tables, small_protocol(adverse_events=grading))["ADAE"]
    assert adae["AOCCIFL"].to_list() == [None, "Y"]


def test_events_of_special_interest_bear_their_group():
    groups = [
        {"id": "BLEED", "label": "Bleeding", "terms": ["Epistaxis", "GASTRIC HAEMORRHAGE"]},
        {"id": "NOSE", "label": "Nose", "terms": ["EPISTAXIS"]},
    ]
    asked = {"population": "ITT", "emergent_days_after_last_dose": 30, "grading": "CTCAE"}
    protocol = small_protocol(adverse_events=asked | {"special_interest": groups})
    events = [
        {"AESTDTC": on_day(5), "AEDECOD": term}
        for term in ("EPISTAXIS", "Gastric haemorrhage", "RASH", None)
    ]
    adae = derive_adam(small_tables([{"id": "P", "events": events}]), protocol)["ADAE"]
    assert adae.select("AESIFL", "CQ01NAM", "CQ02NAM").rows() == [
        ("Y", "Bleeding", "Nose"),
        ("Y", "Bleeding", None),
        ("N", None, None),
        (None, None, None),
    ]
