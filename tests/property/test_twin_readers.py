# SPDX-License-Identifier: Apache-2.0
"""A twin's readers disagree about as much as real ones, scans are rarely missed, charters work."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from tests.property.test_simulated_readers import two_readers

from equipoise.pipeline import analyse_stage, derive_stage
from equipoise.trial import load_trial, twin_evidence


@pytest.fixture(scope="module")
def committee():
    """The twin of ALTN-III-04 as if two readers and an adjudicator had made its review."""
    trial = replace(load_trial("altn-iii-04"), protocol=two_readers())
    return trial, twin_evidence(trial, seed=2)


@pytest.mark.parametrize("source", ["recorded", "lesions"])
def test_an_adjudicated_committee_prints_every_figure(committee, source):
    trial, evidence = committee
    response = trial.protocol.response.model_copy(update={"source": source})
    read = replace(trial, protocol=trial.protocol.model_copy(update={"response": response}))
    adam = derive_stage(read, evidence)
    table = analyse_stage(read, evidence, adam).published
    assert not table.filter(verdict="differs").rows()
    assert table.filter(verdict="agrees").height == 49
    assert set(adam["ADADJ"]["STATUS"]) == {"AGREED", "ADJUDICATED"}


def test_the_readers_of_a_committee_often_differ_and_the_first_is_accepted(committee):
    trial, evidence = committee
    found = derive_stage(trial, evidence)["ADADJ"]
    # A review of two readers with an adjudicator needed him in 36.7% of patients (Cancer Imaging
    # 2018;18, s40644-018-0186-0); here only the second one errs, and nobody about new lesions.
    assert 0.1 < (found["STATUS"] == "ADJUDICATED").mean() < 0.4
    assert set(found.filter(STATUS="ADJUDICATED")["ACCEPTED"]) == {"R1"}


@pytest.mark.parametrize("seed", [3, 77])
def test_a_twin_s_readers_and_scans_are_plausible(seed):
    trial = load_trial("altn-iii-04")
    evidence = twin_evidence(trial, seed=seed)
    adam = derive_stage(trial, evidence)
    results = analyse_stage(trial, evidence, adam).results
    kappa = results.filter(stat="kappa", method_id="agreement.response", arm="ALL")["value"].item()
    # Skougaard et al., Acta Oncol 2010;49:509-514: 0.53, 95% interval 0.33 to 0.72.
    assert 0.5 < kappa < 0.9
    assert (adam["ADSCHED"]["STATUS"] == "MISSED").mean() < 0.08


def test_a_patient_who_comes_to_no_more_scans_is_mostly_lost():
    evidence = twin_evidence(load_trial("altn-iii-04"), seed=3)
    reads = evidence.tables["RS"].filter(pl.col("RSEVAL") == "INDEPENDENT ASSESSOR")
    overall = reads.filter(RSTESTCD="OVRLRESP")
    last = overall.group_by("USUBJID").agg(
        day=pl.col("RSDTC").max().str.to_date(), progressed=(pl.col("RSSTRESC") == "PD").any()
    )
    ends = (
        evidence.tables["DM"]
        .filter(pl.col("DTHFL").is_null())
        .select("USUBJID", end=pl.col("RFPENDTC").str.to_date())
    )
    waiting = last.filter(~pl.col("progressed")).join(ends, on="USUBJID")
    silent = waiting.filter((pl.col("end") - pl.col("day")).dt.total_days() > 42 + 84)
    assert silent.height < 0.1 * waiting.height
