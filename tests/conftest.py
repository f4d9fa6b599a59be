# SPDX-License-Identifier: Apache-2.0
"""Lets every test import its neighbours as `tests.oracles`, however pytest is started.

Tests that ask for the same readout run in one process, which makes it once: those of a trial in
the folders below go together, and in them what names no trial goes by its file.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SHARING = {"browser", "golden", "recomputed", "report"}
TRIALS = ("altn-iii-04", "alter-s006", "cdiscpilot01")


def group_of(nodeid):
    """The tests that a worker gets together: a name they share, or a test alone."""
    path, _, test = nodeid.partition("::")
    if path.split("/")[1] not in SHARING:
        return nodeid
    return next((name for name in TRIALS if name in test), path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Groups of our own: --dist loadgroup of pytest-xdist 3.8 groups nothing under pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class ByReadout(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    return ByReadout(config, log)
