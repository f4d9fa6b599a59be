"""Whole patients and event times alone: the same trial by both engines gives the same results.

Held together where both describe it: scans all done on their day and read alike, nobody dies
before progression (event times date such a death at the next scan), no adverse event kills. What
each engine has beside that is measured in docs/known-truth.md.
"""

from math import sqrt

import numpy as np
import polars as pl
import pytest
from scipy.stats import ks_2samp

from equipoise.operating.protocol_trial import planned_look, progression_trial
from equipoise.operating.simulate_events import simulate_replicates
from equipoise.protocol.model import Piece
from equipoise.rehearsal.block import RehearsalBlock, rehearse_block
from equipoise.rehearsal.world import with_hazard_ratio, with_perfect_scans, without_fatal_events
from equipoise.trial import load_trial

PATIENTS, EVENT_TIMES = 120, 20_000
EVENTS, Z, LOG_HR = 1, 3, 4
"""Columns of the fast simulator."""


def bare(protocol):
    """The protocol without what only one of the engines has."""
    world = with_perfect_scans(without_fatal_events(protocol)).simulation
    never = (Piece(median_months=1e9),)
    arms = {
        name: course.model_copy(update={"death_before_progression": never})
        for name, course in world.arms.items()
    }
    perfect = with_perfect_scans(protocol)
    return perfect.model_copy(update={"simulation": world.model_copy(update={"arms": arms})})


PROTOCOL = bare(with_hazard_ratio(load_trial("altn-iii-04").protocol, 0.65))


@pytest.fixture(scope="module")
def patients():
    block = RehearsalBlock(protocol=PROTOCOL, seed=5, index=0, first=1, replicates=PATIENTS)
    numbers = rehearse_block(block).numbers.filter(analysis_id="PFS.BIRC")

    def of(method, stat):
        found = numbers.filter(method_id=method, stat=stat)
        summed = found.group_by("REPID", maintain_order=True).agg(pl.col("value").sum())
        return summed["value"].to_numpy()

    return {
        "events": of("kaplan-meier", "n_event"),
        "z": of("logrank", "z"),
        "log_hr": of("cox", "log_hr"),
    }


@pytest.fixture(scope="module")
def event_times():
    trial = progression_trial(PROTOCOL, analysis="PFS.BIRC")
    looks = planned_look(PROTOCOL, trial)
    out = simulate_replicates(trial, looks=looks, seed=5, first=0, replicates=EVENT_TIMES)[:, 0]
    return {"events": out[:, EVENTS], "z": out[:, Z], "log_hr": out[:, LOG_HR]}


@pytest.mark.parametrize("quantity", ["events", "z", "log_hr"])
def test_means_agree_within_monte_carlo_error(patients, event_times, quantity):
    one, other = patients[quantity], event_times[quantity]
    assert len(one) == PATIENTS
    error = sqrt(np.var(one, ddof=1) / len(one) + np.var(other, ddof=1) / len(other))
    assert abs(one.mean() - other.mean()) <= 3 * error


@pytest.mark.parametrize("quantity", ["events", "z", "log_hr"])
def test_distributions_agree(patients, event_times, quantity):
    assert ks_2samp(patients[quantity], event_times[quantity]).pvalue > 0.001


def test_the_comparison_would_see_another_effect(patients):
    """A hazard ratio of 0.75 instead of 0.65 is told apart by the numbers of the test above."""
    other = bare(with_hazard_ratio(load_trial("altn-iii-04").protocol, 0.75))
    trial = progression_trial(other, analysis="PFS.BIRC")
    looks = planned_look(other, trial)
    out = simulate_replicates(trial, looks=looks, seed=5, first=0, replicates=EVENT_TIMES)[:, 0]
    assert ks_2samp(patients["z"], out[:, Z]).pvalue < 1e-6
