# SPDX-License-Identifier: Apache-2.0
"""Curves read off at the figure's resolution give their medians and hazard ratios back."""

import numpy as np
import polars as pl
import pytest
from tests.oracles import oracle_file

from equipoise.errors import MethodError
from equipoise.statistics.cox import cox
from equipoise.statistics.kaplan_meier import kaplan_meier
from equipoise.statistics.quantile import quantile
from equipoise.twins.digitised import digitised_curve, reconstruct_times


def read_off(time, event, *, marks):
    """What a person reads: three decimals of the curve at its steps, numbers at even times."""
    km = kaplan_meier(time, event, conf_type="log-log", conf_level=0.95)
    risk_time = np.linspace(0, time.max(), marks + 1)[:-1]
    at_risk = [(time >= t).sum() for t in risk_time]
    steps = km.n_event > 0
    read = np.r_[km.time[steps], time.max()], np.r_[km.survival[steps], km.survival[-1]]
    return digitised_curve(read[0], read[1].round(3), risk_time, at_risk)


def median_of(time, event):
    km = kaplan_meier(time, event, conf_type="log-log", conf_level=0.95)
    return quantile(km, 0.5, plateau="first").estimate


@pytest.mark.oracle
def test_hazard_ratios_and_medians_of_the_collection_come_back():
    """137 published comparisons: ratios within 3%, medians within 2%, nine times out of ten."""
    rows = pl.read_parquet(oracle_file("kmdata/ipd.parquet"))
    reference = pl.read_csv(oracle_file("kmdata/reference_r.csv"), infer_schema_length=None)
    ratios, medians = [], []
    for (name,), part in rows.partition_by("dataset", as_dict=True).items():
        found = []
        for arm in (1, 2):
            own = part.filter(arm_index=arm)
            time, event = own["time"].to_numpy().astype(float), own["event"].to_numpy()
            again, happened = reconstruct_times(read_off(time, event, marks=8))
            assert len(again) == len(time)
            found.append((again, happened))
            before, after = median_of(time, event), median_of(again, happened)
            if np.isfinite(before) and np.isfinite(after) and before > 0:
                medians.append(abs(after / before - 1))
        times, events = (np.concatenate(both) for both in zip(*found, strict=True))
        group = np.repeat([0.0, 1.0], [len(found[0][0]), len(found[1][0])])
        fit = cox(times, events, group, ties="efron", conf_level=0.95)
        ratios.append(abs(np.log(fit.hr[0]) - reference.filter(dataset=name)["loghr"][0]))
    assert len(ratios) == 137
    assert np.quantile(ratios, 0.9) < 0.03
    assert np.quantile(medians, 0.9) < 0.02


def test_numbers_at_risk_come_back():
    rng = np.random.Generator(np.random.Philox(1))
    latent, cut = rng.exponential(10, 300), rng.uniform(2, 20, 300)
    time, event = np.minimum(latent, cut), (latent <= cut).astype(int)
    read = read_off(time, event, marks=6)
    again, _ = reconstruct_times(read)
    found = np.array([(again >= t).sum() for t in read.risk_time])
    assert np.abs(found - read.at_risk).max() <= 2


def test_faults_are_told_together():
    with pytest.raises(MethodError, match=r"time 0") as told:
        digitised_curve([1, 2], [1.0], [3.0], [10])
    assert len(told.value.faults) == 2
