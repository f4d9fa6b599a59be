# SPDX-License-Identifier: Apache-2.0
"""Interval-censored times against R and lifelines: the curve, the ratio of grouped times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from tests.oracles import Comparison

from equipoise.errors import MethodError
from equipoise.statistics.interval_cox import interval_cox
from equipoise.statistics.kaplan_meier import kaplan_meier
from equipoise.statistics.states import State
from equipoise.statistics.turnbull import turnbull, turnbull_quantile

SOURCE, LIFELINES = "interval_r.yaml", "interval_lifelines.yaml"
WANT = yaml.safe_load(Path(__file__).with_name(SOURCE).read_text(encoding="utf-8"))


def test_the_curve_is_that_of_lifelines() -> None:
    want = yaml.safe_load(Path(__file__).with_name(LIFELINES).read_text(encoding="utf-8"))
    compare = Comparison("turnbull", LIFELINES, want["level"])
    found = turnbull(WANT["curve"]["lower"], WANT["curve"]["upper"])
    assert len(found.mass) == len(want["mass"])
    for at, right in enumerate(want["right"]):
        compare.check(f"left {right}", found.left[at], want["left"][at])
        compare.check(f"right {right}", found.right[at], right)
        compare.check(f"mass {right}", found.mass[at], want["mass"][at], rel=1e-3)
    compare.close()


def test_the_curve_is_near_that_of_r_which_stops_its_steps_early() -> None:
    want = WANT["curve"]
    compare = Comparison("turnbull", SOURCE, WANT["level"])
    found = turnbull(want["lower"], want["upper"])
    times, survival = np.array(want["time"]), np.array(want["surv"])
    for right, own in zip(found.right, found.survival, strict=True):
        last = survival[times <= right][-1]
        compare.check(f"survival after {right}", own, last, rel=want["tolerance"])
    median = turnbull_quantile(found, 0.5)
    compare.check("median", (median.left + median.right) / 2, want["median"][0])
    compare.close()


@pytest.mark.parametrize("form", ["unstratified", "stratified"])
def test_the_hazard_ratio_of_grouped_times_is_that_of_r(form: str) -> None:
    data = WANT["grouped"]
    stratum = data["cell"] if form == "stratified" else None
    found = interval_cox(
        data["lower"], data["upper"], data["arm"], conf_level=0.95, stratum=stratum
    )
    want = data[form]
    compare = Comparison("interval_cox", SOURCE, WANT["level"])
    compare.check("beta", found.beta, want["beta"][0], rel=data["tolerance"])
    compare.check("chi2", found.chi2, want["chi2"][0], rel=data["tolerance"])
    for got, limit in zip((found.lower, found.upper), want["limits"], strict=True):
        compare.check("limit", np.log(got), limit, rel=data["tolerance_limits"])
    compare.close()


def test_times_known_to_the_day_give_the_kaplan_meier_curve() -> None:
    data = WANT["grouped"]
    day = np.arange(1.0, 1.0 + len(data["arm"]))
    event = np.isfinite(data["upper"])
    found = turnbull(np.where(event, day - 1, day), np.where(event, day, np.inf))
    plain = kaplan_meier(day, event, conf_type="plain", conf_level=0.95)
    survival = dict(zip(plain.time, plain.survival, strict=True))
    for right, value in zip(found.right, found.survival, strict=True):
        if np.isfinite(right):
            assert value == pytest.approx(survival[right], abs=1e-9)


def test_no_mass_can_be_moved_to_make_the_data_likelier() -> None:
    """The maximum's own proof: no place's gradient exceeds the number of subjects."""
    data = WANT["curve"]
    lower, upper = np.array(data["lower"]), np.array(data["upper"])
    found = turnbull(lower, upper)
    inside = (lower[:, None] <= found.left) & (found.right <= upper[:, None])
    gradient = (inside / (inside @ found.mass)[:, None]).sum(axis=0)
    assert found.mass.sum() == pytest.approx(1.0, abs=1e-9)
    assert gradient == pytest.approx(len(lower), rel=1e-7)


def test_a_quantile_that_is_not_reached_says_so() -> None:
    curve = turnbull([0, 5, 5], [5, np.inf, np.inf])
    assert turnbull_quantile(curve, 0.5).state == State.NR
    assert turnbull_quantile(curve, 0.25).right == 5


def test_swapping_the_groups_inverts_the_ratio() -> None:
    data = WANT["grouped"]
    arm = np.array(data["arm"])
    one, two = (
        interval_cox(data["lower"], data["upper"], own, conf_level=0.9) for own in (arm, 1 - arm)
    )
    assert one.hr == pytest.approx(1 / two.hr, rel=1e-7)
    assert one.lower == pytest.approx(1 / two.upper, rel=1e-6)
    assert one.p == pytest.approx(two.p, rel=1e-6)


def test_an_arm_without_events_has_no_ratio() -> None:
    found = interval_cox([0, 1, 2, 2], [1, 2, np.inf, np.inf], [0, 0, 1, 1], conf_level=0.95)
    assert found.state == State.NE
    assert found.reason


def test_an_interval_without_length_is_refused() -> None:
    with pytest.raises(MethodError, match="every `upper` must be later than its `lower`"):
        turnbull([1, 2], [1, 3])
    with pytest.raises(MethodError, match="`in_group` must be 0 or 1"):
        interval_cox([0, 1], [1, 2], [0, 2], conf_level=0.95)
