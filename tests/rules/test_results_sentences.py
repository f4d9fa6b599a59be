# SPDX-License-Identifier: Apache-2.0
"""The abstract as a reader meets it: whole sentences, for one, two and three arms."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from tests.analysed import small_adam, small_analysis_protocol

from equipoise.protocol.model import Protocol
from equipoise.results.run import analyse
from equipoise.results.sentences import fill
from equipoise.results.wording import arm_in_text, joined, lower_first


def read(adam: dict[str, pl.DataFrame], protocol: Protocol) -> dict[str, str]:
    """Sentences by id, their slots filled."""
    tables = analyse(adam, protocol, run_id="test")
    displays = dict(tables["results"].select("result_id", "display").rows())
    rows = tables["sentence"].iter_rows(named=True)
    return {row["sentence_id"]: fill(row["text"], displays) for row in rows}


def one_arm() -> Protocol:
    arms = [arm for arm in small_analysis_protocol().model_dump()["arms"] if arm["id"] == "EXP"]
    return small_analysis_protocol(arms=arms, randomisation=None)


def three_arms(adam: dict[str, pl.DataFrame]) -> tuple[dict[str, pl.DataFrame], Protocol]:
    """The last patient of each arm moves to a third."""
    moved = pl.col("USUBJID").is_in(["S3", "S6"])
    arms: list[Any] = list(small_analysis_protocol().model_dump()["arms"])
    arms.append({"id": "HIGH", "label": "High dose", "short": "High", "role": "experimental"})
    codes = {c: pl.when(moved).then(pl.lit("HIGH")).otherwise(c) for c in ("ARMCD", "ACTARMCD")}
    adsl = adam["ADSL"].with_columns(**codes)
    ratio = {"EXP": 1, "CTRL": 1, "HIGH": 1}
    protocol = small_analysis_protocol(arms=arms, randomisation={"ratio": ratio, "blocks": [3]})
    return adam | {"ADSL": adsl}, protocol


def test_two_arms() -> None:
    found = read(small_adam(), small_analysis_protocol())
    assert list(found.values()) == [
        "SMALL was a randomised, open-label phase 2 trial of experimental versus control.",
        "Eligible population: anyone.",
        "No analysis was primary.",
        "Times to event were estimated by the Kaplan-Meier method, with 95% confidence intervals "
        "on the log-log scale, and follow-up by the reverse Kaplan-Meier method.",
        "Arms were compared by a two-sided log-rank test and a Cox model with Efron handling of "
        "ties.",
        "Response rates have exact (Clopper-Pearson) 95% confidence intervals; patients without "
        "an assessment count as not responding.",
        "Differences of rates have Miettinen-Nurminen intervals, and were tested by a two-sided "
        "chi-square test.",
        "6 patients were randomised, 3 to experimental and 3 to control.",
        "Median follow-up for progression-free survival was 5.9 months (quartiles 5.3 and 6.6).",
        "Median progression-free survival was 3.9 months (95% CI 3.0 to NR) with experimental and "
        "2.6 months (95% CI 1.3 to NR) with control.",
        "For progression-free survival, the hazard ratio for experimental versus control was 0.58 "
        "(95% CI 0.08 to 4.26); log-rank p = 0.5860.",
        "At 3 months, progression-free survival was 66.7% (95% CI 5.4 to 94.5) with experimental "
        "and 33.3% (95% CI 0.9 to 77.4) with control.",
        "The objective response rate was 66.7% (2 of 3 patients; 95% CI 9.4 to 99.2) with "
        "experimental and 0.0% (0 of 3 patients; 95% CI 0.0 to 70.8) with control.",
        "The difference in the objective response rate between experimental and control was 66.7 "
        "percentage points (95% CI -16.8 to 94.6; p = 0.0833).",
        "Treatment-emergent adverse events occurred in 2 of 3 patients (66.7%) with experimental "
        "and 1 of 3 patients (33.3%) with control.",
        "Adverse events of grade 3 or more occurred in 1 of 3 patients (33.3%) with experimental "
        "and 1 of 3 patients (33.3%) with control.",
        "Adverse events led to discontinuation of treatment in 0 of 3 patients with experimental "
        "and 0 of 3 patients with control.",
        "Fatal adverse events occurred in 0 of 3 patients with experimental and 0 of 3 patients "
        "with control.",
        "CI, confidence interval; NR, not reached.",
    ]


def test_one_arm_is_not_named_and_not_compared() -> None:
    found = read(small_adam(), one_arm())
    assert (
        found["methods.design"]
        == "SMALL was a single-arm, open-label phase 2 trial of experimental."
    )
    assert found["findings.enrolment"] == "3 patients were treated."
    assert found["findings.PFS.median"] == (
        "Median progression-free survival was 3.9 months (95% CI 3.0 to NR)."
    )
    assert found["findings.ORR.rate"] == (
        "The objective response rate was 66.7% (2 of 3 patients; 95% CI 9.4 to 99.2)."
    )
    assert not [name for name in found if ".hr." in name or name == "methods.comparison"]


def test_three_arms_are_each_compared_with_the_control() -> None:
    found = read(*three_arms(small_adam()))
    assert found["findings.enrolment"] == (
        "6 patients were randomised, 2 to experimental, 2 to control and 2 to high dose."
    )
    assert found["findings.ORR.rate"].startswith("The objective response rate was 100.0% (2 of 2")
    assert [name for name in found if ".hr." in name] == [
        "findings.PFS.hr.EXP",
        "findings.PFS.hr.HIGH",
    ]
    assert found["findings.PFS.hr.HIGH"].startswith(
        "For progression-free survival, the hazard ratio for high dose versus control"
    )


def test_a_median_that_is_not_reached() -> None:
    adam = small_adam()
    alive = adam["ADTTE"].with_columns(
        CNSR=pl.when(pl.col("USUBJID").is_in(["S1", "S2", "S3"])).then(1).otherwise("CNSR")
    )
    found = read(adam | {"ADTTE": alive}, small_analysis_protocol())
    assert found["findings.PFS.median"] == (
        "Median progression-free survival was not reached with experimental and 2.6 months "
        "(95% CI 1.3 to NR) with control."
    )
    assert "was not estimable (" in found["findings.PFS.hr.EXP"]


def test_what_no_arm_reached_is_said_once() -> None:
    adam = small_adam()
    found = read(adam | {"ADTTE": adam["ADTTE"].with_columns(CNSR=1)}, small_analysis_protocol())
    assert found["findings.PFS.median"] == (
        "Median progression-free survival was not reached in either arm."
    )
    protocol = three_arms(adam)[1]
    nobody = adam | {"ADSL": three_arms(adam)[0]["ADSL"]}
    nobody["ADTTE"] = adam["ADTTE"].with_columns(
        CNSR=pl.when(pl.col("USUBJID").is_in(["S1", "S2", "S4", "S5"])).then(1).otherwise("CNSR")
    )
    assert read(nobody, protocol)["findings.PFS.median"].startswith(
        "Median progression-free survival was not reached with experimental or control and "
    )


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("ttd", "the proportion still on treatment"),
        ("dodc", "the proportion with disease still controlled"),
        ("pfs", "progression-free survival"),
    ],
)
def test_a_rate_says_what_it_is_a_rate_of(kind: str, what: str) -> None:
    endpoints = small_analysis_protocol().model_dump()["endpoints"]
    changed = [e | ({"kind": kind} if e["id"] == "PFS" else {}) for e in endpoints]
    found = read(small_adam(), small_analysis_protocol(endpoints=changed))
    assert found["findings.PFS.rate.3"].startswith(f"At 3 months, {what} was 66.7%")


def test_what_nobody_recorded_is_not_counted() -> None:
    """Without the actions taken nobody knows which events ended the treatment."""
    adam = small_adam()
    unknown = adam | {"ADAE": adam["ADAE"].drop("ADISCFL")}
    assert read(unknown, small_analysis_protocol())["findings.AE.discontinuation"] == (
        "Whether adverse events led to discontinuation of treatment was not recorded."
    )


def test_a_label_with_a_comma_is_closed_by_one() -> None:
    analyses = small_analysis_protocol().model_dump()["analyses"]
    analyses[0]["label"] = "Progression-free survival, in months"
    found = read(small_adam(), small_analysis_protocol(analyses=analyses))
    assert found["findings.PFS.median"].startswith(
        "Median progression-free survival, in months, was 3.9 months"
    )


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("os", "progression-free survival"),
        ("dor", "the proportion still in response"),
        ("ttd", "the proportion still on treatment"),
    ],
)
def test_a_rate_at_a_time_is_of_those_without_the_event(kind: str, what: str) -> None:
    endpoints = small_analysis_protocol().model_dump()["endpoints"]
    endpoints[0]["kind"] = kind
    found = read(small_adam(), small_analysis_protocol(endpoints=endpoints))
    assert found["findings.PFS.rate.3"].startswith(f"At 3 months, {what} was 66.7%")


@pytest.mark.parametrize(
    ("label", "within"),
    [
        ("Anlotinib + Epirubicin", "anlotinib plus epirubicin"),
        ("Xanomeline High Dose", "xanomeline high dose"),
        ("R-CHOP", "R-CHOP"),
        ("AZD1234 + Docetaxel", "AZD1234 plus docetaxel"),
    ],
)
def test_arms_within_a_sentence(label: str, within: str) -> None:
    assert arm_in_text(label) == within


def test_one_patient_is_not_patients() -> None:
    adam = small_adam()
    first = {name: frame.filter(USUBJID="S1") for name, frame in adam.items()}
    assert read(first, one_arm())["findings.enrolment"] == "1 patient was treated."


@pytest.mark.parametrize(
    ("parts", "text"),
    [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists(parts: list[str], text: str) -> None:
    assert joined(parts) == text


@pytest.mark.parametrize(
    ("text", "within"),
    [("Overall survival", "overall survival"), ("PFS by BIRC", "PFS by BIRC")],
)
def test_capitals_within_a_sentence(text: str, within: str) -> None:
    assert lower_first(text) == within
