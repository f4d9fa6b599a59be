# SPDX-License-Identifier: Apache-2.0
"""Deaths whose hazard follows the tumour as it shrinks and grows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.baseline_lesions import bring_lesions
from equipoise.simulation.disease import Latent, after_crossover
from equipoise.simulation.hazard import stepwise_exponential
from equipoise.simulation.prognosis import Prognosis
from equipoise.simulation.streams import FloatArray, IntArray, Streams
from equipoise.simulation.tumour_course import fit_tumour_curves, see_depth
from equipoise.simulation.tumour_curve import TumourCurves, relative_sums

_YEARS = 10
"""After so long the sum no longer changes the hazard: it has reached its ceiling before."""


def follow_burden(
    protocol: Protocol,
    simulation: Simulation,
    arm: IntArray,
    prognosis: Prognosis,
    latent: Latent,
    uniform: FloatArray,
    streams: Streams,
) -> Latent:
    """The same disease with deaths that the sum of diameters brings nearer as it grows.

    Parameters    prognosis : its factor on death holds that of the baseline sum
                  uniform : (subjects, 3) the draws that gave the times in `latent`
    Notes         At sum B f(t) the hazard of death is that at B times f(t)^(log2 ratio), the ratio
                  for a doubling. f is taken at the start of each interval between scans, so until
                  the first scan it is 1, and who can respond does not change.
    """
    assert simulation.burden is not None  # the caller has looked
    power = float(np.log2(simulation.burden.death))
    every = protocol.assessments.schedule[0].every_days
    curves = fit_tumour_curves(
        see_depth(simulation.tumour, latent.depth).nadir,
        latent.growth_ratio,
        tenths=bring_lesions(streams).tenths,
        day=latent.grown,
    )
    starts = np.arange(0, 365.25 * _YEARS, every)
    death = np.empty(streams.subjects)
    for index, one in enumerate(protocol.arms):
        here = np.flatnonzero(arm == index)
        course, progression = simulation.arms[one.id], latent.progression[here]
        mine = _those(curves, here)
        before, after = (
            stepwise_exponential(
                uniform[here, draw],
                pieces,
                days_per_month=protocol.days_per_month,
                factor=prognosis.death[here] * crossed,
                steps=relative_sums(mine.at_days(), days) ** power,
                step_days=every,
            )
            for draw, pieces, crossed, days in (
                (1, course.death_before_progression, 1.0, starts),
                (
                    2,
                    course.death_after_progression,
                    after_crossover(course, latent.crosses[here]),
                    progression[:, None] + starts,
                ),
            )
        )
        death[here] = np.where(before < progression, before, progression + after)
    return replace(latent, death=death)


def _those(curves: TumourCurves, here: IntArray) -> TumourCurves:
    return TumourCurves(
        nadir=curves.nadir[here],
        nadir_day=curves.nadir_day[here],
        shrinkage=curves.shrinkage[here],
        growth=curves.growth[here],
    )
