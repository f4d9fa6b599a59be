# SPDX-License-Identifier: Apache-2.0
"""Lets every test import its neighbours as `tests.oracles`, however pytest is started.

Tests that ask for the same readout run in one process, which makes it once: those of a trial in
the folders below go together, and in them what names no trial goes by its file.
"""

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS.parent))

SHARING = {"browser", "golden", "recomputed", "report"}
TRIALS = ("altn-iii-04", "alter-s006", "cdiscpilot01")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """The group that pytest-xdist keeps on one worker (--dist loadgroup)."""
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in SHARING:
            trial = next((name for name in TRIALS if name in item.name), item.path.stem)
            item.add_marker(pytest.mark.xdist_group(trial))
