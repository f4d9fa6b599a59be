# SPDX-License-Identifier: Apache-2.0
"""Outputs appear whole or not at all, and never over something foreign."""

import polars as pl
import pytest

from equipoise.errors import OutputError
from equipoise.store.write_run import MANIFEST, table_files, write_run

FILES = {"readout.html": b"<p>1</p>", "adam/adsl.csv": b"USUBJID\n", MANIFEST: b"{}"}


def content(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_run_is_written_whole(tmp_path):
    write_run(tmp_path / "runs" / "one", FILES)
    assert content(tmp_path / "runs" / "one") == FILES
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["one"]


def test_a_new_run_replaces_the_old_one(tmp_path):
    write_run(tmp_path / "one", FILES)
    write_run(tmp_path / "one", {MANIFEST: b"{1}"})
    assert content(tmp_path / "one") == {MANIFEST: b"{1}"}


@pytest.mark.parametrize("make", ["file", "folder"])
def test_nothing_foreign_is_overwritten(tmp_path, make):
    out = tmp_path / "thesis"
    if make == "file":
        out.write_text("years of work")
    else:
        out.mkdir()
        (out / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="give a new or empty folder"):
        write_run(out, FILES)
    found = out.read_text() if make == "file" else (out / "thesis.tex").read_text()
    assert found == "years of work"


def test_a_failure_leaves_the_old_run_and_no_rubble(tmp_path):
    write_run(tmp_path / "one", FILES)
    broken = {"a.csv": b"1", "a.csv/b.csv": b"2", MANIFEST: b"{}"}
    with pytest.raises(OutputError, match="cannot be written"):
        write_run(tmp_path / "one", broken)
    assert content(tmp_path / "one") == FILES
    assert [p.name for p in tmp_path.iterdir()] == ["one"]


def test_tables_are_written_the_same_twice():
    frame = pl.DataFrame({"A": [1.5, None], "B": [["x", "y"], []]})
    first, second = table_files({"T": frame}, folder="adam"), table_files({"T": frame})
    assert first["adam/t.parquet"] == second["t.parquet"]
    assert first["adam/t.csv"] == b'A,B\n1.5,x y\n,""\n'
