# SPDX-License-Identifier: Apache-2.0
"""Screen failures and crossover, as declared and as a study records them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import equipoise
from equipoise.errors import ProtocolError
from equipoise.protocol.model import Crossover, Protocol, ScreenFailures
from equipoise.protocol.read import read_protocol
from equipoise.simulated import simulate_trial
from equipoise.simulation.trial import simulate_patients

FILE = Path(__file__).parents[2] / "protocols" / "altn-iii-04.yaml"
REASONS = {"ECOG 2 OR MORE": 0.6, "NO MEASURABLE DISEASE": 0.4}


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return read_protocol(FILE.read_text(), file=FILE.name)[0]


@pytest.fixture(scope="module")
def screened(protocol: Protocol) -> Protocol:
    assert protocol.simulation is not None
    failures = ScreenFailures(share=0.2, reasons=REASONS)
    world = protocol.simulation.model_copy(update={"screen_failures": failures})
    return protocol.model_copy(update={"simulation": world})


@pytest.fixture(scope="module")
def crossing(protocol: Protocol) -> Protocol:
    assert protocol.simulation is not None
    arms = dict(protocol.simulation.arms)
    change = Crossover(treatment="ANLOTINIB", chance=0.5, death=0.4)
    arms["PBO"] = arms["PBO"].model_copy(update={"crossover": change})
    world = protocol.simulation.model_copy(update={"arms": arms})
    return protocol.model_copy(update={"simulation": world})


def test_failures_are_the_share_of_all_who_consent(screened: Protocol) -> None:
    tables = simulate_trial(screened, seed=4, replicates=20)
    for _, part in tables["DM"].group_by("REPID"):
        failed = part.filter(ARMCD="SCRNFAIL")
        assert failed.height / part.height == pytest.approx(0.2, abs=0.01)
        assert failed["RFSTDTC"].is_null().all()
        assert part["USUBJID"].is_unique().all()
    reasons = tables["DS"].filter(DSDECOD="SCREEN FAILURE")["DSTERM"]
    share = (reasons == "ECOG 2 OR MORE").mean()
    assert share == pytest.approx(0.6, abs=4 * np.sqrt(0.24 / len(reasons)))


def test_who_fails_moves_no_patient(protocol: Protocol, screened: Protocol) -> None:
    plain, both = (simulate_trial(p, seed=4) for p in (protocol, screened))
    failed = both["DM"].filter(ARMCD="SCRNFAIL").select("USUBJID")
    for name, table in plain.items():
        kept = both[name].join(failed, on="USUBJID", how="anti", maintain_order="left")
        assert kept.select(table.columns).equals(table), name


def test_failures_are_people_of_their_own(screened: Protocol) -> None:
    people = simulate_patients(screened, seed=4, replicates=[1])
    ages = people["failures"]["AGE"], people["patients"]["AGE"][: people["failures"].height]
    assert not ages[0].equals(ages[1])


def test_the_readout_counts_them_as_not_enrolled(screened: Protocol, tmp_path: Path) -> None:
    stated = "screen_failures: {share: 0.2, reasons: {ECOG 2 OR MORE: 0.6, NO DISEASE: 0.4}}"
    file = tmp_path / "screened.yaml"
    file.write_text(FILE.read_text().replace("  missed_scan:", f"  {stated}\n  missed_scan:", 1))
    made = equipoise.analyse(file, simulated=True).results
    counts = made.filter(pl.col("analysis_id") == "DISPOSITION", pl.col("stat") == "n")
    found = dict(
        counts.filter(pl.col("g1_level").is_not_null()).select("g1_level", "value").iter_rows()
    )
    assert found["Screened"] - found["Not enrolled"] == 272


def test_who_crosses_over_lives_by_the_ratio(protocol: Protocol, crossing: Protocol) -> None:
    table = simulate_patients(crossing, seed=9, replicates=range(1, 61))["patients"]
    control = table.filter(arm="PBO").filter(pl.col("latent_death") > pl.col("latent_progression"))
    after = control["latent_death"] - control["latent_progression"]
    crossed = control["crosses"]
    assert crossed.mean() == pytest.approx(0.5, abs=4 * 0.5 / len(crossed) ** 0.5)
    ratio = np.log(after.filter(~crossed).mean() / after.filter(crossed).mean())
    assert ratio == pytest.approx(np.log(0.4), abs=4 * np.sqrt(4 / len(crossed)))
    assert not table.filter(arm="ANL")["crosses"].any()
    plain = simulate_patients(protocol, seed=9, replicates=range(1, 61))["patients"]
    assert plain["latent_progression"].equals(table["latent_progression"])


def test_the_treatment_crossed_to_is_recorded(crossing: Protocol) -> None:
    tables = simulate_trial(crossing, seed=9)
    arms = tables["CM"].join(tables["DM"].select("USUBJID", "ARMCD"), on="USUBJID")
    assert set(arms.filter(CMTRT="ANLOTINIB")["ARMCD"]) == {"PBO"}
    assert "SUBSEQUENT ANTICANCER THERAPY" in set(arms["CMTRT"])


def test_reasons_that_do_not_add_up_are_refused(tmp_path: Path) -> None:
    stated = "screen_failures: {share: 0.2, reasons: {ONE: 0.6, OTHER: 0.6}}"
    file = tmp_path / "screened.yaml"
    file.write_text(FILE.read_text().replace("  missed_scan:", f"  {stated}\n  missed_scan:", 1))
    with pytest.raises(ProtocolError, match=r"the reasons add up to 1\.2"):
        equipoise.check(file)
