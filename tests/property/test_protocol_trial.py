# SPDX-License-Identifier: Apache-2.0
"""ALTN-III-04 as event times: what is taken from its protocol, and how often it errs."""

import math

from equipoise.operating.characteristics import Effort, operating_characteristics
from equipoise.operating.grid_table import plot_points, tabulate_scenarios
from equipoise.operating.protocol_trial import planned_look, progression_trial, without_effect
from equipoise.operating.scenario import Bounds, Scenario
from equipoise.trial import load_trial

PROTOCOL = load_trial("altn-iii-04").protocol
TRIAL = progression_trial(PROTOCOL, analysis="PFS.BIRC")
LOOKS = planned_look(PROTOCOL, TRIAL)


def scenario(name, trial):
    bounds = Bounds(efficacy=(1.959963984540054,))
    return Scenario(name=name, trial=trial, looks=LOOKS, bounds=bounds, levels={"effect": name})


def test_sizes_strata_and_calendar_are_those_of_the_protocol():
    arms = PROTOCOL.simulation.arms
    assert sum(s.control.patients for s in TRIAL.strata) == arms["PBO"].patients
    assert sum(s.experimental.patients for s in TRIAL.strata) == arms["ANL"].patients
    assert [s.name for s in TRIAL.strata] == [
        "0, LEIOMYOSARCOMA",
        "0, OTHER",
        "1, LEIOMYOSARCOMA",
        "1, OTHER",
    ]
    assert math.isclose(TRIAL.scans[0].every_months * PROTOCOL.days_per_month, 42)
    assert math.isclose(TRIAL.scans[1].every_months * PROTOCOL.days_per_month, 84)
    assert 20 < LOOKS.latest_month < 26


def test_type_one_error_and_power():
    table = operating_characteristics(
        [scenario("none", without_effect(TRIAL)), scenario("as assumed", TRIAL)],
        effort=Effort(replicates=100_000, seed=4, confidence=0.95),
    )
    wide = tabulate_scenarios(table)
    assert wide.columns[:4] == ["scenario", "effect", "n", "reject"]
    error, se = wide.row(0, named=True)["reject"], wide.row(0, named=True)["reject_se"]
    assert abs(error - 0.025) <= 3 * se
    assert wide.row(1, named=True)["reject"] > 0.999
    points = plot_points(table, quantity="duration")
    assert points["effect"].to_list() == ["none", "as assumed"]
    assert points["unit"].to_list() == ["months", "months"]
