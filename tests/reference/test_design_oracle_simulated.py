# SPDX-License-Identifier: Apache-2.0
"""Simulated trials beside four million of another program, with the records of the oracle."""

import json
import re

import numpy as np
import pytest
from tests.oracles import oracle_file
from tests.reference.design_size_records import proportional

from equipoise.design.batch_tests import batch_cox, batch_logrank
from equipoise.design.piecewise import (
    constant,
    from_median,
)
from equipoise.design.simulated_trials import draw_trials, see_at_events

pytestmark = pytest.mark.oracle


SIMULATED = "simulation operating characteristics"


def records():
    try:
        path = oracle_file("design_reference.json")
    except pytest.skip.Exception:
        return []
    return json.loads(path.read_text())["items"]


REPLICATES = 6000


def simulated(hr, n, events_at, rng):
    dropout = constant(-np.log(0.98))
    control = from_median(3.02)
    trial = proportional(control, hr, dropout, 18.0, n / 18)
    drawn = draw_trials(trial, patients=n, replicates=REPLICATES, rng=rng)
    return [see_at_events(drawn, count) for count in events_at]


def near(got, want, se, reference_runs, where):
    error = se * np.sqrt(1 + REPLICATES / reference_runs)
    assert abs(got - want) <= 4 * error + 1e-12, (
        f"{where}: {got:.5f} is not {want:.5f} +/- {error:.5f}"
    )


SIMULATIONS = [(r, hr) for r in records() if r["kind"] == SIMULATED for hr in r["expected"]]


@pytest.mark.parametrize(
    ("record", "hr"), SIMULATIONS, ids=lambda x: x if isinstance(x, str) else ""
)
def test_simulated_trials_agree_with_four_million(record, hr):
    given, want = record["inputs"], record["expected"][hr]
    count = int(re.match(r"(\d+)th event", given["cut"])[1])
    rng = np.random.default_rng(20260 + int(10 * float(hr)))
    (seen,) = simulated(float(hr), given["n"], [count], rng)
    z, cox = -batch_logrank(seen)[0], batch_cox(seen)
    got = {
        "mean_Z": z,
        "mean_logHR": cox.log_ratio,
        "mean_cut_month": seen.month,
    }
    for name, values in got.items():
        near(values.mean(), want[name], values.std() / np.sqrt(REPLICATES), 4e6, name)
    for name, values in (("sd_Z", z), ("sd_logHR", cox.log_ratio)):
        near(values.std(), want[name], values.std() / np.sqrt(2 * REPLICATES), 4e6, name)
    covered = np.abs(cox.log_ratio - np.log(float(hr))) <= 1.959964 * cox.se
    shares = {"power": z <= -1.959964, "wald95_coverage": covered}
    for name, hits in shares.items():
        p = want[name]
        near(hits.mean(), p, np.sqrt(max(p * (1 - p), 1e-7) / REPLICATES), 4e6, name)


def scenarios():
    try:
        path = oracle_file("simulation_reference.json")
    except pytest.skip.Exception:
        return []
    return list(json.loads(path.read_text())["scenarios"].values())


@pytest.mark.parametrize("want", scenarios(), ids=lambda s: f"hr {s['hr']}")
def test_group_sequential_simulation_agrees(want):
    rng = np.random.default_rng(77)
    looks = simulated(want["hr"], 272, [85, 128, 170], rng)
    z = -np.array([batch_logrank(seen)[0] for seen in looks])
    month = np.array([seen.month for seen in looks])
    out = z <= -np.array([2.9626, 2.3590, 2.0141])[:, None]
    rejected = out.any(axis=0)
    last = np.where(rejected, out.argmax(axis=0), 2)
    columns = np.arange(REPLICATES)
    for look in range(3):
        p = want["per_stage"][look]
        share = np.mean(rejected & (last == look))
        near(share, p, np.sqrt(max(p * (1 - p), 1e-7) / REPLICATES), 4e6, f"stage {look + 1}")
        for name, values in (("mean_Z", z[look]), ("mean_cut", month[look])):
            near(values.mean(), want[name][look], values.std() / REPLICATES**0.5, 4e6, name)
    stopped = np.array([85.0, 128.0, 170.0])[last]
    for name, values in (("exp_events", stopped), ("exp_duration", month[last, columns])):
        near(values.mean(), want[name], values.std() / np.sqrt(REPLICATES), 4e6, name)
    assert np.corrcoef(z[0], z[1])[0, 1] == pytest.approx(want["corr_Z12"], abs=4 * 0.34 / 77)
