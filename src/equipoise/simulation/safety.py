# SPDX-License-Identifier: Apache-2.0
"""Adverse events: worst grade by term, onset within treatment, end, and what was done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.cutoff import FollowUp
from equipoise.simulation.disease import Latent
from equipoise.simulation.enrolment import choose_or_none
from equipoise.simulation.streams import (
    BoolArray,
    FloatArray,
    IntArray,
    Streams,
    draw_uniforms,
)

NEVER = 10**6
"""A day past every other (the year 4707)."""

WITHDRAWN, REDUCED, INTERRUPTED = 0, 1, 2

_FATAL_WITHIN, _FATAL_LASTS = 126, 7
_MEDIAN_DURATION, _DURATION_SPREAD, _EARLIER_EPISODE = 14.0, 0.8, 0.5


@dataclass(frozen=True, slots=True)
class Toxicity:
    """Worst grade (subjects, terms) before anything is observed, and the fatal event if any.

    `draw` : (subjects, terms, 6) uniform numbers that the details of each event come from
    """

    grade: IntArray
    draw: FloatArray
    fatal_term: IntArray
    fatal_onset: IntArray
    fatal_death: IntArray


@dataclass(frozen=True, slots=True)
class Events:
    """Events as recorded, (subjects, terms); grade 0 is no event. Dates since 1970-01-01.

    `earlier_onset` and `earlier_grade` describe a milder episode before the worst one (0: none).
    `action_term` : (subjects, 3) - the event for which treatment was WITHDRAWN, REDUCED and
    INTERRUPTED, or -1.
    """

    grade: IntArray
    onset: IntArray
    end: IntArray
    earlier_grade: IntArray
    earlier_onset: IntArray
    related: BoolArray
    stop: IntArray
    action_term: IntArray


def simulate_toxicity(
    protocol: Protocol,
    simulation: Simulation,
    arm: IntArray,
    latent: Latent,
    *,
    start: IntArray,
    streams: Streams,
) -> Toxicity:
    """Worst grades by the declared chances; a grade 5 takes place before latent progression."""
    terms = simulation.adverse_events
    grade = np.zeros((streams.subjects, len(terms)), dtype=np.int64)
    draw = np.empty((streams.subjects, len(terms), 6))
    for column, event in enumerate(terms):
        draw[:, column] = draw_uniforms(streams, f"event.{event.term}", width=6)
        for index, one in enumerate(protocol.arms):
            here = np.flatnonzero(arm == index)
            chances = dict(sorted(event.worst_grade.get(one.id, {}).items()))
            grade[here, column] = choose_or_none(draw[here, column, 0], chances)
    span = np.minimum(latent.progression, _FATAL_WITHIN)
    onset = start[:, None] + np.floor(draw[:, :, 1] * span[:, None]).astype(np.int64)
    onset = np.where(grade == 5, onset, NEVER)
    term = onset.argmin(axis=1) if len(terms) else np.zeros(streams.subjects, dtype=np.int64)
    row = np.arange(streams.subjects)
    first = onset[row, term] if len(terms) else np.full(streams.subjects, NEVER)
    lasts = np.floor(draw[row, term, 2] * _FATAL_LASTS).astype(np.int64) if len(terms) else 0
    return Toxicity(
        grade=grade,
        draw=draw,
        fatal_term=np.where(first < NEVER, term, -1),
        fatal_onset=first,
        fatal_death=np.where(first < NEVER, first + lasts, NEVER),
    )


def record_events(
    protocol: Protocol,
    simulation: Simulation,
    toxicity: Toxicity,
    arm: IntArray,
    follow: FollowUp,
    *,
    start: IntArray,
    stop: IntArray,
    streams: Streams,
    action: IntArray | None = None,
) -> Events:
    """Events of treated subjects, and the day treatment stops because of one.

    Parameters    stop : (subjects,) the day treatment would stop without adverse events
                  action : (subjects, 3) the event for which something was done, as `draw_actions`
                  gives it; absent: drawn
    """
    treated = start <= follow.alive_to
    fatal = _fatal(toxicity, follow) & treated[:, None]
    grade = np.where(fatal, 5, np.minimum(toxicity.grade, 4)) * treated[:, None]
    draw = toxicity.draw
    onset = _within(draw[:, :, 1], start, stop)
    if action is None:
        action = draw_actions(protocol, simulation, grade, draw, arm, streams)
    # A stop for an event shortens treatment; all other events move inside what is left.
    row = np.arange(streams.subjects)
    stopped = action[:, 0] >= 0
    earlier_stop = onset[row, action[:, 0]] if onset.shape[1] else stop
    stop = np.where(stopped, earlier_stop, stop)
    onset = _within(draw[:, :, 1], start, stop)
    onset[row[stopped], action[stopped, 0]] = stop[stopped]
    onset = np.where(fatal, toxicity.fatal_onset[:, None], onset)
    end = np.where(fatal, follow.death[:, None], onset + _duration(draw[:, :, 2]))
    earlier_grade, earlier_onset = _earlier(grade, onset, draw, start)
    related = draw[:, :, 3] < np.array([event.related for event in simulation.adverse_events])
    return Events(
        grade=grade,
        onset=onset,
        end=end,
        earlier_grade=earlier_grade,
        earlier_onset=earlier_onset,
        related=related,
        stop=stop,
        action_term=action,
    )


def _fatal(toxicity: Toxicity, follow: FollowUp) -> BoolArray:
    """The event that the observed death is due to; unobserved, a grade 5 is recorded as 4."""
    terms = np.arange(toxicity.grade.shape[1])
    due = follow.died & (toxicity.fatal_death == follow.death)
    return np.asarray(due[:, None] & (terms == toxicity.fatal_term[:, None]))


def _within(uniform: FloatArray, start: IntArray, stop: IntArray) -> IntArray:
    length = np.maximum(stop - start, 0) + 1
    return np.asarray(start[:, None] + np.floor(uniform * length[:, None]).astype(np.int64))


def _duration(uniform: FloatArray) -> IntArray:
    days = _MEDIAN_DURATION * np.exp(_DURATION_SPREAD * ndtri(uniform))
    return np.ceil(days).astype(np.int64)


def _earlier(
    grade: IntArray, onset: IntArray, draw: FloatArray, start: IntArray
) -> tuple[IntArray, IntArray]:
    """A milder episode that is over before the worst one begins."""
    room = onset - start[:, None]
    has = (grade >= 2) & (grade < 5) & (draw[:, :, 4] < _EARLIER_EPISODE) & (room >= 2)
    begin = start[:, None] + np.floor(draw[:, :, 5] * (room - 1)).astype(np.int64)
    return np.where(has, grade - 1, 0), begin


def draw_actions(
    protocol: Protocol,
    simulation: Simulation,
    grade: IntArray,
    draw: FloatArray,
    arm: IntArray,
    streams: Streams,
) -> IntArray:
    """The event of each subject for which treatment is stopped, reduced and interrupted.

    The worst event that was not fatal comes first; subjects with a fatal one are left out. The
    chance of a stop is over all patients of an arm, so it is scaled by that of having any event.
    """
    uniform = draw_uniforms(streams, "safety.actions", width=3)
    wanted = np.empty((streams.subjects, 3), dtype=np.bool_)
    for index, one in enumerate(protocol.arms):
        here = arm == index
        chance = simulation.discontinuation_for_event.get(one.id, 0.0)
        wanted[here, 0] = uniform[here, 0] < chance / max(
            _any_event(simulation, one.id), chance, 1e-9
        )
    wanted[:, 1] = uniform[:, 1] < simulation.dose_reduction
    wanted[:, 2] = uniform[:, 2] < simulation.dose_interruption
    wanted &= ~(grade == 5).any(axis=1)[:, None]
    severity = np.where(grade > 0, grade + draw[:, :, 4], 0.0)
    severity = np.pad(severity, ((0, 0), (0, max(3 - severity.shape[1], 0))))
    order = np.argsort(-severity, axis=1, kind="stable")[:, :3]
    turn = np.cumsum(wanted, axis=1) - 1
    term = np.take_along_axis(order, np.maximum(turn, 0), axis=1)
    exists = np.take_along_axis(severity, term, axis=1) > 0
    return np.where(wanted & exists, term, -1)


def _any_event(simulation: Simulation, arm: str) -> float:
    """Probability that a patient of this arm has at least one event that is not fatal."""
    none = 1.0
    for event in simulation.adverse_events:
        chances = event.worst_grade.get(arm, {})
        none *= 1 - sum(chance for grade, chance in chances.items() if grade < 5)
    return 1 - none
