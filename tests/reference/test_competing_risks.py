# SPDX-License-Identifier: Apache-2.0
"""Gray's test, cumulative incidence and Fine-Gray against cmprsk on data it was not fitted to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from tests.oracles import Comparison

from equipoise.errors import MethodError
from equipoise.statistics.cumulative_incidence import (
    cumulative_incidence,
    incidence_aalen,
    incidence_gray,
)
from equipoise.statistics.fine_gray import fine_gray
from equipoise.statistics.gray import gray_test

WANT = yaml.safe_load(Path(__file__).with_name("competing_risks_r.yaml").read_text())
NEAR = WANT["tolerance"]


@pytest.fixture(params=WANT["cases"])
def case(request):
    part = WANT["cases"][request.param]
    columns = {name: np.array(part[name]) for name in ("time", "cause", "group")}
    return request.param, part, columns


def test_gray(case):
    name, want, data = case
    compare = Comparison("Gray's test", f"competing_risks_r.yaml {name}", WANT["level"])
    for cause, (statistic, p, df) in enumerate(want["gray"], start=1):
        got = gray_test(data["time"], data["cause"], data["group"], cause_of_interest=cause)
        compare.check(f"cause {cause} statistic", got.statistic, statistic, rel=NEAR["gray"])
        compare.check_p(f"cause {cause} p", got.p, p)
        compare.check(f"cause {cause} df", got.df, df)
    compare.close()


def test_incidence(case):
    name, want, data = case
    compare = Comparison("cumulative incidence", f"competing_risks_r.yaml {name}", WANT["level"])
    for group, cause, estimates, variances in want["incidence"]:
        mine = data["group"] == group
        curve = cumulative_incidence(data["time"][mine], data["cause"][mine])
        for at, estimate, variance in zip(want["at"], estimates, variances, strict=True):
            compare_incidence(compare, curve, (group, cause, at), estimate, variance)
    compare.close()


def compare_incidence(compare, curve, which, estimate, variance):
    group, cause, at = which
    label = f"group {group} cause {cause} at {at}"
    if estimate is None:  # after the last time of the group
        assert at > curve.times.max()
        return
    if cause not in curve.causes:
        assert estimate == variance == 0
        return
    options = {"conf_type": "log-log", "conf_level": 0.95}
    got = incidence_gray(curve, cause, at, **options)
    compare.check(label, got.estimate, estimate, rel=NEAR["incidence"])
    compare.check(f"{label} variance", got.std_err**2, variance, rel=NEAR["incidence"])
    if curve.events.sum(axis=1).max() == 1:  # without ties Aalen's variance is the same
        aalen = incidence_aalen(curve, cause, at, **options)
        compare.check(f"{label} Aalen", aalen.std_err**2, variance, rel=NEAR["incidence"])


def test_fine_gray(case):
    name, want, data = case
    if "crr" not in want:  # one group has no event of cause 2: its coefficient is infinite
        with pytest.raises(MethodError, match="no finite maximum"):
            fine_gray(*(data[k] for k in ("time", "cause", "group")), cause_of_interest=2,
                      conf_level=0.95)  # fmt: skip
        return
    compare = Comparison("Fine-Gray", f"competing_risks_r.yaml {name}", WANT["level"])
    x = np.array(want["x"]).T
    for cause, (coef, se) in enumerate(want["crr"], start=1):
        got = fine_gray(data["time"], data["cause"], x, cause_of_interest=cause, conf_level=0.95)
        for i in range(len(coef)):
            compare.check(f"cause {cause} coef {i}", got.coef[i], coef[i], rel=NEAR["crr"])
            compare.check(f"cause {cause} se {i}", got.se[i], se[i], rel=NEAR["crr"])
    compare.close()
