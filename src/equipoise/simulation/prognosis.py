# SPDX-License-Identifier: Apache-2.0
"""Who does worse: the hazards of each subject against those of its arm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.protocol.model import Effect, Simulation
from equipoise.simulation.baseline_lesions import bring_lesions
from equipoise.simulation.streams import FloatArray, Streams


@dataclass(frozen=True, slots=True)
class Prognosis:
    """Factors on the hazards of progression and of death; each (subjects,)."""

    progression: FloatArray
    death: FloatArray


def simulate_prognosis(
    simulation: Simulation, characteristics: pl.DataFrame, streams: Streams
) -> Prognosis:
    """The factors that characteristics and the size of the disease give each subject.

    Parameters    characteristics : one row per subject, groupings included
    Notes         log factor = sum over effects of x log(hazard ratio), x the level's indicator or
                  (value - from_value) / per, plus log2(b / from_mm) log(hazard ratio), b the
                  true sum of the target lesions at baseline in mm.
    """
    progression, death = np.zeros(streams.subjects), np.zeros(streams.subjects)
    for effect in simulation.effects:
        units = _units(effect, characteristics)
        progression += units * np.log(effect.progression)
        death += units * np.log(effect.death)
    if simulation.burden is not None:
        doublings = np.log2(bring_lesions(streams).tenths / 10 / simulation.burden.from_mm)
        progression += doublings * np.log(simulation.burden.progression)
        death += doublings * np.log(simulation.burden.death)
    return Prognosis(np.exp(progression), np.exp(death))


def _units(effect: Effect, characteristics: pl.DataFrame) -> FloatArray:
    column = characteristics[effect.variable]
    if effect.per is None:
        return (column.cast(pl.String) == effect.level).fill_null(False).to_numpy().astype(float)
    return (column.to_numpy().astype(np.float64) - effect.from_value) / effect.per
