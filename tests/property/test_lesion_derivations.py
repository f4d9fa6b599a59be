# SPDX-License-Identifier: Apache-2.0
"""Derived from lesions: replicates and row order make no difference; later scans change nothing."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.small_lesions import lesion_fields, lesion_tables
from tests.small_tables import on_day

from equipoise.adam import derive_adam
from equipoise.protocol.model import Protocol

FIELDS = lesion_fields(rule_set="R1")
FIELDS["endpoints"][0]["sensitivity"] = ["R0", "R3", "R4", "R5", "R6"]
PROTOCOL = Protocol.model_validate(FIELDS)
SIZES = st.sampled_from(
    ["0", "9.8", "14", "21", "30", "36", "TOO SMALL TO MEASURE", "NOT EVALUABLE"]
)
RESULTS = st.fixed_dictionaries(
    {"T1": SIZES, "N1": st.sampled_from(["PRESENT", "ABSENT", "UNEQUIVOCAL", "NOT EVALUABLE"])},
    optional={"X1": st.sampled_from(["UNEQUIVOCAL", "EQUIVOCAL"])},
)
PATIENT = st.fixed_dictionaries(
    {
        "visits": st.lists(
            st.tuples(st.integers(1, 300), RESULTS),
            min_size=1,
            max_size=4,
            unique_by=lambda v: v[0],
        ).map(lambda found: sorted(found, key=lambda visit: visit[0])),
        "death": st.none() | st.integers(1, 400),
        "therapy": st.lists(st.integers(1, 300), max_size=1),
        "events": st.just([{"AESTDTC": on_day(1), "AEREL": "N", "AEACN": "NONE", "AETOXGR": "1"}]),
    }
)
TRIAL = st.lists(PATIENT, min_size=1, max_size=3).map(
    lambda found: [p | {"id": f"P{number}"} for number, p in enumerate(found)]
)
MADE = ("ADSL", "ADRS", "ADTR", "ADTTE", "ADTTECMP")


@settings(max_examples=12, deadline=None)
@given(TRIAL, TRIAL)
def test_a_replicate_derives_as_if_alone(first, second):
    alone = {1: lesion_tables(first), 2: lesion_tables(second)}
    together = {
        name: pl.concat(
            t[name].select(pl.lit(number).alias("REPID"), pl.all()) for number, t in alone.items()
        )
        for name in alone[1]
    }
    found = derive_adam(together, PROTOCOL)
    for number, tables in alone.items():
        one = derive_adam(tables, PROTOCOL)
        for name in MADE:
            mine = found[name].filter(REPID=number).drop("REPID")
            assert mine.equals(one[name]), f"{name}\n{mine}\n{one[name]}"


@settings(max_examples=12, deadline=None)
@given(TRIAL, st.integers(0, 9))
def test_the_order_of_rows_does_not_matter(patients, seed):
    tables = lesion_tables(patients)
    shuffled = {n: t.sample(fraction=1, shuffle=True, seed=seed) for n, t in tables.items()}
    one, other = derive_adam(tables, PROTOCOL), derive_adam(shuffled, PROTOCOL)
    for name in MADE:
        assert one[name].equals(other[name]), f"{name}\n{one[name]}\n{other[name]}"


@settings(max_examples=12, deadline=None)
@given(TRIAL)
def test_a_later_scan_changes_no_earlier_response(patients):
    """Nor the rule and the lesions behind it; only dating back speaks of a later timepoint."""
    shorter = [p | {"visits": p["visits"][:-1] or p["visits"]} for p in patients]
    known = ["USUBJID", "EVALUATOR", "ADT", "AVALC", "RULE", "LESIONS"]
    before, after = (
        derive_adam(lesion_tables(found), PROTOCOL)["ADRS"].filter(PARAMCD="OVR").select(known)
        for found in (shorter, patients)
    )
    assert before.join(after, on=known, how="anti", nulls_equal=True).is_empty()


def test_a_pd_can_be_followed_to_its_millimetres():
    visits = [[42, {"T1": "20", "N1": "PRESENT"}], [84, {"T1": "25.2", "N1": "PRESENT"}]]
    adam = derive_adam(lesion_tables([{"id": "P", "visits": visits}]), PROTOCOL)
    (row,) = adam["ADRS"].filter(PARAMCD="OVR", AVALC="PD").rows(named=True)
    assert row["LESIONS"] == "T1"
    assert row["REASON"].startswith("sum 25.2 mm is 5.2 mm (26.0%) above the nadir 20 mm")
    assert [row["SRCDOM"], row["SRCVAR"], row["SRCSEQ"]] == ["TR", "TRORRES", 5]


def test_a_finding_that_turns_out_new_dates_progression_back_and_keeps_its_response():
    visits = [
        [42, {"T1": "20", "N1": "PRESENT", "X1": "EQUIVOCAL"}],
        [84, {"T1": "20", "N1": "PRESENT", "X1": "UNEQUIVOCAL"}],
    ]
    adrs = derive_adam(lesion_tables([{"id": "P", "visits": visits}]), PROTOCOL)["ADRS"]
    overall = adrs.filter(PARAMCD="OVR").sort("ADT")
    assert overall["AVALC"].to_list() == ["PR", "PD"]
    assert "called a new lesion later" in overall["REASON"][0]
    assert str(adrs.filter(PARAMCD="PD")["ADT"][0]) == on_day(42)
