# SPDX-License-Identifier: Apache-2.0
"""Derived from lesions: replicates and row order make no difference; later scans change nothing."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import REPOSITORY
from tests.small_lesions import lesion_fields, lesion_tables
from tests.small_tables import on_day

from equipoise.adam import derive_adam
from equipoise.protocol.model import Protocol
from equipoise.protocol.read import read_protocol
from equipoise.simulated import simulate_trial

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


def test_a_simulated_trial_derives_from_its_lesions_what_it_recorded():
    path = REPOSITORY / "protocols" / "altn-iii-04.yaml"
    protocol = read_protocol(path.read_text(encoding="utf-8"), file=path.name)[0]
    response = protocol.response.model_copy(update={"source": "lesions"})
    tables = simulate_trial(protocol, seed=5)
    found = derive_adam(tables, protocol.model_copy(update={"response": response}))
    compared = found["ADRSCMP"]
    differ = compared.filter(pl.col("VERDICT") != "AGREES")
    assert compared.height
    assert differ.is_empty(), differ


def test_a_declared_baseline_leaves_earlier_scans_unread():
    """Point 16: the scan before maintenance as baseline, not the one before induction."""
    visits = [[0, {"T1": "20", "N1": "PRESENT"}], [42, {"T1": "14", "N1": "PRESENT"}]]
    tables = lesion_tables([{"id": "P", "visits": visits}])
    first = derive_adam(tables, PROTOCOL)["ADRS"].filter(PARAMCD="OVR")
    fields = lesion_fields(response={"lesions": {"baseline_visits": ["DAY 0"]}})
    later = derive_adam(tables, Protocol.model_validate(fields))
    overall = later["ADRS"].filter(PARAMCD="OVR")
    assert [first.height, overall.height] == [2, 1]
    assert "baseline sum 30 mm" in first["REASON"][1]
    assert overall["AVALC"].to_list() == ["PR"]
    assert "30% below the baseline sum 20 mm" in overall["REASON"][0].replace("30.0%", "30%")
    assert later["ADTR"].filter(PARAMCD="SDIAM")["BASE"].unique().to_list() == [20.0]


def test_a_partial_date_in_the_month_of_baseline_lies_after_baseline():
    visits = [[3, {"T1": "20", "N1": "PRESENT"}]]
    tables = lesion_tables([{"id": "P", "visits": visits}])
    partial = pl.when(VISIT="DAY 3").then(pl.lit("2023-12")).otherwise("TRDTC").alias("TRDTC")
    adam = derive_adam(tables | {"TR": tables["TR"].with_columns(partial)}, PROTOCOL)
    sums = adam["ADTR"].filter(PARAMCD="SDIAM").sort("ADT")
    assert sums["ADT"].cast(pl.String).to_list() == ["2023-12-25", "2023-12-26"]
    assert adam["ADTR"].filter(PARAMCD="LDIAM1")["ADTF"].to_list() == [None, "D"]
