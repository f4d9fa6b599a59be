# SPDX-License-Identifier: Apache-2.0
"""Lets every test import its neighbours as `tests.oracles`, however pytest is started."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
