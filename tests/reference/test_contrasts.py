# SPDX-License-Identifier: Apache-2.0
"""RMST, Fleming-Harrington, MaxCombo and response: against R, and how often they reject."""

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.stats import norm
from tests.event_time_trials import plain_trial

from equipoise.errors import MethodError
from equipoise.operating.contrast_characteristics import contrast_characteristics
from equipoise.operating.contrasts import (
    maxcombo_contrast,
    response_contrast,
    rmst_contrast,
)
from equipoise.operating.reference import draw_patients, find_cut, logrank_z, take_snapshot
from equipoise.operating.trial import EventTimeTrial, Looks

REFERENCE = yaml.safe_load(Path(__file__).with_name("contrasts_r.yaml").read_text())
FOUR = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


def snapshot(replicate):
    trial = plain_trial(0.65)
    patients = draw_patients(trial, seed=20, replicate=replicate)
    return take_snapshot(trial, patients, cut=find_cut(patients, events=170, latest=math.inf))


@pytest.mark.parametrize("row", REFERENCE["rows"], ids=lambda row: str(row[0]))
def test_rmst_agrees_with_r(row):
    found = rmst_contrast(snapshot(row[0]), tau=REFERENCE["tau"])
    assert math.isclose(found.estimate, row[1] - row[3], abs_tol=REFERENCE["tolerance"])
    assert math.isclose(found.se, math.hypot(row[2], row[4]), abs_tol=REFERENCE["tolerance"])


@pytest.mark.parametrize("row", REFERENCE["rows"], ids=lambda row: str(row[0]))
def test_one_weighted_test_agrees_with_r(row):
    found = maxcombo_contrast(snapshot(row[0]), weights=((1.0, 0.0),))
    assert math.isclose(found.z, row[5], abs_tol=REFERENCE["tolerance"])
    assert math.isclose(found.p, norm.cdf(found.z), abs_tol=1e-9)


def test_plain_weights_are_the_logrank_test():
    data = snapshot(1000)
    found = maxcombo_contrast(data, weights=((0.0, 0.0),))
    assert math.isclose(found.z, logrank_z(data), abs_tol=1e-12)
    four = maxcombo_contrast(data, weights=FOUR)
    assert four.z <= found.z
    assert four.p >= norm.cdf(four.z)


def test_rmst_beyond_follow_up_is_refused():
    with pytest.raises(MethodError, match=r"No restricted mean to 40\.0 months on arm"):
        rmst_contrast(snapshot(1000), tau=40.0)


def test_rejection_rates_and_estimates_are_the_true_ones():
    base = plain_trial(1.0)
    arms = base.strata[0]
    trial = EventTimeTrial(
        accrual=base.accrual,
        strata=(
            arms.model_copy(
                update={
                    "control": arms.control.model_copy(update={"response": 0.2}),
                    "experimental": arms.experimental.model_copy(update={"response": 0.35}),
                }
            ),
        ),
    )
    table = contrast_characteristics(
        trial,
        looks=Looks(events=(170,)),
        analyses={
            "rmst": partial(rmst_contrast, tau=8.0),
            "maxcombo": partial(maxcombo_contrast, weights=FOUR),
            "response": response_contrast,
        },
        alpha=0.025,
        seed=4,
        replicates=100,
    )
    rows = {(a, q): (value, se) for a, q, _, value, se in table[:, :5].rows()}
    for name in ("rmst", "maxcombo"):
        assert abs(rows[name, "reject"][0] - 0.025) <= 3 * np.sqrt(0.025 * 0.975 / 100)
    for name, truth in (("rmst", 0.0), ("response", -0.15)):
        value, se = rows[name, "estimate"]
        assert abs(value - truth) <= 3 * se
    assert rows["response", "reject"][0] > 0.6
