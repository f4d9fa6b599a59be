# SPDX-License-Identifier: Apache-2.0
"""What a person reads when the design section of a protocol is wrong."""

from importlib.resources import files

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol.check import check_protocol
from equipoise.protocol.read import read_protocol

TEXT = (files("equipoise") / "protocols" / "altn-iii-04.yaml").read_text(encoding="utf-8")


def faults_of(text):
    try:
        protocol, positions = read_protocol(text, file="trial.yaml")
    except ProtocolError as error:
        return list(error.faults)
    return check_protocol(protocol, positions, rule_sets=["R0", "R1"])


CASES = {
    "an unknown endpoint": (
        (
            "  kind: time-to-event\n  endpoint: PFS.BIRC",
            "  kind: time-to-event\n  endpoint: PFS.BIRK",
        ),
        "endpoint `PFS.BIRK` is not declared",
        "did you mean `PFS.BIRC`?",
    ),
    "nothing left to solve for": (
        ("  effect: [{hazard_ratio: 0.65}]", "  effect: [{hazard_ratio: 0.65}]\n  events: 170"),
        "3 of power, events and effect are given",
        "give two of the three",
    ),
    "neither patients nor a month": (
        ("  patients: 256\n", ""),
        "neither patients nor the month of the last look is given",
        "to solve for them",
    ),
    "a last look that is not the end": (
        ("{fraction: 0.66}, {fraction: 1}", "{fraction: 0.66}, {fraction: 0.9}"),
        "the last is not at fraction 1",
        "the last look has `fraction: 1`",
    ),
    "a last look that may show nothing": (
        ("{fraction: 0.66}, {fraction: 1}", "{fraction: 0.66}, {fraction: 1, efficacy: false}"),
        "the last look may not show efficacy",
        "drop `efficacy: false`",
    ),
    "a look without a time": (
        ("{fraction: 0.66}, {fraction: 1}", "{efficacy: true}, {fraction: 1}"),
        "this look has no time",
        "give `fraction` or `month`",
    ),
    "futility without a spending function": (
        ("{fraction: 0.66}", "{fraction: 0.66, futility: true}"),
        "go together",
        "or neither",
    ),
    "a spending function without its parameter": (
        ("  efficacy: {family: lan-demets-obrien-fleming}", "  efficacy: {family: kim-demets}"),
        "do not go together as given",
        "kim-demets, hwang-shih-decani",
    ),
    "an unknown spending family": (
        ("  efficacy: {family: lan-demets-obrien-fleming}", "  efficacy: {family: obrien}"),
        "design",
        "form",
    ),
    "a graph with a stranger": (
        ("    weights: {PFS.BIRC: 1, OS: 0}", "    weights: {PFS.BIRC: 1, OSS: 0}"),
        "endpoint `OSS` is not declared",
        "did you mean `OS`?",
    ),
    "alpha given twice": (
        ("    weights: {PFS.BIRC: 1, OS: 0}", "    weights: {PFS.BIRC: 1, OS: 0.5}"),
        "weights add up to more than 1",
        "lower them",
    ),
    "a kind for one arm": (
        ("  kind: time-to-event\n", "  kind: one-sample-log-rank\n"),
        "design",
        "",
    ),
    "hazards out of order": (
        ("  control: [{median_months: 4.0}]", "  control: [{from_month: 3, median_months: 4.0}]"),
        "the pieces of `control` are out of order",
        "start at 0",
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_design_faults(name):
    (old, new), what, mend = CASES[name]
    assert TEXT.count(old) >= 1
    faults = faults_of(TEXT.replace(old, new, 1))
    assert any(what in str(fault) and mend in fault.mend for fault in faults), [*map(str, faults)]
    assert all("trial.yaml:" in fault.where for fault in faults)
