# SPDX-License-Identifier: Apache-2.0
"""Each candidate of eligibility.yaml is met, not met or unknown as the situation says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.small_trial import small_protocol

import equipoise
from equipoise.cli import main
from equipoise.eligibility import check_candidates, screen_candidates
from equipoise.errors import DataError

CANDIDATES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "eligibility.yaml").read_text(encoding="utf-8")
)
WINDOW = {"variable": "SCREENDT", "days": 28}
CONSENTED = [
    {"variable": "EVALUABLE", "one_of": ["Y"]},
    {"variable": "RFICDTC", "known": True},
]
ELIGIBILITY = {
    "population": "Sarcoma",
    "include": [
        {"id": "I1", "text": "Age", "where": [{"variable": "AGE", "min": 18, "max": 75}]},
        {"id": "I2", "text": "ECOG", "where": [{"variable": "ECOG", "one_of": ["0", "1"]}]},
        {"id": "I3", "text": "Hb", "where": [{"variable": "HGB", "min": 90, "unit": "g/L"}]},
        {"id": "I4", "text": "A sarcoma"},
        {
            "id": "I5",
            "text": "Measurable, or evaluable and consented",
            "any_of": [[{"variable": "MEASURABLE", "one_of": ["Y"]}], CONSENTED],
        },
    ],
    "exclude": [
        {"id": "E1", "text": "Op", "where": [{"variable": "SURGDT", "within_days_of": WINDOW}]},
        {
            "id": "E2",
            "text": "Histology",
            "where": [{"variable": "HISTOLOGY", "one_of": ["EWING SARCOMA"]}],
        },
        {"id": "E3", "text": "Judgement"},
    ],
}
PROTOCOL = small_protocol(eligibility=ELIGIBILITY)


def table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    named = [{"USUBJID": row["id"], **row["data"]} for row in rows]
    return check_candidates(pl.DataFrame(named, infer_schema_length=None), file="them.csv")


def results(frame: pl.DataFrame, subject: str) -> dict[str, str]:
    return dict(frame.filter(USUBJID=subject).select("CRITERION", "RESULT").iter_rows())


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda c: str(c["id"]))
@pytest.mark.parametrize("together", [False, True])
def test_the_candidate_is_judged(candidate, together):
    rows = CANDIDATES if together else [candidate]
    criteria, verdicts = screen_candidates(table(rows), PROTOCOL)
    found = results(criteria, candidate["id"])
    assert {c: r for c, r in found.items() if r != "met"} == candidate["results"]
    assert len(found) == 8
    verdict = verdicts.filter(USUBJID=candidate["id"])["VERDICT"].to_list()
    assert verdict == [candidate["verdict"]]
    facts = dict(criteria.filter(USUBJID=candidate["id"]).select("CRITERION", "FACTS").iter_rows())
    assert {c: facts[c] for c in candidate.get("facts", {})} == candidate.get("facts", {})


# Where data and a person disagree, a fact less settles it; everywhere else it cannot.
AGREED = [c for c in CANDIDATES if "disagree" not in c["id"]]
FACTS = ["AGE", "ECOG", "HGB", "HGB_UNIT", "I4", "MEASURABLE", "SURGDT", "SCREENDT", "HISTOLOGY"]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(AGREED), st.sets(st.sampled_from([*FACTS, "E3"]), min_size=1))
def test_a_fact_less_never_makes_a_result_known_or_turns_it(candidate, lost):
    before, _ = screen_candidates(table([candidate]), PROTOCOL)
    left = {name: value for name, value in candidate["data"].items() if name not in lost}
    after, verdicts = screen_candidates(table([candidate | {"data": left}]), PROTOCOL)
    was = results(before, candidate["id"])
    for criterion, result in results(after, candidate["id"]).items():
        assert result in (was[criterion], "unknown")
    assert verdicts["VERDICT"][0] != "eligible" or candidate["verdict"] == "eligible"


def test_candidates_without_a_name_and_twice_are_told_at_once():
    frame = pl.DataFrame({"USUBJID": ["A", "A", None], "AGE": [1, 2, 3]})
    with pytest.raises(DataError) as caught:
        check_candidates(frame, file="them.csv")
    assert [f.where for f in caught.value.faults] == [
        "them.csv, row 3, column USUBJID",
        "them.csv, rows 1, 2, column USUBJID",
    ]


def write(folder: Path) -> Path:
    path = folder / "them.csv"
    path.write_text("USUBJID,AGE,ECOG,HISTOLOGY\nA,54,1,OTHER\nB,90,,\n", encoding="utf-8")
    return path


def test_the_command_screens_two_trials_and_prints_lines_of_tabs(tmp_path):
    data = str(write(tmp_path))
    told = CliRunner().invoke(
        main,
        ["screen", "altn-iii-04", "alter-s006", "--data", data, "--out", str(tmp_path / "out")],
    )
    assert told.exit_code == 0, told.output
    lines = [line.split("\t") for line in told.output.splitlines()]
    assert lines[0][:4] == ["USUBJID", "TRIAL", "VERDICT", "CRITERION"]
    verdicts = {tuple(line[:3]) for line in lines[1:]}
    assert ("B", "ALTN-III-04", "not eligible") in verdicts
    assert ("A", "ALTER-S006", "unknown") in verdicts
    assert (tmp_path / "out" / "verdicts.csv").is_file()


def test_a_folder_of_sdtm_gives_answers_of_ie(tmp_path):
    (tmp_path / "dm.csv").write_text("USUBJID,AGE\nA,54\n", encoding="utf-8")
    (tmp_path / "suppdm.csv").write_text("USUBJID,QNAM,QVAL\nA,ECOG,1\n", encoding="utf-8")
    (tmp_path / "ie.csv").write_text("USUBJID,IETESTCD,IEORRES\nA,E3,Y\n", encoding="utf-8")
    screened = equipoise.screen("altn-iii-04", data=tmp_path)
    found = results(screened.criteria, "A")
    assert (found["I1"], found["I4"], found["E3"]) == ("met", "met", "not met")


def test_a_file_that_is_not_there_is_a_fault():
    told = CliRunner().invoke(main, ["screen", "alter-s006", "--data", "nowhere.csv"])
    assert told.exit_code == 1
    assert "there is no file or folder `nowhere.csv`" in told.output


def test_contradictions_among_criteria_are_told():
    from equipoise.protocol.check_eligibility import check_eligibility

    twice = {"population": "Anyone", "include": [{"id": "C", "text": "a"}]}
    twice["exclude"] = [{"id": "C", "text": "b", "any_of": [[]]}]
    chosen = {"id": "ITT", "label": "All", "flag": "ITTFL"}
    clause = {"variable": "AGE", "min": 18, "unit": "years"}
    protocol = small_protocol(eligibility=twice, analysis_sets=[chosen | {"where": [clause]}])
    assert [(".".join(map(str, path)), what) for path, what, _ in check_eligibility(protocol)] == [
        ("eligibility.exclude.0.id", "the id `C` stands twice among the criteria"),
        ("eligibility.exclude.0.any_of", "a list of clauses is empty"),
        ("analysis_sets.0.where.0.unit", "`unit` is for eligibility criteria alone"),
    ]
