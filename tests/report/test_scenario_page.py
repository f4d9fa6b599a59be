# SPDX-License-Identifier: Apache-2.0
"""A grid of scenarios as a command: page, tables, and what a meeting reads from them."""

import json
import math
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from click.testing import CliRunner

import equipoise
from equipoise.cli import main
from equipoise.errors import OutputError
from equipoise.report.scenario_figures import scenario_figures

GRID = """
title: A drug and its control
base:
  protocol: altn-iii-04
  analysis: PFS.BIRC
  bounds: {efficacy: [2.5, 2.0], futility: [0.0, null]}
vary:
  trial.strata.*.experimental.hazard_ratio: [1.0, 0.65]
"""


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    path = tmp_path_factory.mktemp("grid") / "drug.yaml"
    path.write_text(GRID)
    return path


@pytest.fixture(scope="module")
def made(grid):
    return equipoise.scenarios(grid, replicates=4000, seed=7)


def test_the_looks_are_those_of_the_design(made):
    planned = equipoise.plan("altn-iii-04").tables["LOOKS"]["events"].to_list()
    assert made.scenarios["events"].to_list() == [planned, planned]
    assert made.scenarios["true_hazard_ratio"].to_list() == pytest.approx([1.0, 0.65])


def _rounded(value, unit):
    return Decimal(repr(value)).quantize(Decimal(unit), ROUND_HALF_UP)


def test_the_page_prints_every_number_of_the_summary(made):
    for row in made.summary.iter_rows(named=True):
        assert f"<td>{_rounded(100 * row['reject'], '0.01')} (" in made.html
        assert f"<td>{_rounded(row['events'], '0.1')} (" in made.html
    assert "A drug and its control: operating characteristics" in made.html
    assert "hazard ratio 0.65" in made.html


def test_the_page_says_that_it_is_simulated_and_loads_nothing(made):
    assert "no patient in it exists" in made.html
    assert "default-src 'none'" in made.html
    assert "<script" not in made.html


def test_shares_of_endings_add_to_one(made):
    stops = next(
        f
        for f in scenario_figures(made.characteristics, made.scenarios)
        if f.id == "scenario-stops"
    )
    rows = pl.DataFrame(stops.drawings[0].spec["layer"][0]["data"]["values"])
    for share in rows.group_by("label").agg(pl.col("share").sum())["share"]:
        assert math.isclose(share, 1.0)
    assert {"Futility, look 1", "No boundary", "Efficacy, look 2"} <= set(rows["kind"])


def test_the_command_writes_page_tables_and_manifest_and_goes_on_from_blocks(grid, made, tmp_path):
    out, blocks = tmp_path / "out", tmp_path / "blocks"
    command = ["scenarios", str(grid), "--replicates", "4000", "--seed", "7"]
    command += ["--out", str(out), "--blocks", str(blocks)]
    first = CliRunner().invoke(main, command)
    assert first.exit_code == 0, first.stderr
    assert first.stdout.strip().endswith("scenarios.html")
    assert (out / "scenarios.html").read_text() == made.html
    manifest = json.loads((out / "manifest.json").read_text())
    assert set(manifest["outputs"]) == {
        str(path.relative_to(out)) for path in out.rglob("*") if path.name != "manifest.json"
    }
    kept = {path: path.stat().st_mtime_ns for path in blocks.iterdir()}
    assert CliRunner().invoke(main, command).stdout == first.stdout
    assert {path: path.stat().st_mtime_ns for path in blocks.iterdir()} == kept


@pytest.mark.parametrize("text", ["reject", "reject=x", "reject@one=0.1", "reject=-1", "reject=0"])
def test_a_precision_that_is_none_is_refused(grid, text):
    with pytest.raises(OutputError, match="is not a precision"):
        equipoise.scenarios(grid, precision=text)


def test_a_precision_ends_scenarios_early(grid):
    made = equipoise.scenarios(grid, replicates=60_000, precision="reject=0.004", seed=7)
    assert made.summary["n"].to_list() == [20_000, 20_000]


def test_a_grid_that_is_not_there_is_a_misuse(tmp_path):
    result = CliRunner().invoke(main, ["scenarios", str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert "The grid cannot be read" in result.stderr
