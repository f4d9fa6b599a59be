# SPDX-License-Identifier: Apache-2.0
"""Why a number is missing: not reached, not estimable and not applicable are different answers."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """State of one reported value; `value` is what a table prints in its place.

    OK a number; NR the curve has not come down far enough by the last observation;
    NE the data cannot determine it; NA the question does not arise for these data.
    """

    OK = "ok"
    NR = "NR"
    NE = "NE"
    NA = "NA"
