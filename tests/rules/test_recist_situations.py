# SPDX-License-Identifier: Apache-2.0
"""Situations a clinician can read and sign: explanations, options, Choi and iRECIST on lesions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from tests.rules.recist_tables import KEY, Tables, patient

from equipoise.recist.batches import derive_in_batches
from equipoise.recist.choi import read_choi
from equipoise.recist.choi_timepoints import derive_choi
from equipoise.recist.criterion import Criterion, read_criterion
from equipoise.recist.endpoint import PfsOptions, compute_pfs
from equipoise.recist.explain import explain_timepoints
from equipoise.recist.irecist import derive_irecist
from equipoise.recist.lesion_response import LesionResponse, derive_lesion_response
from equipoise.recist.recorded import compare_recorded
from equipoise.recist.response_options import RECIST_1_1

RULES = read_criterion("recist_1_1.yaml")


def derive(tables: Tables, rules: Criterion = RULES) -> LesionResponse:
    return derive_lesion_response(**tables.arguments(), criterion=rules, options=RECIST_1_1)


def overall(tables: Tables, rules: Criterion = RULES) -> list[str]:
    found = derive(tables, rules).timepoints.filter(pl.col("ABLFL").is_null())
    return found["OVRLRESP"].cast(pl.String).to_list()


def told(tables: Tables) -> list[tuple[Any, ...]]:
    return (
        explain_timepoints(**tables.arguments(), criterion=RULES)
        .select("RULE_LESIONS", "RULE_TEXT")
        .rows()
    )


def test_a_reader_can_follow_a_progression_to_its_millimetres() -> None:
    tables = patient(
        {"T1": "TARGET", "T2": "TARGET", "NT1": "NON-TARGET"},
        [
            {"T1": 20, "T2": 12, "NT1": "PRESENT"},
            {"T1": 10, "T2": 10, "NT1": "PRESENT"},
            {"T1": "15.2", "T2": 10, "NT1": "UNEQUIVOCAL PROGRESSION"},
        ],
    )
    assert told(tables) == [
        (None, "sum 20 mm is 37.5% below the baseline sum 32 mm"),
        (
            "T1, NT1",
            "sum 25.2 mm is 5.2 mm (26.0%) above the nadir 20 mm; grown since the nadir: T1 +5.2; "
            "unequivocal progression of NT1",
        ),
    ]
    rules = derive(tables).timepoints["RULE"].cast(pl.String).to_list()
    assert rules == [None, "TARGET RESPONSE", "PROGRESSION: TARGET AND NON-TARGET"]


def test_new_lesions_missing_targets_and_disease_after_cr_are_named() -> None:
    tables = patient(
        {"T1": "TARGET", "X1": "NEW"},
        [{"T1": 20}, {"T1": 0}, {"T1": 3}, {"T1": "NOT DONE", "X1": "UNEQUIVOCAL"}],
    )
    assert told(tables) == [
        (None, "all targets gone or normal"),
        (
            "T1",
            "sum 3 mm is 85.0% below the baseline sum 20 mm; disease after complete response: T1",
        ),
        ("X1", "target missing; no value for T1; new lesion X1"),
    ]


def test_a_small_new_node_as_only_evidence_is_flagged() -> None:
    kinds = {"T1": "TARGET", "X1": "NEW NODE"}
    for size, flagged in (("12", True), ("15", False)):
        tables = patient(kinds, [{"T1": 20}, {"T1": 20, "X1": "UNEQUIVOCAL"}])
        size_of_new = pl.when(pl.col("LNKID") == "X1").then(pl.lit(size)).otherwise("SIZE")
        sized = replace(tables, measurements=tables.measurements.with_columns(SIZE=size_of_new))
        found = derive(sized).timepoints
        assert found["NEW_NODE_10_TO_15_MM"].any() == flagged
        assert overall(sized) == ["PD"]


def test_options_of_a_protocol_change_what_they_name() -> None:
    missing = patient(
        {"T1": "TARGET", "T2": "TARGET"}, [{"T1": 20, "T2": 10}, {"T1": 40, "T2": "NOT DONE"}]
    )
    assert overall(missing) == ["PD"]
    assert overall(missing, replace(RULES, provable_pd=False)) == ["NE"]
    relapse = patient({"T1": "TARGET"}, [{"T1": 20}, {"T1": 0}, {"T1": 3}])
    assert overall(relapse) == ["CR", "PD"]
    assert overall(relapse, replace(RULES, disease_after_cr_is_pd=False)) == ["CR", "PR"]


def test_a_finding_withdrawn_does_not_date_a_later_one_back() -> None:
    kinds = {"T1": "TARGET", "X1": "NEW"}
    first, second = {"T1": 20, "X1": "EQUIVOCAL"}, {"T1": 20, "X1": "NOT TUMOUR"}
    certain = {"T1": 20, "X1": "UNEQUIVOCAL"}
    back = derive(patient(kinds, [{"T1": 20}, first, first, certain])).progression
    anew = derive(patient(kinds, [{"T1": 20}, first, second, first, certain])).progression
    assert [str(back["PDDT"][0]), back["BACKDATED"][0]] == ["2024-02-12", True]
    assert [str(anew["PDDT"][0]), anew["BACKDATED"][0]] == ["2024-05-06", True]


def test_what_comes_after_the_cut_off_is_not_progression() -> None:
    tables = patient({"T1": "TARGET"}, [{"T1": 20}, {"T1": 20}, {"T1": 40}])
    cut = tables.subjects.with_columns(CUTOFFDT=pl.date(2024, 3, 1))
    assert derive(tables).progression["PDDT"][0] is not None
    assert derive(replace(tables, subjects=cut)).progression["PDDT"][0] is None


def test_batches_give_what_one_call_gives() -> None:
    visits = [{"T1": 20}, {"T1": 14}, {"T1": 30}]
    many = [patient({"T1": "TARGET"}, visits, name=f"P{n}") for n in range(7)]
    names = ("lesions", "measurements", "subjects")
    tables = {name: pl.concat([getattr(t, name) for t in many]) for name in names}
    tables["measurements"] = tables["measurements"].sample(fraction=1, shuffle=True, seed=3)

    def run(part: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        found = derive_lesion_response(**part, key=KEY, criterion=RULES, options=RECIST_1_1)
        return {"timepoints": found.timepoints, "progression": found.progression}

    whole = run(tables)
    for size in (1, 2, 3, 100):
        parts = derive_in_batches(run, tables, subjects="subjects", key=KEY, size=size)
        assert parts["timepoints"].equals(whole["timepoints"])
        assert parts["progression"].equals(whole["progression"])


@pytest.mark.parametrize(
    ("form", "expected"),
    [("choi", ["PR", "PR", "PD", "PD"]), ("modified_choi", ["SD", "PR", "PD", "PD"])],
)
def test_choi_reads_size_and_density_of_the_lesions(form: str, expected: list[str]) -> None:
    tables = patient(
        {"T1": "TARGET", "T2": "TARGET", "X1": "NEW"},
        [
            {"T1": (60, 60), "T2": (40, 60)},
            {"T1": (60, 50), "T2": (40, 50)},  # density -16.7%, size unchanged
            {"T1": (50, 50), "T2": (40, 50)},  # size -10% as well
            {"T1": (60, 60), "T2": (40, 60)},  # size +11% above the nadir, density back
            {"T1": (40, 40), "T2": (30, 40), "X1": "UNEQUIVOCAL"},
        ],
    )
    found = derive_choi(**tables.arguments(), criterion=RULES, choi=read_choi(form))
    assert found.filter(pl.col("ABLFL").is_null())["OVRLRESP"].cast(pl.String).to_list() == expected


def test_choi_is_complete_when_all_is_gone_and_unknown_without_density() -> None:
    tables = patient({"T1": "TARGET"}, [{"T1": (30, 60)}, {"T1": 0}, {"T1": 20}])
    found = derive_choi(**tables.arguments(), criterion=RULES, choi=read_choi("choi"))
    assert found["OVRLRESP"].cast(pl.String).to_list() == [None, "CR", "NE"]


IRECIST = {
    "five more millimetres confirm": (
        {"T1": "TARGET"},
        [{"T1": 20}, {"T1": 26}, {"T1": 31}],
        ["iUPD", "iCPD"],
    ),
    "increments add up: 4 mm, then 2 mm": (
        {"T1": "TARGET"},
        [{"T1": 20}, {"T1": 26}, {"T1": 30}, {"T1": 32}],
        ["iUPD", "iUPD", "iCPD"],
    ),
    "a stable sum after iUPD resets the bar": (
        {"T1": "TARGET"},
        [{"T1": 20}, {"T1": 26}, {"T1": 22}, {"T1": 27}, {"T1": 32}],
        ["iUPD", "iSD", "iUPD", "iCPD"],
    ),
    "a gap does not reset it": (
        {"T1": "TARGET"},
        [{"T1": 20}, {"T1": 26}, {"T1": "NOT DONE"}, {"T1": 31}],
        ["iUPD", "NE", "iCPD"],
    ),
    "another category confirms": (
        {"T1": "TARGET", "N1": "NON-TARGET"},
        [
            {"T1": 20, "N1": "PRESENT"},
            {"T1": 26, "N1": "PRESENT"},
            {"T1": 26, "N1": "UNEQUIVOCAL PROGRESSION"},
        ],
        ["iUPD", "iCPD"],
    ),
    "any growth of a progressing non-target confirms": (
        {"N1": "NON-TARGET"},
        [{"N1": "PRESENT"}, {"N1": "UNEQUIVOCAL PROGRESSION"}, {"N1": "INCREASED"}],
        ["iUPD", "iCPD"],
    ),
    "one more new lesion confirms, an unchanged one does not": (
        {"T1": "TARGET", "X1": "NEW", "X2": "NEW"},
        [
            {"T1": 20},
            {"T1": 20, "X1": "UNEQUIVOCAL"},
            {"T1": 20, "X1": "UNEQUIVOCAL"},
            {"T1": 20, "X1": "UNEQUIVOCAL", "X2": "UNEQUIVOCAL"},
        ],
        ["iUPD", "iUPD", "iCPD"],
    ),
}


@pytest.mark.parametrize("situation", IRECIST)
def test_irecist_on_lesions(situation: str) -> None:
    lesions, visits, expected = IRECIST[situation]
    found = derive_irecist(**patient(lesions, visits).arguments(), criterion=RULES)
    assert found["OVRLRESP"].to_list() == expected


def test_derived_and_recorded_responses_are_compared_timepoint_by_timepoint() -> None:
    tables = patient({"T1": "TARGET"}, [{"T1": 20}, {"T1": 12}, {"T1": 19}, {"T1": 19}])
    weeks = ["WEEK 6", "WEEK 12", "WEEK 30"]
    recorded = pl.DataFrame({"USUBJID": "P1", "VISIT": weeks, "AVALC": ["PR", "SD", "SD"]})
    recorded = recorded.with_columns(ADT=pl.date(2024, 8, 1))
    compared = compare_recorded(derive(tables).timepoints, recorded, key=KEY)
    assert compared.select("VISIT", "DERIVED", "RECORDED", "VERDICT").rows() == [
        ("WEEK 6", "PR", "PR", "AGREES"),
        ("WEEK 12", "PD", "SD", "DIFFERS"),
        ("WEEK 18", "PD", None, "ONLY DERIVED"),
        ("WEEK 30", None, "SD", "ONLY RECORDED"),
    ]


def test_a_read_that_starts_without_disease_has_not_responded() -> None:
    tables = patient({"N1": "NON-TARGET"}, [{"N1": "ABSENT"}, {"N1": "PRESENT"}])
    assert overall(tables) == ["NON-CR/NON-PD"]


def test_where_confirmation_is_required_the_memory_starts_with_it() -> None:
    tables = patient({"T1": "TARGET"}, [{"T1": 100}, *({"T1": mm} for mm in (70, 75, 70, 75))])
    found = derive_lesion_response(
        **tables.arguments(),
        criterion=replace(RULES, memory_needs_confirmation=True),
        options=replace(RECIST_1_1, accept_sd_between=True),
    ).timepoints
    assert found["OVRLRESP"].cast(pl.String).to_list() == [None, "PR", "SD", "PR", "SD"]
    assert found["OVRLREPT"].cast(pl.String).to_list() == [None, "PR", "SD", "PR", "PR"]


def test_progression_that_holds_without_the_normal_nodes_is_not_flagged() -> None:
    kinds = {"T1": "TARGET", "N1": "TARGET NODE"}
    carried = patient(kinds, [{"T1": 20, "N1": 16}, {"T1": 20, "N1": 4}, {"T1": 20, "N1": 9}])
    not_carried = patient(
        kinds, [{"T1": 20, "N1": 16}, {"T1": 10, "N1": 9}, {"T1": 16, "N1": "9.5"}]
    )
    for tables, flagged in ((carried, True), (not_carried, False)):
        found = derive(tables).timepoints
        assert found["OVRLRESP"][2] == "PD"
        assert found["PD_DRIVEN_BY_NORMAL_NODE"][2] == flagged


@pytest.mark.parametrize(
    ("on_component", "expected"), [(False, "2024-02-12"), (True, "2024-02-15")]
)
def test_progression_of_targets_scanned_on_two_days(on_component: bool, expected: str) -> None:
    tables = patient({"T1": "TARGET", "T2": "TARGET"}, [{"T1": 20, "T2": 20}, {"T1": 30, "T2": 20}])
    later = (pl.col("LNKID") == "T1") & (pl.col("VISIT") == "WEEK 6")
    day = pl.when(later).then(pl.col("ADT").dt.offset_by("3d")).otherwise("ADT")
    split = replace(tables, measurements=tables.measurements.with_columns(ADT=day))
    found = derive(split, replace(RULES, pd_on_component=on_component))
    assert str(found.progression["PDDT"][0]) == expected
    assert [str(day) for day in found.timepoints.row(1, named=True).values()][2:4] == [
        "2024-02-12",
        "2024-02-15",
    ]


def test_progression_after_a_long_gap_does_not_close_the_gap_itself() -> None:
    start = date(2024, 1, 1)
    rows = pl.DataFrame(
        {
            "USUBJID": "P1",
            "ADT": [start + timedelta(days=42), start + timedelta(days=200)],
            "AVALC": ["SD", "PD"],
        }
    )
    subjects = pl.DataFrame({"USUBJID": ["P1"], "RANDDT": [start]})
    for gap, expected in ((98, (1, "MISSED ASSESSMENTS", 43)), (None, (0, "PROGRESSION", 201))):
        options = PfsOptions(censor_at_new_therapy=True, missed_gap_days=gap, month_days=30.4375)
        found = compute_pfs(rows, subjects, key=KEY, options=options)
        assert found.select("CNSR", "EVNTDESC", "AVAL").row(0) == expected


def test_new_therapy_after_the_cut_off_is_not_known_yet() -> None:
    start = date(2024, 1, 1)
    rows = pl.DataFrame({"USUBJID": ["P1"], "ADT": [date(2024, 2, 12)], "AVALC": ["SD"]})
    subjects = pl.DataFrame(
        {
            "USUBJID": ["P1"],
            "RANDDT": [start],
            "NACTDT": [date(2024, 5, 1)],
            "CUTOFFDT": [date(2024, 4, 1)],
        }
    )
    options = PfsOptions(censor_at_new_therapy=True, missed_gap_days=98, month_days=30.4375)
    found = compute_pfs(rows, subjects, key=KEY, options=options)
    assert found.select("ADT", "EVNTDESC").row(0) == (date(2024, 2, 12), "LAST ASSESSMENT")
