# SPDX-License-Identifier: Apache-2.0
"""MaxCombo against R and mvtnorm, and its normal probabilities against closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from scipy.integrate import quad
from scipy.stats import norm
from tests.oracles import Comparison, oracle_file

from equipoise.errors import MethodError
from equipoise.statistics.max_combo import max_combo
from equipoise.statistics.multivariate_normal import largest_exceeds, smallest_below
from equipoise.statistics.stratified_max_combo import (
    max_combo_stratum_estimates,
    max_combo_stratum_z,
)

WANT = yaml.safe_load(Path(__file__).with_name("max_combo_r.yaml").read_text())
FH = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
METHODS = {
    "sums": max_combo,
    "stratum_z": max_combo_stratum_z,
    "stratum_estimates": max_combo_stratum_estimates,
}
COLUMNS = {
    "whas500": ("camis/data/whas500.csv", "LENFOL", "FSTAT", "AFB", "GENDER", (0, 0)),
    "whas500_whole": ("camis/data/whas500.csv", "LENFOL", "FSTAT", "AFB", None, (0, 0)),
    "veteran": ("survival_ref/data/veteran.csv", "time", "status", "trt", "prior", (0, 1)),
    "lung": ("survival_ref/data/lung.csv", "time", "status", "sex", None, (1, 1)),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", COLUMNS)
def test_against_r(name):
    path, time, event, arm, stratum, (less_event, less_arm) = COLUMNS[name]
    data = pl.read_csv(oracle_file(path), infer_schema_length=None)
    groups = np.zeros(data.height, int) if stratum is None else data[stratum].to_numpy()
    rows = (data[time], data[event].to_numpy() - less_event, data[arm].to_numpy() - less_arm)
    compare = Comparison("MaxCombo", f"max_combo_r.yaml {name}", WANT["level"])
    for way, want in WANT[name].items():
        got = METHODS[way](*rows, weights=FH, stratum=groups)
        for i, z in enumerate(want["z"]):
            compare.check(f"{way} z {i}", got.z[i], z)
        limit = 3e-6 + 6e-5 * want["p"][0] + want["error"][0]
        compare.check(f"{way} p", got.p, want["p"][0], rel=limit)
        compare.check(f"{way} one-sided p", got.p_one_sided, want["p_one_sided"][0], rel=limit)
    compare.close()


def equicorrelated(k, rho, low, high):
    """P(all low < Z_i < high): given the part they share, the Z are independent."""

    def given(t):
        edge = [(b - np.sqrt(rho) * t) / np.sqrt(1 - rho) for b in (low, high)]
        return norm.pdf(t) * (norm.cdf(edge[1]) - norm.cdf(edge[0])) ** k

    return quad(given, -9, 9, epsabs=1e-13, limit=400)[0]


@pytest.mark.parametrize(
    ("k", "error"), [(1, 1e-12), (2, 1e-10), (3, 1e-6), (4, 2e-4), (8, 5e-4), (12, 1e-3)]
)
def test_probabilities_of_equally_correlated_statistics(k, error):
    for rho in (0.3, 0.95):
        shared = np.full((k, k), rho) + (1 - rho) * np.eye(k)
        for z in (1.0, 2.0, 3.5):
            inside = equicorrelated(k, rho, -z, z)
            assert abs(largest_exceeds(shared, z) - (1 - inside)) < error
            for low in (-z, z):
                above = equicorrelated(k, rho, low, np.inf)
                assert abs(smallest_below(shared, low) - (1 - above)) < error


def test_statistics_that_determine_one_another():
    twice = np.ones((3, 3))
    assert largest_exceeds(twice, 1.96) == pytest.approx(2 * norm.sf(1.96), abs=1e-12)
    opposite = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert smallest_below(opposite, -1.96) == pytest.approx(2 * norm.sf(1.96), abs=1e-12)


def test_one_stratum_gives_one_answer():
    rng = np.random.default_rng(11)
    time, event, arm = rng.exponential(9, 90), rng.random(90) < 0.8, np.arange(90) % 2
    whole = max_combo(time, event, arm, weights=FH)
    for method in (max_combo_stratum_z, max_combo_stratum_estimates):
        got = method(time, event, arm, weights=FH, stratum=np.zeros(90, int))
        np.testing.assert_allclose(got.z, whole.z, rtol=1e-12)
        assert got.p == pytest.approx(whole.p, abs=1e-12)


def test_a_stratum_without_information_is_named():
    time, event, arm = [1.0, 2.0, 3.0, 4.0], [1, 1, 1, 0], [0, 1, 0, 1]
    with pytest.raises(MethodError, match="a stratum holds no comparison"):
        max_combo_stratum_z(time, event, arm, weights=FH, stratum=[0, 0, 0, 1])
