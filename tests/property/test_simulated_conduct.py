# SPDX-License-Identifier: Apache-2.0
"""Doses, adverse events, deaths and disposition of a simulated trial tell one story."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from equipoise.protocol.model import Protocol
from equipoise.protocol.read import read_protocol
from equipoise.simulated import simulate_trial

PROTOCOLS = Path(__file__).parents[2] / "protocols"
KEY = ["REPID", "USUBJID"]
DAY = pl.col("^.*DTC$").str.to_date()


@pytest.fixture(scope="module", params=["altn-iii-04", "alter-s006"])
def protocol(request: pytest.FixtureRequest) -> Protocol:
    file = PROTOCOLS / f"{request.param}.yaml"
    return read_protocol(file.read_text(), file=file.name)[0]


@pytest.fixture(scope="module")
def trials(protocol: Protocol) -> dict[str, pl.DataFrame]:
    tables = simulate_trial(protocol, seed=77, replicates=40)
    return {name: table.with_columns(DAY) for name, table in tables.items()}


def with_patient(trials: dict[str, pl.DataFrame], domain: str) -> pl.DataFrame:
    columns = ["ARMCD", "RFXSTDTC", "RFXENDTC", "RFPENDTC", "DTHDTC"]
    return trials[domain].join(trials["DM"].select(*KEY, *columns), on=KEY, how="left")


def progression(trials: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Date of progression by the investigator, who decides on treatment."""
    called = (pl.col("RSTESTCD") == "OVRLRESP") & (pl.col("RSSTRESC") == "PD")
    mine = called & (pl.col("RSEVAL") == "INVESTIGATOR")
    return trials["RS"].filter(mine).select(*KEY, pl.col("RSDTC").alias("PROGRESSED"))


def test_nobody_is_dosed_or_scanned_on_the_day_of_death_or_later(
    trials: dict[str, pl.DataFrame],
) -> None:
    for domain, column in (("EX", "EXENDTC"), ("RS", "RSDTC"), ("TR", "TRDTC")):
        assert with_patient(trials, domain).filter(pl.col(column) >= pl.col("DTHDTC")).is_empty()


def test_treatment_ends_with_progression(trials: dict[str, pl.DataFrame]) -> None:
    doses = trials["EX"].join(progression(trials), on=KEY)
    assert doses.filter(pl.col("EXENDTC") >= pl.col("PROGRESSED")).is_empty()


def test_another_therapy_follows_progression(trials: dict[str, pl.DataFrame]) -> None:
    therapy = trials["CM"].join(progression(trials), on=KEY, how="left")
    assert therapy.height > 0
    assert (therapy["CMSTDTC"] > therapy["PROGRESSED"]).all()


def test_doses_follow_the_regimen(protocol: Protocol, trials: dict[str, pl.DataFrame]) -> None:
    for regimen in protocol.regimens.values():
        doses = trials["EX"].filter(pl.col("EXTRT") == regimen.drug)
        plan = regimen.schedule
        days = (doses["EXENDTC"] - doses["EXSTDTC"]).dt.total_days() + 1
        assert days.is_between(1, plan.days[-1]).all()
        assert set(doses["EXDOSE"].unique()) <= {regimen.dose, *regimen.dose_levels}
        cycle = doses["VISIT"].str.strip_prefix("CYCLE ").cast(pl.Int64)
        assert cycle.max() <= (plan.last_cycle or 10**6)
        start = with_patient(trials, "EX").filter(pl.col("EXTRT") == regimen.drug)
        since = (start["EXSTDTC"] - start["RFXSTDTC"]).dt.total_days()
        late = since - (cycle - 1) * plan.cycle_days
        assert late.is_in([0, 7]).all()
        assert (late == 0).mean() > 0.9


def test_a_dose_never_rises_again_after_a_reduction(trials: dict[str, pl.DataFrame]) -> None:
    change = pl.col("EXDOSE").diff().over(*KEY, "EXTRT")
    assert trials["EX"].select((change.fill_null(0) <= 0).all()).item()


def test_events_begin_while_on_treatment(
    protocol: Protocol, trials: dict[str, pl.DataFrame]
) -> None:
    events = with_patient(trials, "AE")
    assert events.filter(pl.col("AESTDTC") < pl.col("RFXSTDTC")).is_empty()
    assert events.filter(pl.col("AEENDTC") < pl.col("AESTDTC")).is_empty()
    gap = (events["AESTDTC"] - events["RFXENDTC"]).dt.total_days()
    assert gap.max() <= protocol.adverse_events.emergent_days_after_last_dose


def test_a_fatal_event_is_a_death_on_its_last_day(trials: dict[str, pl.DataFrame]) -> None:
    events = with_patient(trials, "AE")
    fatal = events.filter(pl.col("AETOXGR") == "5")
    assert (fatal["AEENDTC"] == fatal["DTHDTC"]).all()
    marks = (pl.col("AESDTH") == "Y", pl.col("AEOUT") == "FATAL", pl.col("AETOXGR") == "5")
    assert events.filter(~pl.all_horizontal(marks) & pl.any_horizontal(marks)).is_empty()
    assert (fatal["AESER"] == "Y").all()
    assert fatal.group_by(KEY).len()["len"].max() in (1, None)


def test_an_event_is_over_or_not_recovered(trials: dict[str, pl.DataFrame]) -> None:
    events = trials["AE"]
    open_ended = events["AEENDTC"].is_null()
    assert (open_ended == (events["AEOUT"] == "NOT RECOVERED/NOT RESOLVED")).all()


def test_a_withdrawal_in_ae_is_an_adverse_event_in_ds(trials: dict[str, pl.DataFrame]) -> None:
    withdrawn = trials["AE"].filter(pl.col("AEACN") == "DRUG WITHDRAWN").select(*KEY, "AESTDTC")
    ended = trials["DS"].filter(
        (pl.col("DSDECOD") == "ADVERSE EVENT") & pl.col("DSSCAT").str.starts_with("TREATMENT")
    )
    assert withdrawn.height > 0
    assert withdrawn.select(KEY).unique().height == withdrawn.height
    both = withdrawn.join(ended.select(*KEY, "DSSTDTC").unique(), on=KEY, how="full")
    assert (both["AESTDTC"] == both["DSSTDTC"]).all()


def test_actions_show_in_the_doses(protocol: Protocol, trials: dict[str, pl.DataFrame]) -> None:
    reduced = trials["AE"].filter(pl.col("AEACN") == "DOSE REDUCED").select(KEY)
    full = {one.drug: one.dose for one in protocol.regimens.values()}
    less = trials["EX"].filter(
        pl.col("EXDOSE") < pl.col("EXTRT").replace_strict(full, return_dtype=pl.Float64)
    )
    assert reduced.height > 0
    assert reduced.sort(KEY).equals(less.select(KEY).unique().sort(KEY))
    onset = trials["AE"].filter(pl.col("AEACN") == "DOSE REDUCED").select(*KEY, "AESTDTC")
    drugs = less.select(*KEY, "EXTRT").unique()
    doses = trials["EX"].join(drugs, on=[*KEY, "EXTRT"]).join(onset, on=KEY)
    is_less = doses["EXDOSE"] < doses["EXTRT"].replace_strict(full, return_dtype=pl.Float64)
    assert (is_less == (doses["EXSTDTC"] > doses["AESTDTC"])).all()


def test_disposition_agrees_with_dm(protocol: Protocol, trials: dict[str, pl.DataFrame]) -> None:
    ds = with_patient(trials, "DS")
    study = ds.filter(pl.col("DSSCAT") == "STUDY")
    assert study.select(KEY).unique().height == study.height
    assert (study["DSSTDTC"] == study["RFPENDTC"]).all()
    deaths = study.filter(pl.col("DSDECOD") == "DEATH").select(KEY)
    assert deaths.sort(KEY).equals(
        trials["DM"].filter(pl.col("DTHFL") == "Y").select(KEY).sort(KEY)
    )
    assert protocol.simulation is not None
    ongoing = trials["DM"].join(study, on=KEY, how="anti")
    assert (ongoing["RFPENDTC"].cast(pl.String) == protocol.simulation.cutoff).all()
    randomised = ds.filter(pl.col("DSDECOD") == "RANDOMIZED").height
    assert randomised == (0 if protocol.randomisation is None else trials["DM"].height)
    completed = ds.filter(pl.col("DSDECOD") == "COMPLETED")
    limited = [
        f"TREATMENT {one.drug}" for one in protocol.regimens.values() if one.schedule.last_cycle
    ]
    assert completed["DSSCAT"].is_in(limited).all()


def test_scans_lie_in_their_windows(protocol: Protocol, trials: dict[str, pl.DataFrame]) -> None:
    start = "RFXSTDTC" if protocol.randomisation is None else "RANDOMISED"
    randomised = trials["DS"].filter(pl.col("DSDECOD") == "RANDOMIZED")
    scans = with_patient(trials, "TR").join(
        randomised.select(*KEY, pl.col("DSSTDTC").alias("RANDOMISED")), on=KEY, how="left"
    )
    day = (scans["TRDTC"] - scans[start]).dt.total_days()
    baseline = scans["VISIT"] == "SCREENING"
    assert day.filter(baseline).is_between(-protocol.assessments.baseline_window_days, -1).all()
    planned = scans["VISIT"].str.strip_prefix("WEEK ").cast(pl.Int64, strict=False) * 7
    off = (day - planned).filter(~baseline)
    window = protocol.assessments.window_days
    assert off.is_between(-window, window).all()
    assert off.n_unique() == 2 * window + 1
