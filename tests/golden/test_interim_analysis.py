# SPDX-License-Identifier: Apache-2.0
"""ALTN-III-04 planned, simulated and read at both looks, from one protocol file."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from equipoise.design.event_prediction import ToCome, predict_events
from equipoise.design.interim_look import read_look
from equipoise.design.interim_tables import date_of_event, interim_data
from equipoise.design.plan import outline_of
from equipoise.errors import MethodError
from equipoise.pipeline import derive_stage
from equipoise.statistics.logrank import logrank
from equipoise.trial import load_trial, simulate_evidence

LONG_AFTER = "2025-12-31"


@pytest.fixture(scope="module")
def trial():
    """The bundled protocol, its simulated patients followed long enough for every look."""
    loaded = load_trial("altn-iii-04")
    protocol = loaded.protocol.model_copy(
        update={
            "simulation": loaded.protocol.simulation.model_copy(update={"cutoff": LONG_AFTER}),
        }
    )
    followed = replace(loaded, protocol=protocol)
    return followed, simulate_evidence(followed, seed=1)


def tables_at(trial, day):
    """ADSL and the primary endpoint as they stood on that day."""
    followed, evidence = trial
    data = followed.protocol.data.model_copy(update={"cutoff": day.isoformat()})
    then = replace(followed, protocol=followed.protocol.model_copy(update={"data": data}))
    adam = derive_stage(then, replace(evidence, cutoff=day.isoformat()))
    primary = (pl.col("PARAMCD") == "PFS") & (pl.col("EVALUATOR") == "BIRC")
    primary &= pl.col("RULESET") == "R0"
    return adam["ADSL"], adam["ADTTE"].filter(primary)


def z_of(adsl, pfs, strata=("ECOG", "HISTOGR1")):
    """The stratified log-rank Z of the primary analysis, positive for the experimental arm."""
    rows = pfs.join(adsl.select("USUBJID", "ARMCD", *strata), on="USUBJID")
    stratum = rows.select(pl.concat_str(strata, separator="/"))["ECOG"].to_numpy()
    done = logrank(
        rows["AVAL"].to_numpy(),
        (rows["CNSR"] == 0).cast(pl.Int64).to_numpy(),
        (rows["ARMCD"] == "ANL").cast(pl.Int64).to_numpy(),
        stratum=stratum,
    )
    return -done.z


def test_planned_simulated_and_read_at_both_looks(trial):
    protocol = trial[0].protocol
    plan = outline_of(protocol)
    _, everything = tables_at(trial, date.fromisoformat(LONG_AFTER))
    events, z, read = [], [], []
    for look, count in enumerate(plan.events):
        day = date_of_event(everything, int(count))
        adsl, pfs = tables_at(trial, day)
        events.append(int((pfs["CNSR"] == 0).sum()))
        z.append(z_of(adsl, pfs))
        final = look == len(plan.events) - 1
        read.append(read_look(protocol.design, plan, events=events, z=z, final=final, level=0.95))
    interim, final = read
    assert interim.events >= plan.events[0]
    assert interim.bound_z == pytest.approx(plan.bounds.upper[0], abs=0.05)
    assert interim.crossed  # the simulated hazard ratio is far below that of the plan
    assert interim.adjusted.high < 1
    assert final.crossed
    assert final.alpha_spent == pytest.approx(0.025)


def test_the_date_of_the_interim_look_is_predicted_before_it_comes(trial):
    protocol = trial[0].protocol
    plan = outline_of(protocol)
    _, everything = tables_at(trial, date.fromisoformat(LONG_AFTER))
    wanted = int(plan.events[0])
    due = date_of_event(everything, wanted)
    early = date_of_event(everything, 60)
    adsl, pfs = tables_at(trial, early)
    data = interim_data(
        adsl, pfs, cutoff=early, days_per_month=protocol.days_per_month, blinded=True
    )
    done = predict_events(
        data,
        ToCome(272 - len(data.entry), np.ones(1), 6.0),
        targets=[wanted],
        cuts=[0.0],
        prior=(0.5, 0.0),
        replicates=2000,
        level=0.95,
        rng=np.random.default_rng(1),
    )
    began = adsl["RANDDT"].min()
    actual = (due - began).days / protocol.days_per_month
    assert done.low[0] <= actual <= done.high[0]


def test_events_that_have_not_happened_have_no_date(trial):
    _, pfs = tables_at(trial, date(2022, 9, 1))
    with pytest.raises(MethodError, match="500 events have not happened"):
        date_of_event(pfs, 500)
