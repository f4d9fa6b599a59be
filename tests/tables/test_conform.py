# SPDX-License-Identifier: Apache-2.0
"""Columns as a file gave them become the contract's types; nothing is guessed."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from equipoise.tables import check_tables, conform, has_contract, load_contract, subject_key


def conformed(table: str, column: str, values: pl.Series) -> list[object]:
    frame = pl.DataFrame({"USUBJID": ["P"] * len(values), column: values})
    return conform({table: frame})[table][column].to_list()


@pytest.mark.parametrize(
    ("table", "column", "given", "wanted"),
    [
        ("DM", "AGE", ["63", " 64.5 ", "", None], [63.0, 64.5, None, None]),
        ("DM", "SITEID", [701, 702], ["701", "702"]),
        ("DM", "SITEID", [701.0, None], ["701", None]),
        ("DM", "SITEID", ["0701", " "], ["0701", None]),
        ("RS", "RSSEQ", [1.0, 2.0], [1, 2]),
        ("RS", "RSSEQ", ["1", "2.0", "2.5"], [1, 2, None]),
        ("RS", "RSDTC", [datetime.date(2024, 2, 3)], ["2024-02-03"]),
        ("RS", "RSDTC", [datetime.datetime(2024, 2, 3, 11, 45)], ["2024-02-03T11:45:00"]),
        ("ADSL", "RANDDT", ["2024-02-03", ""], [datetime.date(2024, 2, 3), None]),
        ("ADSL", "RANDDT", ["2024-02-03T00:00:00"], [datetime.date(2024, 2, 3)]),
        ("ADSL", "RANDDT", [datetime.datetime(2024, 2, 3)], [datetime.date(2024, 2, 3)]),
        ("ADSL", "RANDDT", [None, None], [None, None]),
        ("AE", "AETOXGR", [3.0, None], ["3", None]),
    ],
)
def test_values_take_the_type_of_the_contract(table, column, given, wanted):
    assert conformed(table, column, pl.Series(given)) == wanted


def test_tables_and_columns_without_contract_are_left_alone():
    frame = pl.DataFrame({"USUBJID": ["P"], "OTHER": ["5"], "BLANK": [" "]})
    found = conform({"SV": frame, "DM": frame})
    for table in found.values():
        assert table.row(0) == ("P", "5", None)
    assert check_tables({"SV": frame}, files={}) == []


def test_the_subject_key_has_the_replicate_first():
    assert subject_key(pl.DataFrame({"USUBJID": ["P"]})) == ["USUBJID"]
    assert subject_key(pl.DataFrame({"USUBJID": ["P"], "REPID": [1]})) == ["REPID", "USUBJID"]


TABLES = "DM DS EX AE RS TU TR LB CM PR SUPPDM SUPPAE ADSL ADRS ADTTE ADAE"


@pytest.mark.parametrize("table", TABLES.split())
def test_every_contract_can_be_read_and_names_its_key(table):
    assert has_contract(table)
    contract = load_contract(table)
    names = [column.name for column in contract.columns]
    assert set(contract.key) <= set(names)
    assert len(names) == len(set(names))
    assert contract.source
    for column in contract.columns:
        assert set(column.where) <= set(names)


def test_supplements_share_one_contract():
    assert load_contract("SUPPDM").key == load_contract("SUPPTR").key
    assert not has_contract("XX")
