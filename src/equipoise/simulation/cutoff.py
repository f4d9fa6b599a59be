# SPDX-License-Identifier: Apache-2.0
"""How long each patient is observed: to death, loss or the data cut-off, whichever comes first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.simulation.disease import Latent
from equipoise.simulation.streams import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Each (subjects,); dates in days since 1970-01-01.

    `observed_to` is the last day of which anything is recorded, `alive_to` the last day on which
    the patient can be scanned or treated, `died` and `left` say how observation ended.
    """

    death: IntArray
    observed_to: IntArray
    alive_to: IntArray
    died: BoolArray
    left: BoolArray


def follow_up(
    latent: Latent, *, reference: IntArray, fatal_event: IntArray, cutoff: IntArray
) -> FollowUp:
    """Observation of every subject up to the cut-off date, that day included.

    Parameters    cutoff : (subjects,) date
                  fatal_event : (subjects,) date of death from an adverse event, or a day past
                  every other where there is none
    """
    death = np.minimum(reference + _whole_days(latent.death, cutoff), fatal_event)
    left = reference + _whole_days(latent.dropout, cutoff)
    observed_to = np.minimum(np.minimum(death, left), cutoff)
    died = death == observed_to
    return FollowUp(
        death=death,
        observed_to=observed_to,
        alive_to=observed_to - died,
        died=died,
        left=(left == observed_to) & ~died,
    )


def _whole_days(days: FloatArray, largest: IntArray) -> IntArray:
    """Days after the reference date as recorded: whole, and never the reference date itself."""
    return np.maximum(np.floor(np.minimum(days, largest)), 1).astype(np.int64)
