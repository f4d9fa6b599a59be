# SPDX-License-Identifier: Apache-2.0
"""The law of the log-rank Z without simulation: every outcome written out, and simulated trials."""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest
from tests.event_time_trials import SCANS, rich_trial

from equipoise.operating.expected_logrank import logrank_law
from equipoise.operating.logrank_moments import moments_of_scans, moments_of_times
from equipoise.operating.simulate_events import simulate_replicates
from equipoise.operating.trial import EventTimeTrial, Looks, Scans

SIZE = (2, 3)
FOLLOWED = np.array([[0.9, 0.7], [0.8, 0.6]])
EVENT = np.array([[0.3, 0.5], [0.2, 0.4]])


def _outcomes(arm: int) -> list[tuple[int, bool, float]]:
    """(scan, event, chance) of one patient over two scans; scan -1 is before the first."""
    (g1, g2), (q1, q2) = FOLLOWED[arm], EVENT[arm]
    return [
        (-1, False, 1 - g1),
        (0, True, g1 * q1),
        (0, False, (1 - q1) * (g1 - g2)),
        (1, True, (1 - q1) * g2 * q2),
        (1, False, (1 - q1) * g2 * (1 - q2)),
    ]


def _score_and_variance(outcomes: list[tuple[int, bool, float]]) -> tuple[float, float]:
    """Mantel's log-rank score in favour of the second arm, and its variance, from first words."""
    score = variance = 0.0
    for scan in (0, 1):
        at_risk = [k for k, (end, _, _) in enumerate(outcomes) if end >= scan]
        events = [k for k in at_risk if outcomes[k][0] == scan and outcomes[k][1]]
        n, n1, d = len(at_risk), sum(k >= SIZE[0] for k in at_risk), len(events)
        if d:
            score += d * n1 / n - sum(k >= SIZE[0] for k in events)
            variance += d * n1 / n * (1 - n1 / n) * (n - d) / max(n - 1, 1)
    return score, variance


def test_moments_equal_the_sums_over_every_outcome_of_five_patients() -> None:
    rows = [
        (*_score_and_variance(list(outcomes)), math.prod(chance for _, _, chance in outcomes))
        for outcomes in itertools.product(*([_outcomes(0)] * SIZE[0] + [_outcomes(1)] * SIZE[1]))
    ]
    score, variance, chance = np.array(rows).T
    assert chance.sum() == pytest.approx(1.0)
    found = moments_of_scans(SIZE, followed=FOLLOWED, event=EVENT)
    u, v = score - score @ chance, variance - variance @ chance
    expected = {
        "U": score @ chance,
        "V": variance @ chance,
        "UU": (u * u) @ chance,
        "UV": (u * v) @ chance,
        "VV": (v * v) @ chance,
        "UUV": (u * u * v) @ chance,
        "UVV": (u * v * v) @ chance,
        "VVV": (v * v * v) @ chance,
    }
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, abs=1e-13)


def test_one_patient_an_arm_with_times_of_their_own_by_integrals() -> None:
    """The first to leave decides: U is 1/2 with chance h0 / h, -1/2 with h1 / h; V is 1/4."""
    h0, h1, leaves, month = 0.3, 0.2, 0.1, 80.0
    edges = np.linspace(0.0, month, 2001)
    middle, width = (edges[1:] + edges[:-1]) / 2, edges[1]
    found = moments_of_times(
        (1, 1),
        followed=np.exp(-leaves * np.array([middle, middle])),
        hazard=np.array([[h0], [h1]]) * np.full(2000, width),
    )
    total = h0 + h1 + 2 * leaves
    event = (h0 + h1) / total
    assert pytest.approx(0.5 * (h0 - h1) / total, abs=1e-5) == found.U
    assert pytest.approx(0.25 * event, abs=1e-5) == found.V
    assert pytest.approx(0.25 * event - found.U**2, abs=1e-5) == found.UU
    assert pytest.approx(found.U * 0.25 * (1 - event), abs=1e-5) == found.UV
    assert pytest.approx(event * (1 - event) / 16, abs=1e-5) == found.VV


def _third(scans: tuple[Scans, ...]) -> EventTimeTrial:
    """The rich trial with a third of its patients: piecewise hazards, cure, unequal small arms."""
    trial = rich_trial(scans)
    strata = tuple(
        s.model_copy(
            update={
                "control": s.control.model_copy(update={"patients": s.control.patients // 3}),
                "experimental": s.experimental.model_copy(
                    update={"patients": s.experimental.patients // 3}
                ),
            }
        )
        for s in trial.strata
    )
    return trial.model_copy(update={"strata": strata})


@pytest.mark.parametrize("scans", [(), SCANS], ids=["times of their own", "scans"])
@pytest.mark.parametrize("month", [13.0, 22.0], ids=["while patients enter", "after"])
def test_small_strata_reject_as_often_as_simulated(scans: tuple[Scans, ...], month: float) -> None:
    """Mean and sd of Z and the power lie within 3.5 standard errors of 40,000 trials."""
    trial, replicates = _third(scans), 40_000
    law = logrank_law(trial, month=month)
    looks = Looks(events=(trial.patients,), latest_month=month)
    rows = simulate_replicates(trial, looks=looks, seed=9, first=0, replicates=replicates)
    z = -rows[:, 0, 3]
    assert np.isfinite(z).all()
    assert abs(z.mean() - law.mean) < 3.5 * law.sd / math.sqrt(replicates)
    assert abs(z.std() / law.sd - 1) < 3.5 / math.sqrt(2 * replicates)
    power = law.rejects(level=0.025)
    error = math.sqrt(power * (1 - power) / replicates)
    assert abs(float((z > NormalDist().inv_cdf(0.975)).mean()) - power) < 3.5 * error
