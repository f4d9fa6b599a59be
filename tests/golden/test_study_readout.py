# SPDX-License-Identifier: Apache-2.0
"""The real test study through the whole path: from SDTM, and from ADaM that others derived."""

import re

import polars as pl
import pytest
from tests.oracles import oracle_file

import equipoise


@pytest.fixture(scope="module")
def from_sdtm():
    return equipoise.readout("cdiscpilot01", data=oracle_file("sdtm_adam/sdtm"))


@pytest.fixture(scope="module")
def from_adam():
    return equipoise.readout(
        "cdiscpilot01",
        data=oracle_file("sdtm_adam/expected_adam"),
        tables={"ADRS": "adrs_onco", "ADTTE": "adtte_onco"},
    )


def value_of(readout, analysis, stat, arm):
    found = readout.analysed.results.filter(
        (pl.col("analysis_id") == analysis) & (pl.col("stat") == stat) & (pl.col("arm") == arm)
    )
    return found["value"][0]


def test_the_page_of_real_data_never_says_simulated(from_sdtm):
    shown = re.sub(r"<style.*?</style>|<script.*?</script>", "", from_sdtm.html, flags=re.DOTALL)
    assert len(shown) > 10_000
    assert "SIMULATED" not in shown
    assert from_sdtm.evidence.kind == "DATA"


def test_both_ways_in_count_the_same_patients(from_sdtm, from_adam):
    adsl = pl.read_csv(oracle_file("sdtm_adam/expected_adam/adsl.csv"), infer_schema=False)
    for arm, label in (("Pbo", "Placebo"), ("Xan_Hi", "Xanomeline High Dose")):
        randomised = adsl.filter(pl.col("RANDDT").is_not_null() & (pl.col("TRT01P") == label))
        for readout in (from_sdtm, from_adam):
            assert value_of(readout, "OS", "N", arm) == randomised.height


def test_given_adam_tables_are_analysed_as_they_are(from_adam):
    given = pl.read_csv(oracle_file("sdtm_adam/expected_adam/adtte_onco.csv"))
    events = given.filter((pl.col("PARAMCD") == "PFS") & (pl.col("CNSR") == 0))
    arms = dict(events.group_by("ARMCD").len().iter_rows())
    for arm in ("Pbo", "Xan_Hi", "Xan_Lo"):
        assert value_of(from_adam, "PFS", "n_event", arm) == arms.get(arm, 0)


def test_the_inputs_are_in_the_manifest(from_sdtm):
    assert {name for name in from_sdtm.evidence.inputs if name.startswith("rs_onco")}
