# SPDX-License-Identifier: Apache-2.0
"""Print by the command line: what is written, that it repeats across processes, what is refused."""

import hashlib
import json
import subprocess
import sys

import pytest
from tests.oracles import oracle_file

import equipoise

TRIALS = ["altn-iii-04", "alter-s006", "cdiscpilot01"]


def readout(out, *more, trial="alter-s006"):
    command = [sys.executable, "-m", "equipoise", "readout", trial, "--out", str(out), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def content(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module", params=TRIALS)
def run(request, tmp_path_factory):
    """One command for everything: the trial, its data, the folder, and what the command said."""
    trial = request.param
    data = oracle_file("sdtm_adam/sdtm") if trial == "cdiscpilot01" else None
    folder = tmp_path_factory.mktemp("print") / trial
    given = ["--data", str(data)] if data else []
    finished = readout(folder, "--format", "all", *given, trial=trial)
    assert (finished.returncode, finished.stderr) == (0, "")
    return trial, data, folder, finished


def test_every_format_is_written_and_hashed(run):
    _, _, folder, finished = run
    files = content(folder)
    endings = {name.rpartition(".")[2] for name in files if name.startswith(("print", "figures"))}
    assert endings == {"pdf", "rtf", "docx", "svg", "png"}
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["outputs"] == {n: hashlib.sha256(c).hexdigest() for n, c in files.items()}
    assert manifest["arguments"]["formats"] == [
        *("html", "pdf", "rtf", "docx", "figures"),
        *("ars", "cards"),
    ]
    assert manifest["arguments"]["style"] == "csr"
    paths = [folder / name for name in ("readout.html", "export", "print", "figures")]
    assert finished.stdout.split() == [str(path) for path in paths]


def test_another_process_writes_the_same_bytes_in_every_format(run, tmp_path):
    """Page, PDF, RTF, DOCX, figures, exports and tables: all but the clock in the manifest."""
    trial, data, folder, _ = run
    equipoise.readout(trial, data=data, formats=["all"], out=tmp_path / trial)
    first, second = content(folder), content(tmp_path / trial)
    assert set(first) == set(second)
    assert {name.rpartition(".")[2] for name in first} >= {"html", "pdf", "rtf", "docx", "svg"}
    assert [n for n in first if n != "manifest.json" and first[n] != second[n]] == []


def test_only_what_is_asked_for_is_written(tmp_path):
    done = readout(tmp_path / "out", "--format", "docx", "--style", "jco")
    assert done.stdout == f"{tmp_path / 'out' / 'print'}\n"
    files = content(tmp_path / "out")
    assert "readout.html" not in files
    assert [n for n in files if n.startswith(("print", "figures"))] == ["print/tables.docx"]


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--format", "html,odt", "there is no format `odt`"),
        ("--style", "bmj", "there is no style `bmj`"),
    ],
)
def test_a_misspelt_format_or_style_is_told_before_the_work(tmp_path, option, value, told):
    done = readout(tmp_path / "out", option, value)
    assert done.returncode == 1
    assert done.stderr.startswith(f"equipoise: 1 fault\n{told}\n  where: {option}\n  mend:  give ")
    assert not (tmp_path / "out").exists()
