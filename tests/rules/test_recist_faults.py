# SPDX-License-Identifier: Apache-2.0
"""Bad input: each fault is reported with its rows, all at once, and nothing is derived."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from tests.rules.recist_tables import KEY, Tables, patient

from equipoise.errors import DataError
from equipoise.recist.adjudication import accept_reads, check_one_accepted
from equipoise.recist.best_response import compute_best_response
from equipoise.recist.criterion import read_criterion
from equipoise.recist.lesion_response import derive_lesion_response
from equipoise.recist.response_options import RECIST_1_1

ONE = {"T1": "TARGET"}


def faults(tables: Tables) -> str:
    with pytest.raises(DataError) as caught:
        derive_lesion_response(
            **tables.arguments(), criterion=read_criterion("recist_1_1.yaml"), options=RECIST_1_1
        )
    return str(caught.value)


def measured(tables: Tables, **columns: pl.Expr) -> Tables:
    return replace(tables, measurements=tables.measurements.with_columns(**columns))


@pytest.mark.parametrize("size", ["-3", "1200", "12,5", "9.12345"])
def test_an_impossible_size_is_named_with_its_place(size: str) -> None:
    assert faults(patient(ONE, [{"T1": 20}, {"T1": size}])) == (
        "USUBJID P1, LNKID T1, VISIT WEEK 6 has an impossible size (not 0 to 1000 mm in steps of "
        "0.0001 mm).\n"
        "  where: MEASUREMENTS: 1 rows, rows 2\n"
        "  mend:  Correct SIZE, or leave it empty and say in STATE why."
    )


def test_a_lesion_read_twice_at_one_timepoint() -> None:
    tables = patient(ONE, [{"T1": 20}, {"T1": 18}])
    twice = replace(tables, measurements=pl.concat([tables.measurements] * 2))
    assert faults(twice) == (
        "USUBJID P1, LNKID T1, VISIT WEEK 0 is read more than once at one timepoint.\n"
        "  where: MEASUREMENTS: 4 rows, rows 1, 2, 3, 4\n"
        "  mend:  Keep one row per lesion and timepoint; number fragments in PART."
    )


def test_a_lesion_that_changes_class() -> None:
    tables = patient(ONE, [{"T1": 20}])
    other = tables.lesions.with_columns(CLASS=pl.lit("NON-TARGET"))
    text = faults(replace(tables, lesions=pl.concat([tables.lesions, other])))
    assert "USUBJID P1, LNKID T1 changes class." in text
    assert "LESIONS: 2 rows" in text


def test_a_lesion_listed_twice_in_one_class() -> None:
    tables = patient(ONE, [{"T1": 20}])
    text = faults(replace(tables, lesions=pl.concat([tables.lesions] * 2)))
    assert "LNKID T1 is listed more than once." in text


def test_an_assessment_before_baseline() -> None:
    tables = patient(ONE, [{"T1": 20}, {"T1": 18}])
    early = pl.when(pl.col("ABLFL").is_null()).then(date(2023, 12, 1)).otherwise("ADT")
    text = faults(measured(tables, ADT=early))
    assert "VISIT WEEK 6 has an assessment that does not come after baseline." in text


def test_a_lesion_that_is_measured_but_not_identified() -> None:
    text = faults(patient(ONE, [{"T1": 20, "T9": 10}]))
    assert "LNKID T9, VISIT WEEK 0 is measured but not identified." in text


@pytest.mark.parametrize(
    ("kind", "word"),
    [("TARGET", "PRESENT"), ("NON-TARGET", "MERGED"), ("TARGET", "FORGOTTEN"), ("NEW", "PRESENT")],
)
def test_a_state_its_class_does_not_know(kind: str, word: str) -> None:
    text = faults(patient({"T1": "TARGET", "X1": kind}, [{"T1": 20}, {"T1": 18, "X1": word}]))
    assert "LNKID X1, VISIT WEEK 6 has neither a size nor a state that its class allows." in text


def test_an_unknown_class_a_missing_date_and_an_unknown_node() -> None:
    tables = patient(ONE, [{"T1": 20}])
    node = tables.lesions.with_columns(CLASS=pl.lit("BENIGN"), NODE=pl.lit(None, dtype=pl.Boolean))
    text = faults(replace(measured(tables, ADT=pl.lit(None, dtype=pl.Date)), lesions=node))
    assert "has a class that is none of TARGET, NON-TARGET, NEW." in text
    assert "does not say whether it is a lymph node." in text
    assert "has no scan date." in text
    assert len(re.findall("where:", text)) == 3, "all faults at once"


def test_a_new_lesion_seen_at_baseline_and_a_stranger() -> None:
    tables = patient({"T1": "TARGET", "X1": "NEW"}, [{"T1": 20, "X1": "EQUIVOCAL"}])
    text = faults(replace(tables, subjects=pl.DataFrame({"USUBJID": ["P2"]})))
    assert "LNKID X1, VISIT WEEK 0 is called new but was seen at baseline." in text
    assert "belongs to a read that is not in the table of subjects." in text


def test_two_accepted_reads() -> None:
    reads = pl.DataFrame(
        {"USUBJID": ["P1", "P1", "P2"], "READER": ["READER 1", "READER 2", "READER 1"]}
    ).with_columns(ACPTFL=pl.lit("Y"))
    check_one_accepted(reads.filter(USUBJID="P2"), key=KEY)
    with pytest.raises(DataError) as caught:
        check_one_accepted(reads, key=KEY)
    assert str(caught.value) == (
        "P1 has two accepted reads: READER 1, READER 2.\n"
        "  where: 1 subjects\n"
        "  mend:  Mark exactly one read per subject and evaluator with ACPTFL = Y."
    )


def test_readers_who_did_not_read_and_a_decision_for_nobody() -> None:
    readings = pl.DataFrame({"USUBJID": ["P1"], "READER": ["READER 1"], "BOR": ["PR"]})
    decisions = pl.DataFrame({"USUBJID": ["P1"], "ACCEPTED": ["READER 3"]})
    with pytest.raises(DataError) as caught:
        accept_reads(readings, decisions, key=KEY, compared=["BOR"])
    assert "P1 is not read once by READER 1 and once by READER 2." in str(caught.value)
    assert "P1 has an accepted read that is not one of the two." in str(caught.value)


def test_assessments_of_a_stranger_and_a_subject_listed_twice() -> None:
    rows = pl.DataFrame({"USUBJID": ["P9"], "ADT": [date(2024, 2, 1)], "AVALC": ["PR"]})
    subjects = pl.DataFrame({"USUBJID": ["P1", "P1"], "RANDDT": [date(2024, 1, 1)] * 2})
    with pytest.raises(DataError) as caught:
        compute_best_response(rows, subjects, key=KEY, options=RECIST_1_1)
    assert "P1 has more than one row in the table of subjects." in str(caught.value)
    assert "P9 has assessments but no row in the table of subjects." in str(caught.value)
