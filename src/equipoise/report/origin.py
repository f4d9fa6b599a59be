# SPDX-License-Identifier: Apache-2.0
"""What every page says of where its patients come from, where none of them ever lived."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Words about patients who do not exist; all empty for recorded data.

    label : in captions and across figures; banner : at the head of a page; source : in a sentence
    note : beside published figures; short : below every printed table
    """

    label: str = ""
    banner: str = ""
    source: str = "recorded"
    note: str = ""
    short: str = ""


SIMULATED = Origin(
    label="SIMULATED",
    banner="No patient in this readout exists: every result comes from a simulation of the "
    "protocol’s assumptions.",
    source="simulated from the protocol’s assumptions",
    note="The computed values come from a simulation whose assumptions were chosen near the "
    "published figures: agreement here is no evidence about the trial.",
    short="not data of patients",
)
TWIN = Origin(
    label="SYNTHETIC TWIN",
    banner="Synthetic twin, constructed from published figures, not patient data: no patient in "
    "this readout exists, and a figure that no publication prints says nothing about the trial.",
    source="synthetic twin, constructed from published figures, not patient data",
    note="The patients were constructed so that these figures come out: agreement shows that the "
    "figures go together, and is no evidence about the trial.",
    short="constructed from published figures, not patient data",
)


def origin_of(data: str) -> Origin:
    """The words for DATA, SIMULATED or TWIN."""
    return {"SIMULATED": SIMULATED, "TWIN": TWIN}.get(data, Origin())


def origin_labelled(label: str) -> Origin:
    """The words that go with a label."""
    return next((item for item in (SIMULATED, TWIN) if item.label == label), Origin())
