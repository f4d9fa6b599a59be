# SPDX-License-Identifier: Apache-2.0
"""The page of displays says what the readouts of the simulated trials show, and forgets none."""

from __future__ import annotations

import runpy
from fnmatch import fnmatch

import pytest
from tests.oracles import REPOSITORY
from tests.readouts import simulated

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
    for line, (_, name, patterns, _) in zip(LINES[2:], MODULE["DISPLAYS"], strict=True):
        assert line[1] == name
        assert line[column] == MODULE["cell"](patterns, shown), (
            f"run tools/displays_page.py: {name}"
        )
    known = [pattern for *_, patterns, _ in MODULE["DISPLAYS"] for pattern in patterns]
    strange = [s for s in shown if not any(fnmatch(s, pattern) for pattern in known)]
    assert not strange, f"tools/displays_page.py does not know {strange}"
