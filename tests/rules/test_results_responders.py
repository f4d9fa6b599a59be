# SPDX-License-Identifier: Apache-2.0
"""Duration of and time to response: of responders alone, without an unasked comparison."""

from __future__ import annotations

import polars as pl
import pytest
from tests.readouts import simulated


@pytest.fixture(scope="module")
def readout():
    return simulated("altn-iii-04")


def test_durations_and_times_are_of_the_same_responders(readout):
    results = readout.analysed.results
    best = results.filter(analysis_id="ORR.BIRC", method_id="clopper-pearson", stat="n")
    for analysis, method, stat in (
        ("DOR.BIRC", "kaplan-meier", "N"),
        ("TTR.BIRC", "responders", "n"),
    ):
        found = results.filter(
            pl.col("g1_level").is_null(), analysis_id=analysis, method_id=method, stat=stat
        )
        assert found.select("arm", "value").rows() == best.select("arm", "value").rows()


def test_a_time_to_response_is_never_censored(readout):
    rows = (
        readout.adam["ADTTE"]
        .filter(ENDPOINT="TTR.BIRC", CNSR=0)
        .join(readout.adam["ADSL"].filter(ARMCD="ANL"), on="USUBJID", how="semi")
    )
    results = readout.analysed.results.filter(analysis_id="TTR.BIRC", arm="ANL")
    assert results.filter(stat="max")["value"].item() == pytest.approx(rows["AVAL"].max() / 30.4375)
    assert set(results["method_id"]) == {"responders"}


def test_arms_of_responders_are_not_compared_unasked(readout):
    methods = readout.analysed.results.filter(analysis_id="DOR.BIRC")["method_id"].unique()
    assert set(methods) == {"kaplan-meier", "kaplan-meier.curve", "kaplan-meier.risk"}
    assert "Intention to treat, responders" in readout.html
    assert "Months since the first response" in readout.html
