# SPDX-License-Identifier: Apache-2.0
"""The r-survival and nest conventions against R, and rounding as R rounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from tests.oracles import Comparison

from equipoise.statistics.conventions import (
    convention,
    exact_p,
    response_interval,
    rounded,
    survival_readout,
)
from equipoise.statistics.rounding import round_half_even

HERE = Path(__file__).parent
WANT = yaml.safe_load((HERE / "conventions_r.yaml").read_text())
ARMS = {"arm0": "control", "arm1": "experimental"}
QUANTILES = {"q25": 0.25, "median": 0.5, "q75": 0.75}


@pytest.mark.parametrize("name", ["r-survival", "nest"])
@pytest.mark.parametrize("case", WANT["cases"])
def test_readout(case, name):
    data = WANT["cases"][case]
    compare = Comparison(f"convention {name}", f"conventions_r.yaml {case}", WANT["level"])
    got = survival_readout(
        *(np.array(data[key]) for key in ("time", "event", "arm")),
        using=convention(name),
        conf_level=0.95,
        landmarks=tuple(data["landmarks"]),
    ).numbers
    want = data[name]
    for arm, label in ARMS.items():
        for quantile, p in QUANTILES.items():
            three(compare, got, f"{label} quantile {p:g}", want[arm][quantile])
        for i, time in enumerate(data["landmarks"]):
            values = [want[arm][key][i] for key in ("survival", "lower", "upper")]
            three(compare, got, f"{label} survival at {time:g}", values)
    three(compare, got, "hazard ratio", want["hazard_ratio"])
    compare.check_p("log-rank p", got["log-rank p"], want["logrank_p"])
    compare.close()


def three(compare, got, name, values):
    for suffix, value in zip(("", ", lower", ", upper"), values, strict=True):
        compare.check(name + suffix, got[name + suffix], value)


def test_response():
    compare = Comparison("convention r-survival", "conventions_r.yaml binom.test", WANT["level"])
    using = convention("r-survival")
    for part in WANT["exact"]:
        x, n = part["x"], part["n"]
        interval = response_interval(x, n, using=using, conf_level=0.95)
        compare.check(f"{x}/{n} lower", interval.lower, part["limits"][0])
        compare.check(f"{x}/{n} upper", interval.upper, part["limits"][1])
        compare.check_p(f"{x}/{n} p", exact_p(x, n, p0=0.3, using=using), part["p"])
    compare.close()


def test_rounding():
    want = yaml.safe_load((HERE / "rounding_r.yaml").read_text())
    compare = Comparison("convention r-survival", "rounding_r.yaml", want["level"])
    for value, decimals, there in want["round"]:
        got = rounded(value, decimals, using=convention("r-survival"))
        compare.check(f"{value} to {decimals}", float(got), there, rel=0)
        assert got == round_half_even(value, decimals)
    compare.close()
    assert str(rounded(2.675, 2, using=convention("sas94"))) == "2.68"
