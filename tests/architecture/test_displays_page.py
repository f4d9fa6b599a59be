# SPDX-License-Identifier: Apache-2.0
"""The page of displays says what the readouts of the simulated trials show, and forgets none."""

from __future__ import annotations

import runpy
from fnmatch import fnmatch

import pytest
from tests.oracles import REPOSITORY
from tests.readouts import simulated

from equipoise.report.left_out import catalogue

MODULE = runpy.run_path(str(REPOSITORY / "tools" / "displays_page.py"))
LINES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in MODULE["PAGE"].read_text(encoding="utf-8").splitlines()
    if line.startswith("|")
]


@pytest.mark.parametrize("trial", ["altn-iii-04", "alter-s006"])
def test_the_page_tells_what_the_readout_shows(trial):
    shown = simulated(trial).displays["display"]["output_id"].to_list()
    column = LINES[0].index(trial)
    for line, display in zip(LINES[2:], catalogue(), strict=True):
        assert line[1] == display.name
        assert line[column] == MODULE["cell"](display, shown), (
            f"run tools/displays_page.py: {display.name}"
        )
    known = [pattern for display in catalogue() for pattern in display.ids]
    strange = [s for s in shown if not any(fnmatch(s, pattern) for pattern in known)]
    assert not strange, f"report/catalogue.yaml does not know {strange}"


@pytest.mark.parametrize("trial", ["altn-iii-04", "alter-s006"])
def test_what_a_readout_does_not_show_it_lists_with_what_it_takes(trial):
    html = simulated(trial).html
    listed = html.partition('id="table-left-out"')[2].partition("</table>")[0]
    shown = simulated(trial).displays["display"]["output_id"].to_list()
    for display in catalogue():
        if "page" in display.ids:
            continue
        assert (f'<th scope="row">{display.name}</th>' in listed) != display.among(shown)
        assert display.takes, f"{display.name} does not say what it takes"
