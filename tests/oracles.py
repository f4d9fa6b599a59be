# SPDX-License-Identifier: Apache-2.0
"""Where the independent data lie, and what happens when they do not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


def oracle_file(relative: str) -> Path:
    """A file of the oracle folder; without it the test is skipped, or fails where CI is set."""
    folder = Path(os.environ.get("EQUIPOISE_ORACLES", REPOSITORY.parent / "shared" / "oracles"))
    path = folder / relative
    if not path.exists():
        reason = f"no oracle {relative} in {folder}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
