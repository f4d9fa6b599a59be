# SPDX-License-Identifier: Apache-2.0
"""A scenario grid as a design meeting writes it, and what it is told when it errs."""

import math

import pytest

from equipoise.errors import ProtocolError
from equipoise.operating.grid import read_grid

GRID = """
base:
  trial:
    accrual: [{months: 18, patients: 272}]
    strata:
      - control: {patients: 136, median_months: 3.02, dropout_per_month: 0.0202}
        experimental: {hazard_ratio: 1.0}
  looks: {events: [85, 170]}
  bounds: {efficacy: [2.96, 1.97], futility: [0, null]}
vary:
  trial.strata.0.experimental.hazard_ratio:
    - 0.65
    - [{ratio: 1.0}, {from_month: 2, ratio: 0.5}]
  trial.strata.0.control.median_months: [3.02, 4]
"""


def test_every_combination_is_a_scenario():
    scenarios = read_grid(GRID, source="grid.yaml")
    assert [s.levels["median_months"] for s in scenarios] == ["3.02", "4", "3.02", "4"]
    assert scenarios[0].name == "hazard_ratio 0.65, median_months 3.02"
    assert scenarios[2].levels["hazard_ratio"] == "1.0, from month 2 0.5"
    first, delayed = scenarios[1].trial.strata[0], scenarios[2].trial.strata[0]
    assert math.isclose(first.control.hazard[0].per_month, math.log(2) / 4)
    assert math.isclose(first.experimental.hazard[0].per_month, 0.65 * math.log(2) / 4)
    assert first.experimental.patients == 136
    assert first.experimental.dropout_per_month == 0.0202
    rates = [
        piece.per_month / delayed.control.hazard[0].per_month
        for piece in delayed.experimental.hazard
    ]
    assert rates == pytest.approx([1.0, 0.5])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("looks: {events: [85, 170]}", "looks: {events: [170, 85]}", "must rise from look to look"),
        ("patients: 136", "patients: -1", "greater than 0"),
        ("experimental.hazard_ratio:", "treated.hazard_ratio:", "which the base does not have"),
        ("base:", "bass:", "A grid has the entries `base` and `vary`"),
        ("efficacy: [2.96, 1.97]", "efficacy: [2.96]", "one entry for each of the 2 looks"),
        ("[85, 170]}", "[85, 170", "The file is not YAML"),
        ("median_months: [3.02, 4]", "median_months: 3.02", "has no list of values"),
        ("base:", "base: {protocol: altn-iii-04}\nother:", "A grid has the entries"),
        ("[85, 170]", "[85, 273]", "more events than the trial has patients"),
    ],
)
def test_faults_name_what_and_where(old, new, message):
    with pytest.raises(ProtocolError, match=message) as caught:
        read_grid(GRID.replace(old, new, 1), source="grid.yaml")
    assert "grid.yaml" in str(caught.value)


def test_a_star_stands_for_every_stratum():
    two = GRID.replace(
        "        experimental: {hazard_ratio: 1.0}\n",
        "        experimental: {hazard_ratio: 1.0}\n"
        "      - control: {patients: 20, median_months: 6}\n"
        "        experimental: {median_months: 6}\n",
    ).replace("0.experimental", "'*'.experimental".replace("'", ""))
    trial = read_grid(two, source="grid.yaml")[0].trial
    for stratum in trial.strata:
        ratio = stratum.experimental.hazard[0].per_month / stratum.control.hazard[0].per_month
        assert ratio == pytest.approx(0.65)


def test_factors_of_one_name_are_told_apart():
    grid = GRID.replace("control.median_months: [3.02, 4]", "control.dropout_per_month: [0, 0.02]")
    grid += "  trial.strata.0.experimental.dropout_per_month: [0.01]\n"
    names = set(read_grid(grid, source="grid.yaml")[0].levels)
    assert names == {"hazard_ratio", "control.dropout_per_month", "experimental.dropout_per_month"}


def test_a_base_comes_from_a_protocol_and_what_it_states_goes_first():
    stated = read_grid(GRID, source="grid.yaml")[0]
    taken = {
        "trial": stated.trial.model_dump(mode="json"),
        "looks": {"events": [40, 80]},
        "bounds": {"efficacy": [3.0, 2.0]},
    }
    asked = []

    def base_of(name, analysis):
        asked.append((name, analysis))
        return taken

    text = "base: {protocol: some-trial, analysis: PFS, looks: {events: [50, 90]}}"
    (scenario,) = read_grid(text, source="grid.yaml", base_of=base_of)
    assert asked == [("some-trial", "PFS")]
    assert scenario.looks.events == (50, 90)
    assert scenario.bounds.efficacy == (3.0, 2.0)


def test_a_protocol_without_an_analysis_is_refused():
    with pytest.raises(ProtocolError, match="names a protocol and no analysis"):
        read_grid("base: {protocol: some-trial}", source="grid.yaml")


def test_an_arm_that_states_its_hazard_twice_is_refused():
    base = GRID.partition("vary:")[0].replace("ratio: 1.0}", "ratio: 1.0, median_months: 4}")
    with pytest.raises(ProtocolError, match="states its hazard as median_months and as hazard_r"):
        read_grid(base, source="grid.yaml")
