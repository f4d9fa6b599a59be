# SPDX-License-Identifier: Apache-2.0
"""Subsequent anticancer therapy: after the reference day, first one flagged, from CM and PR."""

from __future__ import annotations

import polars as pl
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.tables import check_tables

PATIENTS = [{"id": "late", "therapy": [-200, 0, 90, 60]}, {"id": "none"}]


def procedures(*rows: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"STUDYID": "SMALL", "USUBJID": who, "PRSEQ": n, "PRTRT": "RESECTION", "PRCAT": cat}
            | {"PRSCAT": "SURGERY", "PRSTDTC": day}
            for n, (who, cat, day) in enumerate(rows, start=1)
        ]
    )


def test_therapy_up_to_the_reference_day_is_not_subsequent_and_the_first_is_flagged():
    found = derive_adam(small_tables(PATIENTS), small_protocol())["ADSUBTX"]
    assert found.select("USUBJID", "NTDY", "FIRSTFL", "SRCDOM", "SRCSEQ").rows() == [
        ("late", 61, "Y", "CM", 4),
        ("late", 91, None, "CM", 3),
    ]
    assert [str(f) for f in check_tables({"ADSUBTX": found}, files={})] == []


def test_a_procedure_may_come_first_and_a_partial_date_is_flagged():
    tables = small_tables(PATIENTS)
    rows = [("late", "ANTI-CANCER", "2024-02"), ("none", "DIAGNOSTIC", str(on_day(5)))]
    tables["PR"] = procedures(*rows)
    found = derive_adam(tables, small_protocol())["ADSUBTX"]
    first = found.filter(FIRSTFL="Y").row(0, named=True)
    assert (first["ACLASS"], first["ASCAT"], first["ASTDTF"]) == ("PROCEDURE", "SURGERY", "D")
    assert set(found["USUBJID"]) == {"late"}


def test_where_no_table_records_therapy_there_is_no_table():
    tables = small_tables(PATIENTS)
    del tables["CM"]
    assert "ADSUBTX" not in derive_adam(tables, small_protocol())


def test_therapy_up_to_the_reference_day_is_prior():
    found = derive_adam(small_tables(PATIENTS), small_protocol())["ADPRTX"]
    assert found.select("USUBJID", "ASEQ", "SRCSEQ").rows() == [("late", 1, 1), ("late", 2, 2)]
    assert [str(f) for f in check_tables({"ADPRTX": found}, files={})] == []


def test_where_nobody_has_a_record_of_earlier_therapy_there_is_no_table():
    later = small_tables([{"id": "late", "therapy": [60]}])
    found = derive_adam(later, small_protocol())
    assert "ADPRTX" not in found
    assert found["ADSUBTX"].height == 1
