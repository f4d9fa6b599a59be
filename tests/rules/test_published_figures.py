# SPDX-License-Identifier: Apache-2.0
"""What can be recomputed from print, and what a contradiction looks like."""

from importlib.resources import files

import pytest
from click.testing import CliRunner

import equipoise
from equipoise.cli import main

TEXT = (files("equipoise") / "protocols" / "altn-iii-04.yaml").read_text(encoding="utf-8")


def verdicts(trial):
    return {(item.figure, item.arm): item for item in equipoise.check(trial)}


@pytest.mark.parametrize("trial", ["alter-s006", "altn-iii-04"])
def test_every_response_interval_is_reproduced_and_nothing_contradicts(trial):
    items = verdicts(trial)
    rates = [i for (figure, _), i in items.items() if figure.split(".")[0] in ("orr", "dcr")]
    assert rates
    assert {i.verdict for i in rates} == {"agrees"}
    assert "contradicts" not in {i.verdict for i in items.values()}


def test_a_percentage_gives_its_count_and_exact_interval():
    item = verdicts("altn-iii-04")[("orr.birc", "ANL")]
    assert item.recomputed == "24/135 = 17.8% (11.7-25.3), Clopper-Pearson"


def test_a_hazard_ratio_interval_gives_its_implied_events():
    items = verdicts("altn-iii-04")
    assert "implies 112 events" in items[("pfs.birc.hr", None)].recomputed
    assert "implies 70 events" in items[("os.hr", None)].recomputed


def test_a_symmetric_interval_is_pointed_out():
    item = verdicts("alter-s006")[("pfs.median_months", None)]
    assert item.verdict == "cannot be recomputed"
    assert "normal approximation" in item.recomputed


CONTRADICTIONS = {
    "a percentage no count gives": ("{pct: 17.8, ci: [11.7, 25.3]}", "{pct: 17.7}", "orr.birc"),
    "an interval of another count": (
        "{pct: 79.3, ci: [71.4, 85.8]}",
        "{pct: 79.3, ci: [71.4, 85.9]}",
        "dcr.birc",
    ),
    "a ratio off its interval": ("value: 0.30, ci: [0.21", "value: 0.35, ci: [0.21", "pfs.birc.hr"),
    "arms that do not add up": ("printed: {value: 272}", "printed: {value: 271}", "randomised"),
    "a median outside its interval": (
        "{value: 8.57, ci: [7.79, 10.12]}",
        "{value: 7.57, ci: [7.79, 10.12]}",
        "pfs.birc.median_months",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_named_and_ends_with_status_1(tmp_path, name):
    old, new, figure = CONTRADICTIONS[name]
    assert TEXT.count(old) == 1
    path = tmp_path / "trial.yaml"
    path.write_text(TEXT.replace(old, new))
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 1
    lines = [line for line in result.stdout.splitlines() if line.startswith("contradicts")]
    assert lines
    assert all(figure in line for line in lines)
