# SPDX-License-Identifier: Apache-2.0
"""Generated pages are what their generators give today."""

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_command_line_page_is_current():
    module = runpy.run_path(str(ROOT / "tools" / "command_line_page.py"))
    assert module["PAGE"].read_text(encoding="utf-8") == module["page"](), "run `make docs`"
