# SPDX-License-Identifier: Apache-2.0
"""What SDTM says of visits and lesions beside sizes: regions, markers, fragments; unknown reads."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from tests.small_lesions import lesion_fields, lesion_tables

from equipoise.adam import derive_adam
from equipoise.errors import DataError
from equipoise.protocol.model import Protocol
from equipoise.recist.criterion import read_criterion
from equipoise.recist.evidence import gather_evidence

PATIENT = {
    "id": "P",
    "visits": [[42, {"T1": "30", "N1": "PRESENT"}], [84, {"T1": "0", "N1": "ABSENT"}]],
}
NOT_SEARCHED = {"table": "RS", "where": {"RSTESTCD": ["NEWLIND"], "RSSTRESC": ["UNKNOWN"]}}
RAISED = {"table": "LB", "where": {"LBTESTCD": ["CA125"], "LBNRIND": ["HIGH"]}}
ON = {42: "2024-02-12", 84: "2024-03-25", 100: "2024-04-10"}


def indicator(*days: int, reader: str = "INVESTIGATOR") -> pl.DataFrame:
    rows = [
        {
            "STUDYID": "SMALL",
            "USUBJID": "P",
            "RSSEQ": number,
            "RSTESTCD": "NEWLIND",
            "RSSTRESC": "UNKNOWN",
            "RSEVAL": reader,
            "RSDTC": ON[day],
            "VISIT": f"DAY {day}",
        }
        for number, day in enumerate(days, start=1)
    ]
    return pl.DataFrame(rows)


def marker(*days: int) -> pl.DataFrame:
    rows = [
        {"STUDYID": "SMALL", "USUBJID": "P", "LBSEQ": n, "LBTESTCD": "CA125", "LBNRIND": "HIGH"}
        | {"LBDTC": ON[day], "VISIT": f"DAY {day}"}
        for n, day in enumerate(days, start=1)
    ]
    return pl.DataFrame(rows)


def responses(more: dict[str, pl.DataFrame], **options: Any) -> list[tuple[str, str]]:
    tables = lesion_tables([PATIENT]) | more
    protocol = Protocol.model_validate(
        lesion_fields(response={"lesions": options, "compare": "never"})
    )
    found = derive_adam(tables, protocol, only={"ADRS"})["ADRS"].filter(PARAMCD="OVR")
    return found.select("VISIT", "AVALC").rows()


def test_without_facts_every_region_was_searched_and_markers_were_normal() -> None:
    assert responses({}) == [("DAY 42", "SD"), ("DAY 84", "CR")]


def test_a_region_not_searched_leaves_the_visit_not_evaluable() -> None:
    found = responses({"RS": indicator(42)}, not_searched=NOT_SEARCHED)
    assert found == [("DAY 42", "NE"), ("DAY 84", "CR")]


def test_it_is_the_evaluator_who_did_not_search() -> None:
    other = {"RS": indicator(42, reader="INDEPENDENT ASSESSOR")}
    assert responses(other, not_searched=NOT_SEARCHED)[0] == ("DAY 42", "SD")


def test_a_visit_without_lesions_is_a_timepoint_of_its_own() -> None:
    found = responses({"RS": indicator(100)}, not_searched=NOT_SEARCHED)
    assert found[-1] == ("DAY 100", "NE")


def test_raised_markers_keep_from_complete_response_and_make_no_timepoint() -> None:
    found = responses({"LB": marker(84, 100)}, raised_markers=RAISED)
    assert found == [("DAY 42", "SD"), ("DAY 84", "PR")]


def test_both_facts_of_one_visit() -> None:
    more = {"LB": marker(84), "RS": indicator(42, 84)}
    found = responses(more, raised_markers=RAISED, not_searched=NOT_SEARCHED)
    assert found == [("DAY 42", "NE"), ("DAY 84", "NE")]


def test_a_record_that_is_not_there_is_told() -> None:
    with pytest.raises(DataError, match="LB lacks LBTESTCD, LBNRIND, LBDTC"):
        responses({}, raised_markers=RAISED)


def test_fragments_add() -> None:
    tables = lesion_tables(
        [{"id": "P", "visits": [[42, {"T1.1": "20", "T1.2": "17", "N1": "PRESENT"}]]}]
    )
    split = pl.col("TULNKID").str.contains(".", literal=True)
    code = pl.when(split).then(pl.lit("TUSPLIT")).otherwise(pl.lit("TUMIDENT"))
    tables["TU"] = tables["TU"].with_columns(TUTESTCD=code)
    protocol = Protocol.model_validate(lesion_fields(response={"compare": "never"}))
    made = derive_adam(tables, protocol, only={"ADRS", "ADTR"})
    (row,) = made["ADRS"].filter(PARAMCD="OVR").rows(named=True)
    assert [row["AVALC"], row["LESIONS"]] == ["PD", "T1"]  # 30 to 37 mm: +23% and 7 mm
    assert "sum 37 mm" in row["REASON"]


def test_a_missing_fragment_makes_the_lesion_missing() -> None:
    tables = lesion_tables(
        [{"id": "P", "visits": [[42, {"T1.1": "20", "T1.2": "NOT EVALUABLE", "N1": "PRESENT"}]]}]
    )
    split = pl.col("TULNKID").str.contains(".", literal=True)
    code = pl.when(split).then(pl.lit("TUSPLIT")).otherwise(pl.lit("TUMIDENT"))
    tables["TU"] = tables["TU"].with_columns(TUTESTCD=code)
    protocol = Protocol.model_validate(lesion_fields(response={"compare": "never"}))
    found = derive_adam(tables, protocol, only={"ADRS"})["ADRS"].filter(PARAMCD="OVR")
    assert found["AVALC"].to_list() == ["NE"]


def test_visits_of_an_unknown_read_and_twice_listed_ones_are_told_with_their_rows() -> None:
    lesions = pl.DataFrame(
        {"USUBJID": ["P"], "LNKID": ["T1"], "CLASS": ["TARGET"], "NODE": [False]}
    )
    measured = pl.DataFrame(
        {
            "USUBJID": ["P"],
            "LNKID": ["T1"],
            "VISIT": ["BASE"],
            "ADT": ["2024-01-01"],
            "SIZE": [30.0],
            "STATE": [None],
            "ABLFL": ["Y"],
        },
        schema_overrides={"STATE": pl.String},
    ).with_columns(pl.col("ADT").str.to_date())
    visits = pl.DataFrame(
        {"USUBJID": ["P", "Q", "P"], "VISIT": ["W6", "W6", "W6"], "SEARCHED": [True, True, False]}
    )
    with pytest.raises(DataError) as told:
        gather_evidence(
            lesions,
            measured,
            pl.DataFrame({"USUBJID": ["P"]}),
            visits=visits,
            key=["USUBJID"],
            criterion=read_criterion("recist_1_1.yaml"),
        )
    text = str(told.value)
    assert "USUBJID Q, VISIT W6 belongs to a read that is not in the table of subjects" in text
    assert "VISITS: 1 rows, rows 2" in text
    assert "USUBJID P, VISIT W6 is listed more than once" in text
    assert "VISITS: 2 rows, rows 1, 3" in text
