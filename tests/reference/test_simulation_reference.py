# SPDX-License-Identifier: Apache-2.0
"""Operating characteristics against 4,000,000 replicates of an independent simulator."""

import json
import math

import numpy as np
import pytest
from tests.event_time_trials import THREE_LOOKS, plain_trial
from tests.oracles import oracle_file

from equipoise.operating.characteristics import Effort, operating_characteristics
from equipoise.operating.scenario import Bounds, Scenario
from equipoise.operating.simulate_events import simulate_replicates
from equipoise.operating.trial import Looks

pytestmark = pytest.mark.oracle

N, SEED = 200_000, 2026
BOUNDS = (2.9626, 2.3590, 2.0141)


@pytest.fixture(scope="module", params=["0.3", "0.65", "1.0"])
def both(request):
    """One scenario of the reference, and ours with a tolerance for each quantity."""
    text = oracle_file("simulation_reference.json").read_text()
    expected = json.loads(text)["scenarios"][request.param]
    scenario = Scenario(
        name=request.param,
        trial=plain_trial(expected["hr"]),
        looks=THREE_LOOKS,
        bounds=Bounds(efficacy=BOUNDS),
    )
    table = operating_characteristics(
        [scenario], effort=Effort(replicates=N, seed=SEED, confidence=0.95)
    )
    ours = {(q, k): (value, se, sd) for q, k, value, se, sd in table[:, 1:6].rows()}
    return expected, ours


def within_three_errors(ours, expected, sd, reference_n):
    """|difference| below three standard errors of the difference of two simulations."""
    error = sd * math.sqrt(1 / N + 1 / reference_n)
    assert abs(ours - expected) <= 3 * error + 1e-12, (ours, expected, error)


def test_looks(both):
    expected, ours = both
    for key, name in (("mean_Z", "z"), ("mean_logHR", "log_hr"), ("mean_cut", "cut")):
        for look in (1, 2, 3):
            value, _, sd = ours[name, look]
            within_three_errors(value, expected[key][look - 1], sd, expected["n"])
    for key, name in (("sd_Z", "z"), ("sd_logHR", "log_hr")):
        for look in (1, 2, 3):
            sd = ours[name, look][2]
            within_three_errors(sd, expected[key][look - 1], sd / math.sqrt(2), expected["n"])
    for look, probability in enumerate(expected["per_stage"], start=1):
        sd = math.sqrt(max(probability * (1 - probability), 1 / N))
        within_three_errors(ours["stop_efficacy", look][0], probability, sd, expected["n"])


def test_whole_trial(both):
    expected, ours = both
    pairs = (
        ("gs_reject", ("reject", 0)),
        ("exp_events", ("events", 0)),
        ("exp_duration", ("duration", 0)),
        ("wald_coverage", ("coverage", 3)),
    )
    for key, place in pairs:
        value, _, sd = ours[place]
        within_three_errors(value, expected[key], sd, expected["n"])


def test_correlation_of_the_first_two_looks(both):
    expected, ours = both
    (m1, _, s1), (m2, _, s2) = ours["z", 1], ours["z", 2]
    correlation = (ours["z_times_next_z", 1][0] - m1 * m2) / (s1 * s2)
    sd = 1 - expected["corr_Z12"] ** 2
    within_three_errors(correlation, expected["corr_Z12"], sd, expected["n"])


def test_fixed_design_and_symmetry(both):
    expected, _ = both
    out = simulate_replicates(
        plain_trial(expected["hr"]), looks=THREE_LOOKS, seed=SEED + 1, first=0, replicates=N
    )
    power = expected["fixed_power"]
    sd = math.sqrt(power * (1 - power))
    within_three_errors(np.mean(out[:, 2, 3] <= -1.959963984540054), power, sd, expected["n"])
    if "gs_two_sided_symmetry" in expected:
        wrong = np.mean(np.any(out[:, :, 3] >= np.array(BOUNDS), axis=1))
        rate = expected["gs_two_sided_symmetry"]
        within_three_errors(wrong, rate, math.sqrt(rate * (1 - rate)), expected["n"])


def test_type_one_error_of_one_look():
    """The true one-sided size at 170 events is 0.0255 (reference), not 0.025."""
    scenario = Scenario(
        name="null",
        trial=plain_trial(1.0),
        looks=Looks(events=(170,)),
        bounds=Bounds(efficacy=(1.959963984540054,)),
    )
    effort = Effort(replicates=400_000, seed=SEED + 2, confidence=0.95)
    table = operating_characteristics([scenario], effort=effort)
    value, se = table.filter(quantity="reject").select("value", "se").row(0)
    assert abs(value - 0.0255425) <= 3 * se
