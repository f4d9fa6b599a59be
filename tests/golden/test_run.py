# SPDX-License-Identifier: Apache-2.0
"""A whole run by the command line: what it writes, that it repeats, that it says what it is of."""

import hashlib
import json
import subprocess
import sys

import polars as pl
import pytest

from equipoise.trial import TWIN_NOTE


def run(out, trial="alter-s006", *more):
    command = [sys.executable, "-m", "equipoise", "readout", trial, "--out", str(out), *more]
    return subprocess.run(command, capture_output=True, text=True, check=True)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return [(folder / name, run(folder / name)) for name in ("first", "second")]


def content(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_run_folder_holds_what_the_readme_promises(runs):
    written = set(content(runs[0][0]))
    assert {"readout.html", "results.parquet", "results.csv", "published.csv"} <= written
    assert {"manifest.json", "adam/adsl.csv", "adam/adtte.parquet", "sdtm/dm.csv"} <= written


def test_two_runs_give_the_same_bytes_but_for_the_clock(runs):
    first, second = (content(folder) for folder, _ in runs)
    manifests = [json.loads(files.pop("manifest.json")) for files in (first, second)]
    assert first == second
    for manifest in manifests:
        assert manifest.pop("clock")
    assert manifests[0] == manifests[1]


def test_the_manifest_names_every_output_with_its_hash(runs):
    files = content(runs[0][0])
    manifest = json.loads(files.pop("manifest.json"))
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert manifest["outputs"] == hashes
    assert manifest["data"] == "TWIN"
    assert manifest["note"] == TWIN_NOTE
    assert manifest["seed"] == 1


def test_only_the_path_is_printed_in_a_pipe(runs):
    folder, finished = runs[0]
    assert finished.stdout == f"{folder / 'readout.html'}\n"
    assert finished.stderr == ""


def test_what_it_is_is_said_everywhere(runs):
    folder, _ = runs[0]
    page = (folder / "readout.html").read_text()
    assert "SYNTHETIC TWIN" in page
    assert "constructed from published figures, not patient data" in page
    for path in [*(folder / "sdtm").glob("*.csv"), *(folder / "adam").glob("*.csv")]:
        frame = pl.read_csv(path, infer_schema=False)
        labels = frame["STUDYID" if "STUDYID" in frame.columns else "USUBJID"]
        assert labels.str.contains("-TWIN").all(), path.name
        assert (frame["ORIGIN"] == TWIN_NOTE).all(), path.name


def test_every_row_of_the_results_says_so_too(runs):
    folder, _ = runs[0]
    for name in ("results", "analysis", "rowset", "sentence", "published"):
        frame = pl.read_csv(folder / f"{name}.csv", infer_schema=False)
        assert frame["run_id"].str.starts_with("TWIN-").all(), name
        assert (frame["ORIGIN"] == TWIN_NOTE).all(), name


def test_every_published_figure_agrees(runs):
    verdicts = pl.read_csv(runs[0][0] / "published.csv")["verdict"].value_counts().rows()
    assert dict(verdicts) == {"agrees": 27, "not computed": 1}


def test_a_twin_that_comes_back_as_data_is_still_a_twin(runs, tmp_path):
    run(tmp_path / "again", "alter-s006", "--data", str(runs[0][0] / "sdtm"))
    assert json.loads((tmp_path / "again/manifest.json").read_text())["note"] == TWIN_NOTE
    assert "SYNTHETIC TWIN" in (tmp_path / "again/readout.html").read_text()


def test_a_simulation_says_so_everywhere(tmp_path):
    folder = tmp_path / "simulated"
    run(folder, "alter-s006", "--simulated")
    assert json.loads((folder / "manifest.json").read_text())["data"] == "SIMULATED"
    assert "SIMULATED" in (folder / "readout.html").read_text()
    for path in [*(folder / "sdtm").glob("*.csv"), *(folder / "adam").glob("*.csv")]:
        frame = pl.read_csv(path, infer_schema=False)
        labels = frame["STUDYID" if "STUDYID" in frame.columns else "USUBJID"]
        assert labels.str.contains("SIM").all(), path.name
    for name in ("results", "analysis", "rowset", "sentence", "published"):
        frame = pl.read_csv(folder / f"{name}.csv", infer_schema=False)
        assert frame["run_id"].str.starts_with("SIMULATED-").all(), name


def test_another_seed_gives_another_trial(runs, tmp_path):
    run(tmp_path / "other", "alter-s006", "--seed", "2")
    assert content(tmp_path / "other")["results.csv"] != content(runs[0][0])["results.csv"]
