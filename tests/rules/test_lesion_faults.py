# SPDX-License-Identifier: Apache-2.0
"""Bad lesion data is reported with its rows, by the path every table of a trial goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.small_lesions import lesion_fields, lesion_tables

from equipoise.errors import DataError
from equipoise.protocol.model import Protocol
from equipoise.trial import Trial, read_evidence

PATIENT = {
    "id": "P",
    "visits": [[42, {"T1": "20", "N1": "PRESENT"}], [84, {"T1": "18", "N1": "PRESENT"}]],
}


def faults_of(folder: Path, tables: dict[str, pl.DataFrame], **changes: Any) -> list[str]:
    for name, table in tables.items():
        table.write_csv(folder / f"{name.lower()}.csv")
    protocol = Protocol.model_validate(lesion_fields(**changes))
    trial = Trial(protocol=protocol, file="small.yaml", sha256="")
    try:
        read_evidence(trial, folder, tables={})
    except DataError as error:
        return [str(fault) for fault in error.faults if "has no rows" not in fault.what]
    return []


def with_result(
    tables: dict[str, pl.DataFrame], row: int, **values: Any
) -> dict[str, pl.DataFrame]:
    """TR with values changed in one row, counted from 1."""
    here = pl.int_range(pl.len()) == row - 1
    changed = [pl.when(here).then(pl.lit(v)).otherwise(c).alias(c) for c, v in values.items()]
    return tables | {"TR": tables["TR"].with_columns(changed)}


def test_sound_lesions_have_no_fault(tmp_path):
    assert faults_of(tmp_path, lesion_tables([PATIENT])) == []


@pytest.mark.parametrize(
    ("values", "what", "where"),
    [
        ({"TRORRES": "-4"}, "impossible size", "tr.csv, row 3, column TRORRES"),
        ({"TRORRES": "1200"}, "impossible size", "tr.csv, row 3, column TRORRES"),
        ({"TRORRES": "LARGE"}, "neither a size nor a known state", "tr.csv, row 3"),
        ({"TRDTC": "2023-12-01"}, "does not come after baseline", "tr.csv, row 3"),
        ({"TRLNKID": "T9"}, "is measured but not identified", "tr.csv, row 3"),
        ({"VISIT": "DAY 84"}, "is read more than once at one visit", "tr.csv, rows 3, 5"),
    ],
)
def test_a_bad_result_is_told_with_its_row(tmp_path, values, what, where):
    found = faults_of(tmp_path, with_result(lesion_tables([PATIENT]), 3, **values))
    assert [f for f in found if what in f and where in f], found


def test_a_lesion_that_changes_class_is_told(tmp_path):
    tables = lesion_tables([PATIENT])
    again = (
        tables["TU"]
        .head(1)
        .with_columns(TUSTRESC=pl.lit("NON-TARGET"), TUSEQ=pl.lit(9, dtype=pl.Int64))
    )
    tables["TU"] = pl.concat([tables["TU"], again.select(tables["TU"].columns)])
    found = faults_of(tmp_path, tables)
    assert [f for f in found if "P, T1, DAY -7 changes class" in f and "tu.csv, rows 1, 3" in f]


def test_two_accepted_reads_are_told_where_accepted_reads_count(tmp_path):
    tables = lesion_tables([PATIENT])
    reader = {"TREVALID": pl.Series(["R1", "R2"] * 3), "TRACPTFL": pl.lit("Y")}
    tables["TR"] = tables["TR"].with_columns(**reader)
    evaluator = {"id": "INV", "label": "Investigator", "where": {"RSEVAL": "INVESTIGATOR"}}
    found = faults_of(tmp_path, tables, evaluators=[evaluator | {"accepted_only": True}])
    assert [f for f in found if "two accepted reads" in f and "tr.csv, 6 rows" in f], found


def test_copies_are_a_fault_unless_the_protocol_drops_them(tmp_path):
    tables = lesion_tables([PATIENT])
    copy = tables["TR"].tail(1).with_columns(TRSEQ=pl.lit(99, dtype=pl.Int64))
    tables["TR"] = pl.concat([tables["TR"], copy])
    assert [f for f in faults_of(tmp_path, tables) if "read more than once" in f]
    assert faults_of(tmp_path, tables, response={"lesions": {"copies": "drop"}}) == []
