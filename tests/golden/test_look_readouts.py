# SPDX-License-Identifier: Apache-2.0
"""ALTN-III-04 read out at the interim and at the end, by the command, from one protocol file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from tests.oracles import REPOSITORY
from tests.results_rows import selected

import equipoise
from equipoise.cli import main
from equipoise.design.plan import outline_of
from equipoise.errors import ProtocolError, ResultError
from equipoise.results.checks import check_results
from equipoise.trial import load_trial

BUNDLED = REPOSITORY / "src" / "equipoise" / "protocols" / "altn-iii-04.yaml"


def changed(folder: Path, **changes: object) -> Path:
    """The bundled protocol with other looks or another simulated world."""
    stated = yaml.safe_load(BUNDLED.read_text(encoding="utf-8"))
    stated["design"] |= changes.pop("design", {})
    for arm, assumed in dict(changes.pop("arms", {})).items():
        stated["simulation"]["arms"][arm] |= assumed
    assert not changes
    file = folder / "altn-iii-04.yaml"
    file.write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def readouts() -> dict[str, equipoise.pipeline.Readout]:
    return {look: equipoise.readout("altn-iii-04", look=look) for look in ("interim", "final")}


def looks_of(readout: equipoise.pipeline.Readout) -> dict[tuple[str, str], float]:
    rows = readout.analysed.results.filter(pl.col("ci_of").is_null(), method_id="group-sequential")
    return {(row["g1_level"], row["stat"]): row["value"] for row in rows.iter_rows(named=True)}


def test_the_boundary_drawn_is_the_boundary_used(readouts) -> None:
    plan = outline_of(load_trial("altn-iii-04").protocol)
    for look, held in (("interim", 1), ("final", 2)):
        found = looks_of(readouts[look])
        for at, name in enumerate(("Interim", "Final")):
            assert found[name, "bound_z_planned"] == plan.bounds.upper[at]
            if at < held:  # the events came as planned, so did the bound
                assert found[name, "look_events"] == plan.events[at]
                assert found[name, "bound_z"] == pytest.approx(plan.bounds.upper[at], abs=1e-9)
        figure = r'<figure id="figure-boundary-PFS.BIRC">.*?</figure>'
        drawn = re.search(figure, readouts[look].html, re.DOTALL)
        rows = (
            readouts[look]
            .analysed.results.filter(method_id="group-sequential")
            .filter(pl.col("stat").is_in(["bound_z", "look_z"]))
        )
        assert rows.height == 2 * held
        for row in rows.iter_rows(named=True):
            assert f'data-result-id="{row["result_id"]}">{row["display"]}<' in drawn[0]


def test_a_look_reads_the_trial_as_it_stood(readouts) -> None:
    interim, final = readouts["interim"], readouts["final"]
    for readout in (interim, final):
        results = readout.analysed.results
        look = readout.adam["ADLOOK"].filter(HELDFL="Y").row(-1, named=True)
        pfs = results.filter(analysis_id="PFS.BIRC")
        events = pfs.filter(method_id="kaplan-meier", stat="n_event")["value"].sum()
        assert events == look["EVENTS"]
        z = pfs.filter(method_id="logrank", stat="z")["value"].item()
        assert z == pytest.approx(-look["ZSTAT"])
        assert readout.evidence.cutoff == look["LOOKDT"].isoformat()
        assert f"data cut-off {look['LOOKDT']}" in readout.html
        for table in ("DS", "RS", "AE", "EX"):
            first = {"DS": "DSSTDTC", "RS": "RSDTC", "AE": "AESTDTC", "EX": "EXSTDTC"}[table]
            assert readout.evidence.tables[table][first].max() <= readout.evidence.cutoff
        adsl = readout.adam["ADSL"]
        assert adsl["RFICDTC"].max() <= readout.evidence.cutoff  # nobody who came later
    first = [readout.adam["ADLOOK"].row(0) for readout in (interim, final)]
    assert first[0] == first[1]  # what the interim saw does not change with hindsight
    assert looks_of(final)["Final", "alpha_spent"] == pytest.approx(0.025)
    assert "power_trend" in {stat for _, stat in looks_of(interim)}
    for readout in (interim, final):
        assert set(readout.analysed.results["run_id"].str.slice(0, 9)) == {"SIMULATED"}


def test_the_rows_behind_a_look_are_the_patients_randomised_by_its_cutoff(readouts) -> None:
    final = readouts["final"]
    sets = final.analysed.rowset.filter(pl.col("predicate").str.contains("STARTDT"))
    assert sets.height == 2
    for row in sets.iter_rows(named=True):
        found = selected(final.adam, row["dataset"], row["predicate"], row["key"])
        assert found == row["keys"]
    seen = readouts["interim"].adam["ADSL"].drop_nulls("RANDDT")
    interim = set(seen["USUBJID"])
    assert interim in [set(keys) for keys in sets["keys"]]


def test_a_trial_that_goes_on_says_what_is_to_come_and_adjusts_at_the_end(tmp_path) -> None:
    weak = {"progression": [{"median_months": 4.6}]}
    equal = {"progression": [{"median_months": 4.0}]}
    file = changed(tmp_path, arms={"ANL": weak, "PBO": equal})
    interim = looks_of(equipoise.readout(file, look="interim", seed=3))
    assert interim["Interim", "look_z"] < interim["Interim", "bound_z"]
    assert interim["Interim", "decision"] == 0
    assert 0 < interim["Interim", "power_trend"] < interim["Interim", "power_design"] < 100
    assert ("Interim", "hr_adjusted") not in interim
    readout = equipoise.readout(file, look="2", seed=3)
    final = looks_of(readout)
    assert final["Final", "hr_adjusted"] > final["Final", "look_hr"]  # pulled towards no effect
    assert ("Final", "power_trend") not in final
    text = " ".join(readout.analysed.sentence["text"])
    assert "Conditional power at the trend was" in text


def test_a_look_held_with_other_events_has_the_bound_of_those_events(tmp_path) -> None:
    looks = [{"fraction": 0.66, "held": "2023-06-02"}, {"fraction": 1}]
    file = changed(tmp_path, design={"looks": looks})
    found = looks_of(equipoise.readout(file, look="interim"))
    assert found["Interim", "look_events"] < found["Interim", "look_events_planned"]
    assert found["Interim", "bound_z"] > found["Interim", "bound_z_planned"]
    assert found["Interim", "alpha_spent"] < 0.0059


def test_given_data_are_read_as_the_look_saw_them(tmp_path, readouts) -> None:
    simulated = equipoise.simulate("altn-iii-04", seed=1)
    folder = tmp_path / "sdtm"
    folder.mkdir()
    for name, table in simulated.items():
        table.write_csv(folder / f"{name.lower()}.csv")
    run = CliRunner().invoke(
        main,
        [
            *("readout", "altn-iii-04", "--data", str(folder), "--look", "interim"),
            *("--out", str(tmp_path / "out")),
        ],
    )
    assert run.exit_code == 0, run.output
    given = pl.read_parquet(tmp_path / "out" / "adam" / "adlook.parquet")
    assert given.equals(readouts["interim"].adam["ADLOOK"])
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["data_cutoff"] == given["LOOKDT"][0].isoformat()
    assert manifest["arguments"]["look"] == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--look", "third"], "the plan has no look `third`"),
        (["--look", "3"], "name one of: 1, 2, final, interim"),
    ],
)
def test_a_look_that_is_not_planned_is_named(given, words) -> None:
    run = CliRunner().invoke(main, ["readout", "altn-iii-04", *given])
    assert run.exit_code == 1
    assert words in run.output


def test_a_trial_without_looks_says_so() -> None:
    with pytest.raises(ProtocolError, match="this protocol plans no looks"):
        equipoise.readout("alter-s006", look="final")


def test_data_without_the_events_say_how_to_state_the_day(tmp_path) -> None:
    simulated = equipoise.simulate("altn-iii-04", seed=1)
    folder = tmp_path / "sdtm"
    folder.mkdir()
    few = simulated["DM"]["USUBJID"].head(120).implode()
    for name, table in simulated.items():
        table.filter(pl.col("USUBJID").is_in(few)).write_csv(folder / f"{name.lower()}.csv")
    run = CliRunner().invoke(
        main, ["readout", "altn-iii-04", "--data", str(folder), "--look", "final"]
    )
    assert run.exit_code == 1
    assert "events have not happened" in run.output
    assert re.search(r'design\.looks\.[01]\.held: "YYYY-MM-DD"', run.output)
    assert not (tmp_path / "readouts").exists()


def test_adam_tables_alone_are_not_cut(tmp_path, readouts) -> None:
    folder = tmp_path / "adam"
    folder.mkdir()
    for name in ("ADSL", "ADRS", "ADTTE", "ADAE"):
        readouts["final"].adam[name].write_parquet(folder / f"{name.lower()}.parquet")
    run = CliRunner().invoke(
        main, ["analyse", "altn-iii-04", "--data", str(folder), "--look", "interim"]
    )
    assert run.exit_code == 1
    assert "ADaM tables cannot be cut at the day of a look" in run.output


def test_a_decision_that_contradicts_its_bound_does_not_pass_the_door(readouts) -> None:
    tables = readouts["interim"].analysed.tables()
    tables.pop("published")
    lowered = tables["results"].with_columns(
        value=pl.when(pl.col("stat") == "look_z").then(1.0).otherwise("value")
    )
    with pytest.raises(ResultError, match="a decision contradicts the statistic and its bound"):
        check_results(tables | {"results": lowered})
