# SPDX-License-Identifier: Apache-2.0
"""The plan of a trial as a page and as a run folder."""

import json

import pytest
from click.testing import CliRunner

import equipoise
from equipoise.cli import main
from equipoise.errors import MethodError


@pytest.fixture(scope="module")
def plan():
    return equipoise.plan("altn-iii-04")


def test_the_page_prints_the_bounds_of_the_plan(plan):
    looks = plan.tables["LOOKS"]
    assert looks.height >= 2
    for events, bound in looks.select("events", "efficacy_z").iter_rows():
        assert f"<td>{events}</td>" in plan.html
        assert f"<td>{bound:.3f}</td>" in plan.html
    assert plan.paragraph.split(". ")[0] in plan.html


def test_the_page_draws_boundary_power_and_timeline_and_loads_nothing(plan):
    for name in ("figure-boundary", "figure-power", "figure-timeline"):
        assert f'id="figure-{name}"' in plan.html
    assert "default-src 'none'" in plan.html
    assert "<script" not in plan.html


def test_two_plans_give_the_same_bytes(plan):
    assert equipoise.plan("altn-iii-04").html == plan.html


def test_what_is_left_open_is_solved():
    solved = equipoise.plan("altn-iii-04", solve="events").tables["SUMMARY"]
    assert ("events", "solved") in solved.select("item", "origin").rows()


def test_a_field_that_no_plan_can_solve_is_named():
    with pytest.raises(MethodError, match="`colour` cannot be solved for"):
        equipoise.plan("altn-iii-04", solve="colour")


def test_simulation_stands_beside_the_formulas():
    checked = equipoise.plan("altn-iii-04", verify=4000).tables["VERIFY"]
    assert checked.height
    assert checked["sigmas"].abs().max() < 4.5


def test_the_command_writes_page_tables_and_manifest(tmp_path):
    out = tmp_path / "plan"
    result = CliRunner().invoke(main, ["design", "alter-s006", "--out", str(out)])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip().endswith("design.html")
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    manifest = json.loads((out / "manifest.json").read_text())
    assert written - {"manifest.json"} == set(manifest["outputs"])
    assert "design.html" in written


def test_a_protocol_without_design_says_how_to_add_one():
    result = CliRunner().invoke(main, ["design", "cdiscpilot01"])
    assert result.exit_code == 1
    assert "add `design`" in result.stderr
