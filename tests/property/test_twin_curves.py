# SPDX-License-Identifier: Apache-2.0
"""What the search of a twin computes is what the statistics compute from the same times."""

import numpy as np
import pytest

from equipoise.statistics.cox import cox
from equipoise.statistics.kaplan_meier import kaplan_meier
from equipoise.statistics.logrank import logrank
from equipoise.statistics.normal import critical_value
from equipoise.statistics.quantile import normal_approximation_median
from equipoise.twins.curves import (
    LOG,
    LOG_LOG,
    LOWER,
    PLAIN,
    UPPER,
    fill_curve,
    fit_ratio,
    limit_of,
    logrank_z,
    normal_misfit,
)

Z = critical_value(0.95)


def draw(seed, n=120):
    rng = np.random.Generator(np.random.Philox(seed))
    day = 1 + np.floor(rng.exponential(80, n)).astype(int)
    return day, rng.integers(0, 2, n), rng.integers(0, 2, n), rng.integers(0, 3, n)


def counts(day, event, arm, stratum):
    both = np.zeros((2, 3, 2, day.max() + 1), dtype=np.int64)
    np.add.at(both, (1 - event, stratum, arm, day), 1)
    return both


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("kind", "name"), [(LOG_LOG, "log-log"), (LOG, "log"), (PLAIN, "plain")])
def test_curve_and_limits(seed, kind, name):
    day, event, _, _ = draw(seed)
    both = counts(day, event, 0 * day, 0 * day)[:, 0, 0]
    curve, spread = np.empty(both.shape[1]), np.empty(both.shape[1])
    fill_curve(both[0], both[1], curve, spread)
    km = kaplan_meier(day, event, conf_type=name, conf_level=0.95)
    at = km.time.astype(int)
    assert curve[at] == pytest.approx(km.survival, abs=1e-12)
    inside = (km.survival > 0.05) & (km.survival < 0.95)
    for side, limits in ((LOWER, km.lower), (UPPER, km.upper)):
        found = [limit_of(curve[t], spread[t], Z, kind, side) for t in at[inside]]
        assert np.clip(found, 0, 1) == pytest.approx(limits[inside], abs=1e-10)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_hazard_ratio(seed, ties):
    day, event, arm, stratum = draw(seed)
    both = counts(day, event, arm, stratum)
    ratio, error = fit_ratio(both[0], both[1], 1, 0, 0.3, ties == "efron")
    fit = cox(day, event, arm.astype(float), ties=ties, conf_level=0.95, stratum=stratum)
    assert np.exp(ratio) == pytest.approx(fit.hr[0], rel=1e-8)
    assert np.exp(ratio + Z * error) == pytest.approx(fit.upper[0], rel=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_logrank(seed):
    day, event, arm, stratum = draw(seed)
    both = counts(day, event, arm, stratum)
    found = logrank(day, event, arm, stratum=stratum)
    assert logrank_z(both[0], both[1], 1, 0) ** 2 == pytest.approx(found.chi2, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_normal_interval(seed):
    day, event, _, _ = draw(seed)
    both = counts(day, event, 0 * day, 0 * day)[:, 0, 0]
    curve, spread = np.empty(both.shape[1]), np.empty(both.shape[1])
    fill_curve(both[0], both[1], curve, spread)
    want = normal_approximation_median(kaplan_meier(day, event, conf_type="plain", conf_level=0.95))
    row = np.array([0, want.lower, want.lower, want.upper, want.upper, Z])
    off = row + np.array([0, 10, 10, 10, 10, 0])
    assert normal_misfit(both[0], curve, spread, row) == pytest.approx(0, abs=1e-9)
    assert normal_misfit(both[0], curve, spread, off) == pytest.approx(0.2, abs=1e-9)
