# SPDX-License-Identifier: Apache-2.0
"""A simulated trial that is read when a number of events has been seen."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner

from equipoise.adam import derive_adam
from equipoise.cli import main
from equipoise.errors import ProtocolError
from equipoise.operating.protocol_trial import planned_look, progression_trial
from equipoise.protocol.model import EventCutoff, Protocol, ScreenFailures
from equipoise.protocol.read import read_protocol
from equipoise.rehearsal.run import Effort, rehearse_protocol
from equipoise.simulated import simulate_trial
from equipoise.trial import load_trial

FILE = Path(__file__).parents[2] / "protocols" / "altn-iii-04.yaml"


def read_at(events: int, endpoint: str = "PFS.BIRC", cutoff: str = "2027-01-01") -> Protocol:
    protocol = read_protocol(FILE.read_text(), file=FILE.name)[0]
    world = protocol.simulation
    assert world is not None
    wanted = EventCutoff(endpoint=endpoint, events=events)
    changed = world.model_copy(update={"cutoff": cutoff, "cutoff_at": wanted})
    return protocol.model_copy(update={"simulation": changed})


def seen(tables: dict[str, pl.DataFrame], protocol: Protocol, endpoint: str) -> pl.DataFrame:
    """Events of the endpoint by replicate, and the day of the last."""
    kind, _, evaluator = endpoint.partition(".")
    times = derive_adam(tables, protocol)["ADTTE"].filter(PARAMCD=kind, CNSR=0)
    if evaluator:
        times = times.filter(EVALUATOR=evaluator, RULESET="R0")
    return times.group_by("REPID").agg(pl.len(), last=pl.col("ADT").max())


@pytest.mark.parametrize(("endpoint", "events"), [("PFS.BIRC", 112), ("PFS.INV", 60), ("OS", 40)])
def test_the_pipeline_counts_the_planned_events_on_the_last_day(endpoint: str, events: int) -> None:
    protocol = read_at(events, endpoint)
    trials = simulate_trial(protocol, seed=12, replicates=6)
    days = trials["TRUTH"].group_by("REPID").agg(pl.col("cutoff").unique())
    assert (days["cutoff"].list.len() == 1).all()
    found = seen(trials, protocol, endpoint).join(days, on="REPID")
    assert (found["last"].cast(pl.String) == found["cutoff"].list.first()).all()
    assert found["cutoff"].list.first().n_unique() > 1
    # Events of one day come together: none short, and the day before had fewer.
    assert (found["len"] >= events).all()
    assert (found["len"] <= events + 3).all()


def test_the_patients_are_those_of_a_cut_off_by_date() -> None:
    protocol = read_at(112)
    by_events = simulate_trial(protocol, seed=3)
    day = by_events["TRUTH"]["cutoff"][0]
    assert protocol.simulation is not None
    dated = protocol.simulation.model_copy(update={"cutoff": day, "cutoff_at": None})
    by_date = simulate_trial(protocol.model_copy(update={"simulation": dated}), seed=3)
    for name, table in by_events.items():
        assert table.equals(by_date[name]), name


def test_events_that_do_not_come_leave_the_latest_day() -> None:
    trial = simulate_trial(read_at(272, "OS", cutoff="2024-02-15"), seed=3)
    assert trial["TRUTH"]["cutoff"].unique().to_list() == ["2024-02-15"]


def test_screening_ends_with_the_replicate_s_own_cut_off() -> None:
    protocol = read_at(20)
    assert protocol.simulation is not None
    screened = protocol.simulation.model_copy(
        update={"screen_failures": ScreenFailures(share=0.3, reasons={"AGE": 1.0})}
    )
    trials = simulate_trial(
        protocol.model_copy(update={"simulation": screened}), seed=3, replicates=3
    )
    cutoffs = trials["TRUTH"].select("REPID", "cutoff").unique()
    late = trials["DM"].join(cutoffs, on="REPID").filter(pl.col("RFPENDTC") > pl.col("cutoff"))
    assert cutoffs.height == 3
    assert late.is_empty()


def test_the_commands_read_the_trial_on_that_day(tmp_path: Path) -> None:
    text = FILE.read_text().replace(
        "  cutoff: 2024-02-15\n  arms:",
        "  cutoff: 2026-12-31\n  cutoff_at: {endpoint: PFS.BIRC, events: 112}\n  arms:",
    )
    # The trial's own cut-off, stated for its data, would come before.
    file = tmp_path / "events.yaml"
    file.write_text(text.replace("data:\n  cutoff: 2024-02-15\n", ""))
    assert yaml.safe_load(file.read_text())["simulation"]["cutoff_at"]["events"] == 112
    days = set()
    for verb in ("simulate", "derive", "analyse"):
        out = tmp_path / verb
        simulated = [] if verb == "simulate" else ["--simulated"]
        done = CliRunner().invoke(main, [verb, str(file), *simulated, "--out", str(out)])
        assert done.exit_code == 0, done.output
        days.add(json.loads((out / "manifest.json").read_text())["data_cutoff"])
    assert len(days) == 1
    times = pl.read_parquet(tmp_path / "derive" / "adam" / "adtte.parquet")
    events = times.filter(PARAMCD="PFS", EVALUATOR="BIRC", RULESET="R0", CNSR=0)
    assert 112 <= events.height <= 115
    assert str(events["ADT"].max()) == days.pop()


def test_a_rehearsal_reads_every_replicate_at_its_own_events() -> None:
    table = rehearse_protocol(read_at(112), effort=Effort(replicates=6, seed=1))
    events = table.filter(
        quantity="mean", analysis_id="PFS.BIRC", method_id="kaplan-meier", stat="n_event"
    )
    assert events.height == 2
    assert 112 <= events["value"].sum() < 114


def test_event_times_are_read_at_the_same_number() -> None:
    protocol = read_at(112)
    trial = progression_trial(protocol, analysis="PFS.BIRC")
    assert planned_look(protocol, trial).events == (112,)
    of_deaths = read_at(40, "OS")
    assert planned_look(of_deaths, trial).events == (trial.patients,)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("{endpoint: ORR.BIRC, events: 20}", "ORR.BIRC"),
        ("{endpoint: OS, events: 300}", "300 events cannot come: the arms have 272 patients"),
    ],
)
def test_a_cut_off_that_cannot_come_is_refused(wanted: str, said: str, tmp_path: Path) -> None:
    text = FILE.read_text().replace(
        "  cutoff: 2024-02-15\n  arms:", f"  cutoff: 2024-02-15\n  cutoff_at: {wanted}\n  arms:"
    )
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(ProtocolError, match=said):
        load_trial(file)
