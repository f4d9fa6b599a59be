# SPDX-License-Identifier: Apache-2.0
"""equipoise: an oncology clinical trial, executed from one protocol file."""

from equipoise.planning import plan, scenarios
from equipoise.verbs import analyse, check, derive, readout, rehearse, screen, simulate, twin

__all__ = [
    "__version__",
    "analyse",
    "check",
    "derive",
    "plan",
    "readout",
    "rehearse",
    "scenarios",
    "screen",
    "simulate",
    "twin",
]

__version__ = "0.1.0"
