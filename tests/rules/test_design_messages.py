# SPDX-License-Identifier: Apache-2.0
"""What a person reads when the design section of a protocol is wrong."""

import re
from importlib.resources import files

import pytest
from click.testing import CliRunner

from equipoise.adam.censoring import bundled_rule_sets
from equipoise.cli import main
from equipoise.errors import ProtocolError
from equipoise.protocol.check import check_protocol
from equipoise.protocol.read import read_protocol

TEXT = (files("equipoise") / "protocols" / "altn-iii-04.yaml").read_text(encoding="utf-8")


def faults_of(text):
    try:
        protocol, positions = read_protocol(text, file="trial.yaml")
    except ProtocolError as error:
        return list(error.faults)
    return check_protocol(protocol, positions, rule_sets=bundled_rule_sets())


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
        "give `fraction`, `month` or `patients`",
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


def by_command(folder, text):
    file = folder / "trial.yaml"
    file.write_text(text, encoding="utf-8")
    out = folder / "plan"
    run = CliRunner().invoke(main, ["design", str(file), "--out", str(out)])
    assert run.exit_code == (0 if out.exists() else 1), run.output
    return run.output, out.exists()


def test_every_fault_is_told_at_once_by_the_command_and_nothing_is_written(tmp_path):
    text = TEXT
    for old, new in (
        ("  power: 0.80\n", "  power: 0.80\n  events: 300\n"),
        ("{family: lan-demets-obrien-fleming}", "{family: kim-demets}"),
        ("{fraction: 0.66}, {fraction: 1}", "{fraction: 0.9}, {fraction: 0.5}"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    said, written = by_command(tmp_path, text)
    assert not written
    assert said.startswith("equipoise: 3 faults")
    for what in ("3 of power, events and effect", "looks are out of order", "kim-demets"):
        assert what in said


@pytest.mark.parametrize(
    ("old", "new", "what", "nearest"),
    [
        ("power: 0.80", "power: 0.02", "a power of 0.02 is impossible", r"between (0\.025) and"),
        (
            "  patients: 256",
            "  patients: 160",
            "172 events cannot come",
            r"at least (\d+) patients",
        ),
        (
            "{family: lan-demets-obrien-fleming}",
            "{family: haybittle-peto, parameter: 1.0}",
            "interim bounds of 1 spend 0.1587",
            r"bounds of ([\d.]+) or more",
        ),
        ("hazard_ratio: 0.65", "hazard_ratio: 1.2", "does not improve on 1", r"as ([\d.]+);"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_the_nearest_that_can(
    tmp_path, old, new, what, nearest
):
    assert TEXT.count(old) == 1
    said, written = by_command(tmp_path, TEXT.replace(old, new))
    assert what in said
    assert not written
    found = re.search(nearest, said)[1]
    number = re.search(r"[\d.]+", new)[0]
    better = str(float(found) + 0.3) if "power" in old else found
    text = TEXT.replace(old, new.replace(number, better))
    if "hazard_ratio" in old:
        text = text.replace("  patients: 256", "  last_look_month: 60")
    said, written = by_command(tmp_path, text)
    assert written, said
