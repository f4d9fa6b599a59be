# SPDX-License-Identifier: Apache-2.0
"""Two readers and an adjudicator, patient by patient: agreed, adjudicated, pending."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl
import pytest
from tests.small_tables import SCHEMAS, on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.errors import DataError
from equipoise.protocol.model import Protocol
from equipoise.tables import check_tables

EARLY = [[42, "PR"], [84, "PD"]]
LATE = [[42, "PR"], [84, "PR"], [126, "PD"]]
# id: reads of reader 1, of reader 2, the accepted reader, the status and the progression day
SITUATIONS: dict[str, tuple[list[Any], list[Any], int | None, str, int | None]] = {
    "same": (EARLY, EARLY, None, "AGREED", 84),
    "first accepted": (EARLY, LATE, 1, "ADJUDICATED", 84),
    "second accepted": (EARLY, LATE, 2, "ADJUDICATED", 126),
    "nobody accepted": (EARLY, LATE, None, "PENDING", None),
    "agreed although marked": (LATE, LATE, 2, "AGREED", 126),
    "never read": ([], [], None, "AGREED", None),
}


def read_rows(subject: str, reader: int, scans: list[Any], accepted: int | None) -> list[Any]:
    return [
        {
            "STUDYID": "SMALL",
            "USUBJID": subject,
            "RSTESTCD": "OVRLRESP",
            "RSSTRESC": response,
            "RSEVAL": "INDEPENDENT ASSESSOR",
            "RSEVALID": f"READER {reader}",
            "RSACPTFL": "Y" if accepted == reader else None,
            "RSDTC": on_day(day),
        }
        for day, response in scans
    ]


def tables_of(situations: dict[str, Any]) -> dict[str, pl.DataFrame]:
    tables = small_tables(
        [{"id": name, "scans": one, "death": 200} for name, (one, *_) in situations.items()]
    )
    rows = [
        row
        for name, (one, two, accepted, *_) in situations.items()
        for reader, scans in ((1, one), (2, two))
        for row in read_rows(name, reader, scans, accepted)
    ]
    schema = SCHEMAS["RS"] | {"RSEVALID": pl.String, "RSACPTFL": pl.String}
    own = tables["RS"].with_columns(RSEVALID=pl.lit(None), RSACPTFL=pl.lit(None))
    both = pl.concat([own, pl.DataFrame(rows, schema=schema)], how="diagonal_relaxed")
    numbered = both.with_columns(RSSEQ=pl.int_range(1, pl.len() + 1).over("USUBJID"))
    return tables | {"RS": numbered}


def protocol_of(**adjudication: Any) -> Protocol:
    reader = {"RSEVAL": "INDEPENDENT ASSESSOR"}
    fields = small_protocol().model_dump()
    fields["evaluators"] = [
        {"id": "INV", "label": "Investigator", "where": {"RSEVAL": "INVESTIGATOR"}},
        {"id": "R1", "label": "Reader 1", "where": reader | {"RSEVALID": "READER 1"}},
        {"id": "R2", "label": "Reader 2", "where": reader | {"RSEVALID": "READER 2"}},
        {"id": "BIRC", "label": "Review", "adjudication": {"readers": ["R1", "R2"]} | adjudication},
    ]
    central = fields["endpoints"][0] | {"id": "PFS.BIRC", "evaluator": "BIRC"}
    fields["endpoints"] = [*fields["endpoints"], central]
    return Protocol.model_validate(fields)


@cache
def adam() -> dict[str, pl.DataFrame]:
    return derive_adam(tables_of(SITUATIONS), protocol_of())


def rows_of(table: str, subject: str, **where: Any) -> list[dict[str, Any]]:
    return adam()[table].filter(USUBJID=subject, **where).rows(named=True)


@pytest.mark.parametrize("subject", SITUATIONS)
def test_one_whole_read_is_accepted_or_none_yet(subject):
    *_, status, progression = SITUATIONS[subject]
    (decided,) = rows_of("ADADJ", subject)
    assert decided["STATUS"] == status
    assert (decided["ADJUDFL"] == "Y") == (status != "AGREED")
    assert (decided["DISCORD"] is None) == (status == "AGREED")
    found = rows_of("ADRS", subject, EVALUATOR="BIRC", PARAMCD="PD")
    assert [str(row["ADT"]) for row in found] == (
        [] if status == "PENDING" else [str(on_day(progression))]
    )


@pytest.mark.parametrize("subject", SITUATIONS)
def test_the_accepted_rows_are_those_of_the_reader(subject):
    (decided,) = rows_of("ADADJ", subject)
    if decided["ACCEPTED"] is None:
        return
    own = ["PARAMCD", "ADT", "AVALC", "AVAL", "ANL01FL", "ANL02FL", "SRCDOM", "SRCSEQ"]
    mine = [[r[c] for c in own] for r in rows_of("ADRS", subject, EVALUATOR="BIRC")]
    theirs = [[r[c] for c in own] for r in rows_of("ADRS", subject, EVALUATOR=decided["ACCEPTED"])]
    assert mine == theirs


def test_a_pending_subject_has_no_response_and_no_time():
    subject = "nobody accepted"
    assert [row["AVALC"] for row in rows_of("ADRS", subject, EVALUATOR="BIRC")] == [
        "PENDING",
        "PENDING",
        "Y",
    ]
    assert rows_of("ADTTE", subject, EVALUATOR="BIRC") == []
    assert rows_of("ADTTE", subject, EVALUATOR="INV", PARAMCD="PFS")


def test_the_declared_variables_decide_who_needs_the_adjudicator():
    best_only = derive_adam(tables_of(SITUATIONS), protocol_of(variables=["BOR"]))["ADADJ"]
    assert set(best_only["STATUS"]) == {"AGREED"}


def test_concordance_compares_the_investigator_with_the_accepted_read():
    (row,) = rows_of("ADCONC", "second accepted")
    assert [row["EVAL1"], row["EVAL2"], row["BOR1"], row["BOR2"]] == ["INV", "BIRC", "PR", "PR"]
    assert [row["PDCAT"], row["PDDIFF"], row["EARLYFL"], row["LATEFL"], row["ENDAGR"]] == [
        "FIRST EARLIER",
        -42,
        "Y",
        "N",
        "N",
    ]
    (pending,) = rows_of("ADCONC", "nobody accepted")
    assert [pending["STATUS"], pending["BORAGR"], pending["PDCAT"]] == ["PENDING", None, None]
    (same,) = rows_of("ADCONC", "same")
    assert [same["PDCAT"], same["BORAGR"], same["ENDAGR"]] == ["SAME DATE", "Y", "Y"]


def test_two_accepted_reads_are_a_fault():
    tables = tables_of({"P": (EARLY, LATE, 1, "", None)})
    marked = tables["RS"].with_columns(
        RSACPTFL=pl.when(pl.col("RSEVALID").is_not_null()).then(pl.lit("Y"))
    )
    with pytest.raises(DataError, match="P has two accepted reads: READER 1, READER 2"):
        derive_adam(tables | {"RS": marked}, protocol_of())


def test_the_tables_of_two_readers_keep_their_contracts():
    made = {name: adam()[name] for name in ("ADSL", "ADRS", "ADADJ", "ADCONC")}
    assert check_tables(made, files={}) == []
