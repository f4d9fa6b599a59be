# SPDX-License-Identifier: Apache-2.0
"""Every censoring rule set side by side: eight patients, what moves, and why."""

from __future__ import annotations

from functools import cache

import polars as pl
import pytest
from tests.results_rows import one, selected
from tests.small_tables import small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.protocol.model import Protocol
from equipoise.report.footnotes import resolved_args
from equipoise.report.numbers import index_results
from equipoise.report.rule_set_table import rule_set_tables
from equipoise.results.plan import plan_analyses
from equipoise.results.run import analyse

Tables = dict[str, pl.DataFrame]
ON_TIME = [[42, "SD"], [84, "SD"], [126, "PD"]]
PATIENTS = [
    {"id": "E1", "scans": ON_TIME},
    {"id": "E2", "scans": ON_TIME, "therapy": [100]},  # R1: censored on day 84
    {"id": "E3", "scans": [[42, "SD"], [210, "PD"]]},  # R1: two scans missed, censored on day 42
    {"id": "E4", "scans": [[42, "SD"], [84, "SD"]], "therapy": [90]},  # R6: an event
    {"id": "C1", "scans": [[42, "PD"]], "arm": "CTRL"},
    {"id": "C2", "scans": [[40, "SD"], [80, "PD"]], "arm": "CTRL"},
    {"id": "C3", "scans": [[42, "SD"]], "death": 60, "arm": "CTRL"},
    {"id": "C4", "scans": [[42, "SD"], [84, "SD"]], "arm": "CTRL"},
]


def protocol() -> Protocol:
    fields = small_protocol().model_dump()
    fields["endpoints"][0]["sensitivity"] = ["R1", "R5", "R6"]
    fields["analyses"][0]["methods"] = ["kaplan-meier", "logrank", "cox"]
    return Protocol.model_validate(fields)


@cache
def adam() -> Tables:
    return derive_adam(small_tables(PATIENTS), protocol())


@cache
def tables() -> Tables:
    return analyse(adam(), protocol(), run_id="test")


def number(rules: str, stat: str, **keys: object) -> float:
    found = tables()["results"].filter(
        pl.col("g1_var").is_null() | pl.col("g1_var").is_in(["MOVED"])
    )
    return one(found, analysis_id=f"SENSITIVITY.PFS.{rules}", stat=stat, **keys)["value"]


def moved(rules: str, what: str, arm: str = "EXP") -> tuple[float, list[str]]:
    rows = tables()["results"].filter(pl.col("g2_level").is_null())
    row = one(rows, analysis_id=f"SENSITIVITY.PFS.{rules}", stat="n", arm=arm, g1_level=what)
    keys = tables()["rowset"].filter(rowset_id=row["rowset_id"])["keys"].item()
    return row["value"], list(keys)


@pytest.mark.parametrize(("rules", "events"), [("R1", (1, 3)), ("R5", (3, 3)), ("R6", (4, 3))])
def test_events_of_each_rule_set(rules: str, events: tuple[int, int]) -> None:
    method = "turnbull" if rules == "R5" else "kaplan-meier"
    found = tuple(number(rules, "n_event", arm=arm, method_id=method) for arm in ("EXP", "CTRL"))
    assert found == events


def test_who_moves_and_why() -> None:
    assert moved("R1", "EVENT TO CENSORED") == (2, ["E2", "E3"])
    # E4 is censored under both sets, and for another reason
    assert moved("R1", "DATE OR REASON") == (1, ["E4"])
    assert moved("R1", "Moved") == (3, ["E2", "E3", "E4"])
    assert moved("R1", "Moved", "CTRL") == (0, [])
    assert moved("R6", "CENSORED TO EVENT") == (1, ["E4"])
    assert moved("R5", "Moved", "ALL") == (0, [])
    why = tables()["results"].filter(
        analysis_id="SENSITIVITY.PFS.R1", stat="n", arm="EXP", g1_level="EVENT TO CENSORED"
    )
    assert dict(why.drop_nulls("g2_level").select("g2_level", "value").rows()) == {
        "First progression → New anticancer therapy before progression or death": 1,
        "First progression → Progression or death after consecutive missed assessments": 1,
    }


def test_the_median_of_intervals_lies_between_two_scans() -> None:
    """By hand: (84, 126] lies in every patient's interval, and so holds all the probability."""
    days = 30.4375
    ends = [number("R5", s, arm="EXP") * days for s in ("median_from", "median_to")]
    assert ends == pytest.approx([85, 127])


def test_every_condition_selects_its_patients() -> None:
    ids = tables()["results"].filter(pl.col("analysis_id").str.starts_with("SENSITIVITY"))
    sets = tables()["rowset"].join(ids.select("rowset_id").unique(), on="rowset_id", how="semi")
    assert sets.height > 20
    for row in sets.iter_rows(named=True):
        assert selected(adam(), row["dataset"], row["predicate"], row["key"]) == row["keys"]


def test_without_the_comparison_nobody_is_said_to_stay() -> None:
    given = {name: frame for name, frame in adam().items() if name != "ADTTECMP"}
    found = analyse(given, protocol(), run_id="test")["results"]
    assert found.filter(method_id="moves").is_empty()


def test_the_tables_have_a_row_per_rule_set_and_the_patients_who_move() -> None:
    numbers = index_results(tables()["results"])
    args = resolved_args(plan_analyses(protocol()), {})
    beside, moves, endings = rule_set_tables(protocol().analyses[0], numbers, protocol(), args)
    assert [row.label.partition(":")[0] for row in beside.rows] == ["R0", "R1", "R5", "R6"]
    assert beside.rows[0].label.endswith("(primary)")
    assert [row.label for row in moves.rows if row.depth == 1] == [
        "Event becomes censored",
        "Another date or reason, still the one or the other",
        "Censored becomes event",
        "Another date or reason, still the one or the other",
    ]
    assert sum(row.heading for row in endings.rows) == 4
