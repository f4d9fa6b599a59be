# SPDX-License-Identifier: Apache-2.0
"""Two conventions on the same data: what changes is listed, what does not is not."""

from __future__ import annotations

import polars as pl
import pytest

import equipoise
from equipoise.errors import ProtocolError
from equipoise.results.convention_difference import convention_difference
from equipoise.results.method_args import profiles
from equipoise.results.schema import columns


@pytest.fixture(scope="module")
def readout():
    return equipoise.readout("altn-iii-04", against="r-survival")


def test_the_table_keeps_its_contract_and_names_both(readout):
    table = readout.analysed.convention_difference
    assert dict(table.schema) == columns("convention_difference")
    assert set(table["first_convention"]) == {"equipoise"}
    assert set(table["second_convention"]) == {"r-survival"}


def test_the_choices_are_those_of_the_profiles(readout):
    table = readout.analysed.convention_difference.filter(kind="choice")
    one, two = profiles()["equipoise"], profiles()["r-survival"]
    names = {name for name in one if one[name] != two[name] and name != "source"}
    assert set(table["name"]) == names
    assert {"conf_type", "quartiles"} <= names


def test_what_changes_is_what_the_choices_touch(readout):
    table = readout.analysed.convention_difference.filter(kind="number")
    rows = readout.analysed.results.join(table, left_on="result_id", right_on="name")
    assert rows.height == table.height
    # the estimates and the tests do not rest on the scale of the intervals
    assert not set(rows["stat"]) & {"N", "n", "pct", "hr", "surv", "n_event", "max"}
    same = rows.filter(printed=0)
    assert (same["first"] == same["second"]).all()
    assert (rows["display"] == rows["first"]).all()


def test_two_equal_tables_differ_in_nothing(readout):
    results = readout.analysed.results
    assert not convention_difference(results, results).height


def test_missing_differs_from_a_number_and_nr_from_ne(readout):
    results = readout.analysed.results.filter(stat="hr")
    changed = results.with_columns(
        value=pl.lit(None, pl.Float64), state=pl.lit("NE"), display=pl.lit("NE")
    )
    found = convention_difference(results, changed).filter(kind="number")
    assert set(found["second"]) == {"NE"}
    assert found.height == results.height


def test_the_page_shows_them(readout):
    for words in ("Numbers that change under another convention", "r-survival", "Quartiles"):
        assert words in readout.html


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("sas", "there is no convention `sas`"),
        ("equipoise", "the protocol is already under `equipoise`"),
    ],
)
def test_a_profile_that_cannot_be_set_against_is_refused(name, what):
    with pytest.raises(ProtocolError) as caught:
        equipoise.readout("alter-s006", against=name)
    assert str(caught.value).splitlines() == [
        what,
        "  where: --against",
        "  mend:  one of sas94, r-survival, nest, spss",
    ]
