# SPDX-License-Identifier: Apache-2.0
"""The worked examples of planning run as they are written: commands first, then Python."""

from __future__ import annotations

import re
import shlex

import pytest
from click.testing import CliRunner
from tests.oracles import REPOSITORY

from equipoise.cli import main

FOLDER = REPOSITORY / "docs" / "how-to"
PAGES = ("carry-phase-2-into-phase-3", "read-an-interim-analysis", "predict-events")
OWN_FILES = "my-trial.yaml"  # commands about the reader's own files cannot run here


def commands(text: str) -> list[list[str]]:
    found = [shlex.split(line) for line in re.findall(r"^    equipoise (.*)$", text, re.MULTILINE)]
    return [words for words in found if OWN_FILES not in words]


def code(text: str) -> str:
    return "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL))


@pytest.fixture(scope="module", params=PAGES)
def page(request, tmp_path_factory):
    """What the page's Python leaves behind, after its commands ran in an empty folder."""
    text = (FOLDER / f"{request.param}.md").read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for words in commands(text):
            done = CliRunner().invoke(main, words)
            assert done.exit_code == 0, f"equipoise {shlex.join(words)}\n{done.output}"
        left: dict[str, object] = {"__name__": request.param}
        exec(code(text), left)
    return request.param, folder, left


def test_what_the_page_says_comes_true(page):
    name, folder, left = page
    if name == "carry-phase-2-into-phase-3":
        assert "Assurance" in (folder / "designs" / "altn-iii-04" / "design.html").read_text()
        chance = list(left["success"].values())
        assert chance == sorted(chance, reverse=True)
        assert left["table"]["success"].item() == pytest.approx(left["success"][0.5])
        assert left["table"]["success"].item() < left["table"]["power_at_estimate"].item()
    elif name == "read-an-interim-analysis":
        assert (folder / "readouts" / "final" / "readout.html").exists()
        text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        for row in left["looks"].iter_rows(named=True):
            assert f"{row['EVENTSPL']} events, Z {row['BOUNDZPL']:.3f}" in text
    else:
        actual = left["date_of_event"](
            left["everything"].filter(PARAMCD="PFS", EVALUATOR="BIRC", RULESET="R0"),
            left["wanted"],
        )
        assert left["low"] <= actual <= left["high"]
