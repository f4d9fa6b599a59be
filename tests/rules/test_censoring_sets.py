# SPDX-License-Identifier: Apache-2.0
"""Patients of censoring_sets.yaml under every bundled rule set, and who moves between the sets."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from tests.small_tables import RANDOMISED, on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.adam.censoring import bundled_rule_sets
from equipoise.errors import ProtocolError
from equipoise.protocol.model import Protocol
from equipoise.tables import check_tables

PATIENTS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "censoring_sets.yaml").read_text(encoding="utf-8")
)
SETS = bundled_rule_sets()
CASES = [(p, s) for p in PATIENTS for s in SETS if s in p]


def tables_of(patients: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    """Small tables with the end of treatment and the reads of an independent reviewer."""
    tables = small_tables(patients)
    same = {"STUDYID": "SMALL"}
    stops = [
        same
        | {"USUBJID": p["id"], "DSSEQ": 2, "DSCAT": "DISPOSITION EVENT"}
        | {"DSSTDTC": on_day(p["stop"][0]), "DSDECOD": p["stop"][1]}
        for p in patients
        if "stop" in p
    ]
    reviews = [
        same
        | {"USUBJID": p["id"], "RSSEQ": 100 + i, "RSTESTCD": "OVRLRESP", "RSSTRESC": response}
        | {"RSEVAL": "INDEPENDENT ASSESSOR", "RSDTC": on_day(day)}
        for p in patients
        for i, (day, response) in enumerate(p.get("review", ()))
    ]
    for name, rows in (("DS", stops), ("RS", reviews)):
        added = pl.DataFrame(rows, schema=tables[name].schema)
        tables[name] = pl.concat([tables[name], added])
    return tables


def protocol_of(**endpoint: Any) -> Protocol:
    fields = small_protocol().model_dump()
    independent = {"id": "BIRC", "label": "Review", "independent": True}
    fields["evaluators"] = [
        *fields["evaluators"],
        independent | {"where": {"RSEVAL": "INDEPENDENT ASSESSOR"}},
    ]
    fields["endpoints"] = [fields["endpoints"][0] | {"sensitivity": SETS[1:]} | endpoint]
    return Protocol.model_validate(fields)


@cache
def adam() -> dict[str, pl.DataFrame]:
    return derive_adam(tables_of(PATIENTS), protocol_of())


def day(value: Any) -> int | None:
    return None if value is None else int((value - RANDOMISED).days)


@pytest.mark.parametrize(("patient", "rule_set"), CASES, ids=[f"{p['id']}-{s}" for p, s in CASES])
def test_the_time_ends_as_the_rule_set_says(patient, rule_set):
    (row,) = adam()["ADTTE"].filter(USUBJID=patient["id"], RULESET=rule_set).rows(named=True)
    assert [day(row["ADT"]), row["EVNTDESC"]] == patient[rule_set]
    assert row["RULE"]
    assert row["AVAL"] == day(row["ADT"]) + 1
    if rule_set == "R5":
        assert [day(row["LEFTDT"]), day(row["RIGHTDT"])] == patient["interval"]


def test_every_bundled_rule_set_is_tried():
    assert {rule_set for _, rule_set in CASES} == set(SETS)


def test_any_number_of_rule_sets_gives_a_time_each():
    counts = adam()["ADTTE"].group_by("USUBJID").agg(pl.col("RULESET").sort())
    assert counts["RULESET"].to_list() == [sorted(SETS)] * len(PATIENTS)


@pytest.mark.parametrize("rule_set", SETS[1:])
def test_the_moves_are_the_times_that_differ(rule_set):
    adtte = adam()["ADTTE"]
    one, two = adtte.filter(RULESET=SETS[0]), adtte.filter(RULESET=rule_set)
    both = one.join(two, on="USUBJID", suffix="_2")
    differ = both.filter(
        (pl.col("ADT") != pl.col("ADT_2")) | (pl.col("RULE") != pl.col("RULE_2"))
    ).sort("USUBJID")
    moves = adam()["ADTTECMP"].filter(RULESET2=rule_set).sort("USUBJID")
    assert moves["USUBJID"].to_list() == differ["USUBJID"].to_list()
    assert moves["RULE1"].to_list() == differ["RULE"].to_list()
    assert moves["RULE2"].to_list() == differ["RULE_2"].to_list()
    became = moves.filter(CHANGE="EVENT TO CENSORED")
    assert (became["CNSR1"] == 0).all()
    assert (became["CNSR2"] > 0).all()


def test_the_tables_keep_their_contracts():
    made = {name: adam()[name] for name in ("ADSL", "ADTTE", "ADTTECMP")}
    assert check_tables(made, files={}) == []


def test_documented_progression_needs_an_independent_evaluator():
    protocol = small_protocol(rule_set="R2")
    with pytest.raises(ProtocolError, match="needs the independent review"):
        derive_adam(small_tables([{"id": "P", "scans": [[42, "PD"]]}]), protocol)
