# SPDX-License-Identifier: Apache-2.0
"""Each kind of broken table gives one clear fault: what, where, how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.errors import DataError
from equipoise.tables import check_tables

Tables = dict[str, pl.DataFrame]
FILES = {name: f"{name.lower()}.csv" for name in ("DM", "DS", "EX", "AE", "RS", "TU", "CM")}
PATIENTS = [
    {
        "id": f"P{number}",
        "scans": [[42, "SD"], [84, "PD"]],
        "death": 100,
        "therapy": [90],
        "events": [{"AESTDTC": on_day(3)}],
    }
    for number in range(1, 10)
]


def sound() -> Tables:
    return small_tables(PATIENTS)


def put(table: str, column: str, *rows: int, value: Any) -> Callable[[Tables], None]:
    def breaking(tables: Tables) -> None:
        frame = tables[table]
        if isinstance(value, str) and frame.schema[column] != pl.String:
            frame = frame.cast({column: pl.String})
        here = pl.int_range(1, pl.len() + 1).is_in(rows)
        chosen = pl.when(here).then(pl.lit(value)).otherwise(column).alias(column)
        tables[table] = frame.with_columns(chosen)

    return breaking


def drop_column(tables: Tables) -> None:
    tables["RS"] = tables["RS"].drop("RSSTRESC")


def drop_key(tables: Tables) -> None:
    tables["RS"] = tables["RS"].drop("RSSEQ")


def rename_column(tables: Tables) -> None:
    tables["RS"] = tables["RS"].rename({"RSSTRESC": "rsstresc"})


def repeat_row(tables: Tables) -> None:
    tables["RS"] = pl.concat([tables["RS"], tables["RS"][[2]]])


def empty_table(tables: Tables) -> None:
    tables["AE"] = tables["AE"].clear()


BROKEN: list[tuple[str, Callable[[Tables], None], str, str, str]] = [
    (
        "missing column",
        drop_column,
        "the column RSSTRESC (Response) is missing",
        "rs.csv",
        "add it as text",
    ),
    (
        "missing key column",
        drop_key,
        "the column RSSEQ (Sequence number) is missing",
        "rs.csv",
        "add it as a whole number",
    ),
    (
        "column in small letters",
        rename_column,
        "the column RSSTRESC (Response) is missing",
        "rs.csv",
        "add it as text; is it `rsstresc`?",
    ),
    (
        "text for a number",
        put("EX", "EXDOSE", 4, value="fifty"),
        "EXDOSE must be a number; found 'fifty'",
        "ex.csv, row 4, column EXDOSE",
        "give the number alone, with a point, or nothing where it is missing",
    ),
    (
        "fraction for a whole number",
        put("RS", "RSSEQ", 1, value="1.5"),
        "RSSEQ must be a whole number; found '1.5'",
        "rs.csv, row 1, column RSSEQ",
        "give the number alone, with a point, or nothing where it is missing",
    ),
    (
        "duplicate key",
        repeat_row,
        "rows with the same key: USUBJID=P2, RSSEQ=1",
        "rs.csv, rows 3, 19, columns USUBJID, RSSEQ",
        "keep one row of each key",
    ),
    (
        "unknown subject",
        put("RS", "USUBJID", 18, value="P99"),
        "DM has no subject 'P99'",
        "rs.csv, row 18, column USUBJID",
        "add the subject to dm.csv, or take its records out",
    ),
    (
        "subject without a name",
        put("RS", "USUBJID", 18, value=" "),
        "USUBJID (Unique subject identifier) has no value",
        "rs.csv, row 18, column USUBJID",
        "every row needs one",
    ),
    (
        "impossible date",
        put("RS", "RSDTC", 17, value="2014-02-30"),
        "RSDTC must be an ISO 8601 date; found '2014-02-30'",
        "rs.csv, row 17, column RSDTC",
        "write the date as YYYY-MM-DD, or YYYY-MM or YYYY where the rest is unknown",
    ),
    (
        "date in another order",
        put("RS", "RSDTC", 2, 5, value="13/02/2014"),
        "RSDTC must be an ISO 8601 date; found '13/02/2014'",
        "rs.csv, rows 2, 5, column RSDTC",
        "write the date as YYYY-MM-DD, or YYYY-MM or YYYY where the rest is unknown",
    ),
    (
        "unknown response code",
        put("RS", "RSSTRESC", 17, value="Pr"),
        "RSSTRESC has a value that is not known where RSTESTCD is OVRLRESP: 'Pr'",
        "rs.csv, row 17, column RSSTRESC",
        "did you mean 'PR'? known: CR, PR, SD, NON-CR/NON-PD, PD, NE, ND, NOT DONE, CHECK",
    ),
    (
        "unknown sex",
        put("DM", "SEX", 1, 2, 3, 4, 5, 6, value="?"),
        "SEX has a value that is not known: '?'",
        "dm.csv, 6 rows, first 1, 2, 3, 4, 5, column SEX",
        "known: F, M, U, INTERSEX, UNDIFFERENTIATED",
    ),
    (
        "death before randomisation",
        put("DM", "DTHDTC", 3, value="2023-12-31"),
        "death of P3 on 2023-12-31 is before randomisation on 2024-01-01",
        "dm.csv, row 3, column DTHDTC",
        "correct DTHDTC, or DSSTDTC of RANDOMIZED in ds.csv",
    ),
    (
        "empty table",
        empty_table,
        "the table AE has no rows",
        "ae.csv",
        "give the records, or leave the file out of the folder",
    ),
]


def test_a_sound_folder_has_no_fault():
    assert check_tables(sound(), files=FILES) == []


@pytest.mark.parametrize("as_text", [False, True], ids=["typed", "as text"])
@pytest.mark.parametrize(
    ("breaking", "what", "where", "mend"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN]
)
def test_each_broken_table_gives_one_fault(breaking, what, where, mend, as_text):
    tables = sound()
    breaking(tables)
    if as_text:
        tables = {name: frame.cast(pl.String).fill_null("") for name, frame in tables.items()}
    faults = check_tables(tables, files=FILES)
    assert [str(fault) for fault in faults] == [f"{what}\n  where: {where}\n  mend:  {mend}"]


def test_all_faults_of_all_tables_are_told_at_once():
    tables = sound()
    kinds = [b for b in BROKEN if b[0] in ("text for a number", "unknown sex", "impossible date")]
    for _, breaking, *_ in kinds:
        breaking(tables)
    whats = {fault.what for fault in check_tables(tables, files=FILES)}
    assert whats == {what for _, _, what, *_ in kinds}


def test_many_values_of_one_column_are_one_fault():
    tables = sound()
    for row, value in enumerate(["AA", "BB", "CC", "DD", "EE"], start=1):
        put("RS", "RSSTRESC", row, value=value)(tables)
    (fault,) = check_tables(tables, files=FILES)
    assert fault.what.endswith("'AA', 'BB', 'CC' and 2 other values")
    assert fault.where == "rs.csv, rows 1, 2, 3, 4, 5, column RSSTRESC"


@pytest.mark.parametrize(
    "partial", ["2024-02", "2024", "2024---15", "2024-02-03T11:45", "2024-02-03T11:45:30.5Z"]
)
def test_partial_and_timed_dates_are_dates(partial):
    tables = sound()
    put("RS", "RSDTC", 17, value=partial)(tables)
    assert check_tables(tables, files=FILES) == []


@pytest.mark.parametrize(
    "wrong", ["2024-13", "2024-00-10", "24-02-03", "2023-02-29", "2024-02-03 11:45", "unknown"]
)
def test_what_is_no_date_is_a_fault(wrong):
    tables = sound()
    put("RS", "RSDTC", 17, value=wrong)(tables)
    (fault,) = check_tables(tables, files=FILES)
    assert fault.what == f"RSDTC must be an ISO 8601 date; found {wrong!r}"


@pytest.mark.parametrize("word", ["ND", "NOT DONE", "CHECK", ""])
def test_words_for_no_answer_are_no_fault(word):
    tables = sound()
    put("RS", "RSSTRESC", 17, value=word)(tables)
    assert check_tables(tables, files=FILES) == []


@pytest.mark.parametrize("death", ["2024-01-15", "2024-01", "2024"])
def test_a_death_on_or_possibly_after_the_day_of_randomisation_is_no_fault(death):
    tables = sound()
    put("DS", "DSSTDTC", 3, value="2024-01-15")(tables)
    put("DM", "DTHDTC", 3, value=death)(tables)
    assert check_tables(tables, files=FILES) == []


def test_scans_before_randomisation_are_no_fault():
    tables = sound()
    put("RS", "RSDTC", 17, value="2023-12-20")(tables)
    assert check_tables(tables, files=FILES) == []


def test_missing_tables_are_named_together():
    tables = sound()
    del tables["RS"], tables["DS"]
    with pytest.raises(DataError) as caught:
        derive_adam(tables, small_protocol(data={"tables": {"RS": "rs_onco"}}))
    assert str(caught.value) == (
        "the table DS (Disposition) is missing\n"
        "  where: no file ds.csv, .parquet, .xpt, .json or .sas7bdat among the tables\n"
        "  mend:  add it, or say which file holds it: data.tables: {DS: <file>}\n"
        "the table RS (Disease response) is missing\n"
        "  where: no file rs_onco.csv, .parquet, .xpt, .json or .sas7bdat among the tables\n"
        "  mend:  add it, or say which file holds it: data.tables: {RS: <file>}"
    )


def test_an_arm_the_protocol_does_not_have_is_named():
    tables = sound()
    put("DM", "ARMCD", 2, value="THIRD")(tables)
    with pytest.raises(DataError) as caught:
        derive_adam(tables, small_protocol())
    assert str(caught.value) == (
        "subjects of the trial are in an arm the protocol does not have: 'THIRD'\n"
        "  where: DM, 1 of 9 subjects, first P2, column ARMCD\n"
        "  mend:  give the arm's id in the protocol or the data: EXP, CTRL"
    )


def test_a_subject_variable_that_no_table_gives_is_named_with_its_users():
    grouping = {"variable": "AGEGR1", "of": "AGE", "groups": [{"level": "old", "min": 65}]}
    chosen = {"id": "PP", "label": "PP", "flag": "PPFL", "where": [{"variable": "ECOG", "max": 1}]}
    protocol = small_protocol(groupings=[grouping], analysis_sets=[chosen])
    with pytest.raises(DataError) as caught:
        derive_adam(sound(), protocol)
    assert [fault.what for fault in caught.value.faults] == [
        "no table gives the subject variable AGE",
        "no table gives the subject variable ECOG",
    ]
    assert [fault.where for fault in caught.value.faults] == [
        "protocol: grouping AGEGR1",
        "protocol: analysis set PP",
    ]
