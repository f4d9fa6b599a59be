# SPDX-License-Identifier: Apache-2.0
"""What holds for any trial: row order, replicates, sources, and tables left as they were."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam

PROTOCOL = small_protocol(rule_set="R1", data={"cutoff": on_day(300)})
DAYS = st.integers(-30, 400)
PATIENT = st.fixed_dictionaries(
    {
        "baseline": st.booleans(),
        "scans": st.lists(
            st.tuples(DAYS, st.sampled_from(["CR", "PR", "SD", "PD", "NE", "NON-CR/NON-PD", None])),
            max_size=6,
        ),
        "death": st.none() | st.integers(0, 400),
        "therapy": st.lists(DAYS, max_size=1),
        "last_seen": st.none() | DAYS,
        "events": st.lists(
            st.builds(lambda day: {"AESTDTC": on_day(day), "AETOXGR": "3"}, DAYS), max_size=2
        ),
    }
)
TRIAL = st.lists(PATIENT, min_size=1, max_size=3).map(
    lambda found: [p | {"id": f"P{number}"} for number, p in enumerate(found)]
)


def as_wide_as(table: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """The flags that only `other` has, because its events record them, as missing."""
    return table.select(
        pl.col(name) if name in table.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in other.schema.items()
    )


def assert_same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> None:
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].equals(other[name]), f"{name}\n{one[name]}\n{other[name]}"


@settings(max_examples=15, deadline=None)
@given(TRIAL, st.integers(0, 9))
def test_the_order_of_rows_does_not_matter(patients, seed):
    tables = small_tables(patients)
    shuffled = {n: t.sample(fraction=1, shuffle=True, seed=seed) for n, t in tables.items()}
    assert_same(derive_adam(shuffled, PROTOCOL), derive_adam(tables, PROTOCOL))


@settings(max_examples=10, deadline=None)
@given(TRIAL, TRIAL)
def test_a_replicate_derives_as_if_alone(first, second):
    alone = {1: small_tables(first), 2: small_tables(second)}
    together = {
        name: pl.concat(
            t[name].select(pl.lit(number).alias("REPID"), pl.all()) for number, t in alone.items()
        )
        for name in alone[1]
    }
    found = derive_adam(together, PROTOCOL)
    for number, tables in alone.items():
        mine = {name: t.filter(REPID=number).drop("REPID") for name, t in found.items()}
        theirs = derive_adam(tables, PROTOCOL)
        # ADPRTX is made where somebody has such a record, here perhaps of the other replicate
        mine = {name: t for name, t in mine.items() if name in theirs or t.height}
        flags = {name for side in (mine, theirs) for name in side["ADAE"].columns}
        widest = next(t["ADAE"] for t in (mine, theirs) if set(t["ADAE"].columns) == flags)
        assert_same(
            mine | {"ADAE": as_wide_as(mine["ADAE"], widest)},
            theirs | {"ADAE": as_wide_as(theirs["ADAE"], widest)},
        )


@settings(max_examples=15, deadline=None)
@given(TRIAL)
def test_every_time_is_whole_and_its_source_bears_its_date(patients):
    tables = small_tables(patients)
    adam = derive_adam(tables, PROTOCOL)
    adtte, key = adam["ADTTE"], ["USUBJID", "PARAMCD", "EVALUATOR", "RULESET"]
    assert not adtte.select(key).is_duplicated().any()
    assert (adtte["AVAL"] >= 1).all()
    assert adtte["CNSR"].null_count() == 0
    from_adrs = adtte.filter(pl.col("SRCDOM") == "ADRS")
    assert from_adrs["SRCSEQ"].null_count() == 0
    source = from_adrs.join(
        adam["ADRS"], left_on=["USUBJID", "SRCSEQ"], right_on=["USUBJID", "ASEQ"], suffix="_SRC"
    )
    assert source.height == from_adrs.height
    # A duration is never negative: it may end on its first day although its source lies before.
    same_day = source.filter(pl.col("ADT") > pl.col("STARTDT"))
    assert (same_day["ADT"] == same_day["ADT_SRC"]).all()


@settings(max_examples=15, deadline=None)
@given(TRIAL)
def test_nobody_lives_or_progresses_past_the_cutoff(patients):
    adam = derive_adam(small_tables(patients), PROTOCOL)
    cutoff = on_day(300)
    dates = [adam["ADSL"][c] for c in ("DTHDT", "LSTALVDT", "TRTEDT")]
    dates += [adam["ADRS"]["ADT"], adam["ADTTE"]["ADT"], adam["ADAE"]["ASTDT"]]
    for column in dates:
        assert (column.drop_nulls().cast(pl.String) <= cutoff).all()


def test_the_tables_given_are_left_as_they_were():
    patients: list[dict[str, Any]] = [{"id": "P", "scans": [[42, "SD"]], "death": 400}]
    tables = small_tables(patients)
    before = {name: table.clone() for name, table in tables.items()}
    derive_adam(tables, PROTOCOL)
    assert_same(tables, before)


@pytest.mark.parametrize("name", ["AE", "RS", "EX", "TU", "CM"])
def test_a_trial_where_nothing_of_a_kind_happened_derives(name):
    tables = small_tables([{"id": "P", "scans": [[42, "SD"]]}])
    tables[name] = tables[name].clear()
    adam = derive_adam(tables, PROTOCOL)
    assert adam["ADSL"].height == 1
