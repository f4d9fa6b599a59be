# SPDX-License-Identifier: Apache-2.0
"""Print by the command line: what is written, that it repeats across processes, what is refused."""

import hashlib
import json
import subprocess
import sys

import pytest


def readout(out, *more):
    command = [sys.executable, "-m", "equipoise", "readout", "alter-s006", "--out", str(out), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def content(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("print")
    done = [(folder / name, readout(folder / name, "--format", "all")) for name in ("a", "b")]
    assert [finished.stderr for _, finished in done] == ["", ""]
    return done


def test_every_format_is_written_and_hashed(runs):
    folder, finished = runs[0]
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


def test_two_processes_print_the_same_bytes(runs):
    first, second = (content(folder) for folder, _ in runs)
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
