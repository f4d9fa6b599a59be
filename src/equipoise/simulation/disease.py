# SPDX-License-Identifier: Apache-2.0
"""Latent progression, death and response: what happens, before anyone has looked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.protocol.model import Course, Protocol, Simulation
from equipoise.simulation.baseline_lesions import bring_lesions
from equipoise.simulation.hazard import piecewise_exponential, survival
from equipoise.simulation.joint import follow
from equipoise.simulation.prognosis import Prognosis
from equipoise.simulation.streams import (
    BoolArray,
    FloatArray,
    IntArray,
    Streams,
    draw_uniform,
    draw_uniforms,
)
from equipoise.simulation.tumour_course import Depth, day_of_growth, growth_ratio


@dataclass(frozen=True, slots=True)
class Latent:
    """Each (subjects,). Times in days after the reference date.

    `depth` says how far the tumours shrink, hence whether they respond; `growth_ratio` is the rate
    of growth over that of shrinkage, `grown` the day on which the targets alone have progressed.
    """

    progression: FloatArray
    death: FloatArray
    dropout: FloatArray
    depth: Depth
    growth_ratio: FloatArray
    grown: FloatArray
    crosses: BoolArray


def simulate_disease(
    protocol: Protocol,
    simulation: Simulation,
    arm: IntArray,
    prognosis: Prognosis,
    streams: Streams,
) -> Latent:
    """Progression, death and response for every subject.

    Death before progression and progression compete; after progression death has a hazard of its
    own that starts there. The time of progression is kept even where death comes first.
    """
    uniform = times_uniform(streams)
    response_uniform = draw_uniforms(streams, "disease.response", width=2)
    progression = np.empty(streams.subjects)
    death = np.empty(streams.subjects)
    responds = np.empty((2, streams.subjects))
    crosses = np.zeros(streams.subjects, dtype=np.bool_)
    for index, one in enumerate(protocol.arms):
        here = np.flatnonzero(arm == index)
        course = simulation.arms[one.id]
        if course.crossover is not None:
            draw = draw_uniform(streams, "disease.crossover")[here]
            crosses[here] = draw < course.crossover.chance
        progression[here], death[here] = _times(
            course,
            uniform[here],
            Prognosis(prognosis.progression[here], prognosis.death[here]),
            after_crossover(course, crosses[here]),
            protocol.days_per_month,
        )
        responds[:, here] = _chances(course, protocol, np.minimum(progression, death)[here])
    rate = -np.log1p(-simulation.dropout_per_year) / 365.25
    leaving = follow(
        uniform[:, 0],
        draw_uniform(streams, "disease.dropout"),
        simulation.dropout_progression_correlation,
    )
    dropout = -np.log(leaving)
    return Latent(
        progression=progression,
        death=death,
        dropout=dropout / rate if rate > 0 else np.full(streams.subjects, np.inf),
        depth=Depth(response_uniform[:, 0], complete=responds[0], response=responds[1]),
        growth_ratio=growth_ratio(simulation.tumour, response_uniform[:, 1]),
        grown=day_of_growth(bring_lesions(streams), progression),
        crosses=crosses,
    )


def times_uniform(streams: Streams) -> FloatArray:
    """The draws behind progression, death before it and death after it: (subjects, 3)."""
    return draw_uniforms(streams, "disease.times", width=3)


def after_crossover(course: Course, crosses: BoolArray) -> FloatArray:
    """Factor on the hazard of death after progression."""
    ratio = 1.0 if course.crossover is None else course.crossover.death
    return np.where(crosses, ratio, 1.0)


def _times(
    course: Course,
    uniform: FloatArray,
    prognosis: Prognosis,
    crossed: FloatArray,
    days_per_month: float,
) -> tuple[FloatArray, FloatArray]:
    progression = piecewise_exponential(
        uniform[:, 0],
        course.progression,
        days_per_month=days_per_month,
        factor=prognosis.progression,
    )
    before = piecewise_exponential(
        uniform[:, 1],
        course.death_before_progression,
        days_per_month=days_per_month,
        factor=prognosis.death,
    )
    after = piecewise_exponential(
        uniform[:, 2],
        course.death_after_progression,
        days_per_month=days_per_month,
        factor=prognosis.death * crossed,
    )
    return progression, np.where(before < progression, before, progression + after)


def _chances(course: Course, protocol: Protocol, event: FloatArray) -> FloatArray:
    """Chance of a complete, and of any, response; only patients free at the first scan respond.

    Their chance is scaled up by the probability of that, so that the chance over all patients of
    the arm is the declared one.
    """
    first_scan = protocol.assessments.schedule[0].every_days
    free = survival(
        first_scan, course.progression, days_per_month=protocol.days_per_month
    ) * survival(
        first_scan, course.death_before_progression, days_per_month=protocol.days_per_month
    )
    chances = np.cumsum([course.complete_response, course.partial_response]) / free
    return np.asarray(np.where(event > first_scan, chances[:, None], 0.0))
