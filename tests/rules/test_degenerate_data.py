# SPDX-License-Identifier: Apache-2.0
"""Degenerate data get a stated result or a clear error from every method: degenerate_data.yaml."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from tests.rules.degenerate_calls import COUNTS, SITUATIONS, SURVIVAL, TWO_ARMS
from tests.rules.degenerate_outcome import outcome
from tests.statistics_functions import methods

from equipoise.statistics import score_intervals as score
from equipoise.statistics.stratified_proportions import strata_counts, stratified_score_difference
from equipoise.statistics.two_proportions import Counts

WANT = yaml.safe_load(Path(__file__).with_name("degenerate_data.yaml").read_text())
# these take results of other methods, single numbers, or many trials at once; each has its own test
ELSEWHERE = {
    "conventions.convention", "conventions.conventions", "conventions.different_numbers",
    "conventions.prepared_times", "conventions.rounded", "conventions.survival_at",
    "conventions.survival_curve", "conventions.survival_quantile", "many_trials.hazard_ratios",
    "many_trials.logranks", "many_trials.sort_trials", "multivariate_normal.half_sphere",
    "multivariate_normal.largest_exceeds", "multivariate_normal.smallest_below",
    "near_times.join_near_times", "rounding.format_interval", "rounding.format_number",
    "rounding.format_p", "rounding.format_percent", "rounding.format_ratio_percent",
    "rounding.round_half_away", "rounding.round_half_even",
}  # fmt: skip


def label(method):
    if isinstance(method, str):
        return method
    return f"{method.__module__.split('.')[-1]}.{method.__name__}"


def cells():
    for part, calls, data in (
        ("survival", SURVIVAL, SITUATIONS),
        ("counts", TWO_ARMS, COUNTS),
    ):
        for method, call in calls.items():
            for place, situation in enumerate(WANT[part]["situations"]):
                want = WANT[part][label(method)][place]
                name = f"{label(method)}, {situation}"
                yield pytest.param(call, data[situation], want, id=name)


@pytest.mark.parametrize(("call", "data", "want"), cells())
def test_outcome(call, data, want):
    got, detail = outcome(call, data)
    assert got == want, detail
    if got == "error":
        assert "where:" in detail
        assert "mend:" in detail


def test_every_method_is_called():
    called = {label(method) for method in (*SURVIVAL, *TWO_ARMS)} | {
        f"score_intervals.{name}" for name in ("score_interval",)
    }
    missing = methods() - called - ELSEWHERE
    assert not missing, f"methods without a test on degenerate data: {sorted(missing)}"


@pytest.mark.parametrize("form", [score.MIETTINEN_NURMINEN, score.MEE, score.SCAS, score.GART_NAM])
def test_full_separation_reaches_the_end_of_the_scale(form):
    low = score.score_interval(Counts(0, 12, 15, 15), scale="difference", form=form, conf_level=0.9)
    high = score.score_interval(
        Counts(12, 12, 0, 15), scale="difference", form=form, conf_level=0.9
    )
    assert (low.lower, high.upper) == (-1.0, 1.0)
    assert low.upper == pytest.approx(-high.lower, abs=1e-12)
    assert -1.0 < low.upper < -0.7


def test_full_separation_in_every_stratum():
    s = strata_counts([0, 0], [12, 9], [15, 8], [15, 8])
    got = stratified_score_difference(s, conf_level=0.95)
    assert got.lower == -1.0
    assert -1.0 < got.upper < -0.8
    turned = strata_counts(s.x2, s.n2, s.x1, s.n1)
    other = stratified_score_difference(turned, conf_level=0.95)
    np.testing.assert_allclose([other.lower, other.upper], [-got.upper, 1.0], atol=1e-12)
