# SPDX-License-Identifier: Apache-2.0
"""What a person reads when readers, adjudication or rule sets of a protocol contradict another."""

from __future__ import annotations

from importlib.resources import files

import pytest

from equipoise.protocol.check import check_protocol
from equipoise.protocol.read import read_protocol

TEXT = (files("equipoise") / "protocols" / "cdiscpilot01.yaml").read_text(encoding="utf-8")
READERS = "evaluators:\n"
REVIEW = "  - {id: BIRC, label: Review, adjudication: {readers: [%s]}}\n"
CASES = {
    "an evaluator without rows": (
        TEXT.replace(READERS, READERS + "  - {id: NOBODY, label: Nobody}\n", 1),
        "evaluator `NOBODY` has no rows",
        "adjudication",
    ),
    "a reader nobody declared": (
        TEXT.replace(READERS, READERS + REVIEW % "IND1, IND3", 1),
        "reader `IND3` is not declared",
        "did you mean `IND",
    ),
    "one reader twice": (
        TEXT.replace(READERS, READERS + REVIEW % "IND1, IND1", 1),
        "evaluator `BIRC` has the reader `IND1` twice",
        "name two evaluators",
    ),
    "a sensitivity rule set nobody defined": (
        TEXT.replace("censoring: TEMPLATE}", "censoring: TEMPLATE, sensitivity: [R0, R9]}", 1),
        "censoring rule set `R9` is not declared",
        "R",
    ),
    "an evaluator held against itself": (
        TEXT.replace("reference: IND1, population: ITT", "reference: INV, population: ITT", 1),
        "`INV` is compared with itself",
        "name two evaluators",
    ),
    "a pair held against each other twice": (
        TEXT.replace("evaluator: IND1, reference: IND2", "evaluator: IND1, reference: INV", 1),
        "the same two evaluators stand here twice",
        "keep one",
    ),
    "a reference nobody declared": (
        TEXT.replace("reference: IND2", "reference: IND3", 1),
        "evaluator `IND3` is not declared",
        "IND",
    ),
    "a time to response without a word on confirmation": (
        TEXT.replace("kind: pfs", "kind: ttr", 1),
        "endpoint `PFS` does not say whether responses are confirmed",
        "confirmed: true",
    ),
    "a time to failure without rules": (
        TEXT.replace("kind: pfs", "kind: ttf", 1).replace(", censoring: TEMPLATE}", "}", 1),
        "endpoint `PFS` has no censoring rules",
        "add `censoring`",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_message_says_what_and_how_to_mend(case):
    text, what, mend = CASES[case]
    protocol, positions = read_protocol(text, file="trial.yaml")
    faults = check_protocol(protocol, positions, rule_sets=["R0", "R1"])
    assert [f for f in faults if f.what == what and mend in f.mend], [str(f) for f in faults]
    assert all("trial.yaml:" in f.where for f in faults)


def test_two_readers_are_accepted():
    text = TEXT.replace(READERS, READERS + REVIEW % "IND1, IND2", 1)
    protocol, positions = read_protocol(text, file="trial.yaml")
    assert check_protocol(protocol, positions, rule_sets=["R0", "R1"]) == []
