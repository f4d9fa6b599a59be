# SPDX-License-Identifier: Apache-2.0
"""Reads that are not adjudicated yet: counted where everybody can see them, and in N."""

from __future__ import annotations

from functools import cache

import polars as pl
import pytest
from tests.results_rows import one, selected
from tests.rules.test_two_readers import SITUATIONS, protocol_of, tables_of

from equipoise.adam import derive_adam
from equipoise.errors import ResultError
from equipoise.protocol.model import Protocol
from equipoise.report.footnotes import resolved_args
from equipoise.report.numbers import index_results
from equipoise.report.response_table import response_table
from equipoise.results.plan import plan_analyses
from equipoise.results.run import analyse

Tables = dict[str, pl.DataFrame]
RATE = {
    "id": "ORR.BIRC",
    "paramcd": "ORR",
    "label": "Response rate",
    "kind": "orr",
    "role": "secondary",
    "evaluator": "BIRC",
    "start": "randomisation",
    "confirmed": False,
}


@cache
def trial() -> Protocol:
    fields = protocol_of().model_dump()
    fields["endpoints"] = [*fields["endpoints"], RATE]
    rate = {"id": "ORR.BIRC", "endpoint": "ORR.BIRC", "methods": ["proportion"]}
    times = {"id": "PFS.BIRC", "endpoint": "PFS.BIRC", "methods": ["kaplan-meier"]}
    shared = {"label": "By review", "population": "ITT", "purpose": "secondary"}
    fields["analyses"] = [*fields["analyses"], shared | rate, shared | times]
    return Protocol.model_validate(fields)


@cache
def adam() -> Tables:
    return derive_adam(tables_of(SITUATIONS), trial())


@cache
def tables() -> Tables:
    return analyse(adam(), trial(), run_id="test")


def level(name: str, method: str = "bor") -> dict[str, object]:
    return one(
        tables()["results"],
        analysis_id="BOR.BIRC",
        method_id=method,
        arm="EXP",
        stat="n",
        g1_level=name,
    )


@pytest.mark.parametrize("method", ["bor", "bor.confirmed"])
def test_a_pending_subject_is_a_level_of_its_own(method: str) -> None:
    row = level("PENDING", method)
    keys = tables()["rowset"].filter(rowset_id=row["rowset_id"])
    assert keys["keys"].item().to_list() == ["nobody accepted"]
    found = selected(adam(), *keys.select("dataset", "predicate", "key").row(0))
    assert found == ["nobody accepted"]
    assert level("MISSING", method)["value"] == 1  # never read, and not pending


def test_the_levels_sum_to_everybody() -> None:
    rows = tables()["results"].filter(analysis_id="BOR.BIRC", method_id="bor", arm="EXP")
    assert rows.filter(stat="n")["value"].sum() == rows.filter(stat="N")["value"].item() == 6


def test_a_rate_says_how_many_are_pending() -> None:
    size = one(tables()["results"], analysis_id="ORR.BIRC", method_id="clopper-pearson",
               stat="N", arm="EXP")  # fmt: skip
    assert size["value"] == 6
    assert size["warning"] == "1 patient awaits adjudication and counts as no response"


def test_a_time_says_how_many_have_none() -> None:
    size = one(tables()["results"], analysis_id="PFS.BIRC", stat="N", arm="EXP")
    assert size["value"] == 5
    assert size["warning"] == "1 patients of the population have no time"


def test_readers_of_their_own_have_no_such_level() -> None:
    rows = tables()["results"].filter(analysis_id="BOR.INV")
    assert "PENDING" not in rows["g1_level"]


def test_a_response_nobody_planned_for_stops_the_readout() -> None:
    adrs = adam()["ADRS"].with_columns(AVALC=pl.col("AVALC").replace({"PENDING": "WAITING"}))
    with pytest.raises(ResultError, match="best responses do not sum to the patients"):
        analyse(adam() | {"ADRS": adrs}, trial(), run_id="test")


def test_the_table_shows_them() -> None:
    numbers = index_results(tables()["results"])
    args = resolved_args(plan_analyses(trial()), {})
    table = response_table("BIRC", numbers, trial(), args)
    assert table is not None
    row = next(row for row in table.rows if row.label == "Adjudication pending")
    assert row.cells[0].parts[0].value == 1
    assert any(note.startswith("Adjudication pending:") for note in table.footnotes)
