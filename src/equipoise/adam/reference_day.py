# SPDX-License-Identifier: Apache-2.0
"""The reference day of a subject: randomisation, or the first dose where nobody is randomised."""

from __future__ import annotations

from equipoise.protocol.model import Protocol

START_VARIABLES = {"randomisation": "RANDDT", "first-dose": "TRTSDT"}


def reference_variable(protocol: Protocol) -> str:
    """The variable of ADSL from which windows and the scan calendar are counted."""
    return START_VARIABLES["first-dose" if protocol.randomisation is None else "randomisation"]
