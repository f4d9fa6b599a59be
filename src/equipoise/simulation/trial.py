# SPDX-License-Identifier: Apache-2.0
"""Whole patients: enrolled, randomised, scanned, read, dosed and followed, as plain tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from equipoise.errors import Fault, ProtocolError
from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.cutoff import FollowUp
from equipoise.simulation.dosing import give_doses
from equipoise.simulation.enrolment import day_number
from equipoise.simulation.event_cutoff import event_cutoffs
from equipoise.simulation.event_table import event_table
from equipoise.simulation.images import Images, take_images
from equipoise.simulation.lives import begin_lives, follow_lives
from equipoise.simulation.patient_table import Lives, Treatment, patient_table
from equipoise.simulation.reading import progression_dates, treating_evaluator
from equipoise.simulation.safety import (
    INTERRUPTED,
    NEVER,
    REDUCED,
    Events,
    record_events,
)
from equipoise.simulation.scans import simulate_scans
from equipoise.simulation.screening import simulate_screen_failures
from equipoise.simulation.streams import IntArray, Streams, draw_uniforms
from equipoise.simulation.tumour_tables import lesion_table, measurement_table, read_table

_THERAPY_DELAY, _THERAPY_SPREAD = 7, 28


def simulate_patients(
    protocol: Protocol, *, seed: int, replicates: Sequence[int]
) -> dict[str, pl.DataFrame]:
    """The patients of each replicate, and what happened to them.

    Parameters    replicates : numbers of the replicates wanted; a replicate depends on `seed` and
                  its own number alone
    Returns       patients, reads, lesions, measurements, doses, events; in all but the first,
                  `subject` is the row number in patients; failures, who was not enrolled
    Raises        ProtocolError - when the protocol has no simulation section
    """
    simulation = _simulation(protocol)
    patients = sum(simulation.arms[arm.id].patients for arm in protocol.arms)
    streams = Streams(seed=seed, replicates=tuple(replicates), patients=patients)
    latest = day_number(simulation.cutoff)
    begun = begin_lives(protocol, simulation, streams)
    lives = follow_lives(begun, np.full(streams.subjects, latest))
    images = _image(protocol, simulation, lives, streams)
    if simulation.cutoff_at is not None:
        cutoff = event_cutoffs(
            protocol, simulation.cutoff_at, lives.follow, images, streams, latest=latest
        )
        lives = follow_lives(begun, cutoff)
        images = _image(protocol, simulation, lives, streams)
    return tell_patients(protocol, simulation, lives, images, streams)


def _image(protocol: Protocol, simulation: Simulation, lives: Lives, streams: Streams) -> Images:
    reference = lives.entry.reference
    scans = simulate_scans(
        protocol.assessments,
        simulation,
        reference=reference,
        observed_to=lives.follow.alive_to,
        longest=day_number(simulation.cutoff) - day_number(simulation.enrolment.first),
        streams=streams,
    )
    return take_images(
        protocol, simulation, lives.latent, scans, reference=reference, streams=streams
    )


def tell_patients(
    protocol: Protocol,
    simulation: Simulation,
    lives: Lives,
    images: Images,
    streams: Streams,
    *,
    action: IntArray | None = None,
    imaged_to: IntArray | None = None,
) -> dict[str, pl.DataFrame]:
    """What follows from lives and images: treatment and adverse events, all as plain tables.

    Parameters    action : what was done for adverse events, as for `record_events`
                  imaged_to : (subjects,) date before which no other therapy begins
    """
    scans, reads, lesions = images.scans, images.reads, images.lesions
    progressed = progression_dates(reads, scans, treating_evaluator(protocol))
    treatment = _treat(protocol, simulation, lives, progressed, streams, action, imaged_to)
    return {
        "patients": patient_table(protocol, streams, lives, treatment, images.truth),
        "reads": read_table(scans, reads, lesions),
        "lesions": lesion_table(lives.entry, scans, reads, lesions),
        "measurements": measurement_table(lives.entry, scans, reads, lesions),
        "doses": treatment.doses,
        "events": event_table(simulation, treatment.events, lives.follow, treatment.doses),
        "failures": simulate_screen_failures(protocol, simulation, streams),
    }


def _treat(
    protocol: Protocol,
    simulation: Simulation,
    lives: Lives,
    progressed: IntArray,
    streams: Streams,
    action: IntArray | None,
    imaged_to: IntArray | None,
) -> Treatment:
    """Adverse events and doses until treatment stops, and what was given after progression."""
    start = lives.entry.start
    events = record_events(
        protocol,
        simulation,
        lives.toxicity,
        lives.arm,
        lives.follow,
        start=start,
        stop=np.minimum(progressed, lives.follow.observed_to),
        streams=streams,
        action=action,
    )
    doses = give_doses(
        protocol,
        lives.arm,
        start=start,
        last_day=_last_day(events, lives.follow, progressed, start=start, cutoff=lives.cutoff),
        reduce_from=_onset_of_action(events, REDUCED),
        interrupt_from=_onset_of_action(events, INTERRUPTED),
    )
    off = progressed if imaged_to is None else np.maximum(progressed, imaged_to)
    therapy = _new_therapy(simulation, off, lives, streams)
    return Treatment(progressed, therapy, events, doses)


def _simulation(protocol: Protocol) -> Simulation:
    if protocol.simulation is None:
        raise ProtocolError(
            Fault(
                what=f"{protocol.identity.id} has no `simulation` section to draw patients from",
                where="the top level of the protocol",
                mend="declare enrolment, cut-off and the course of each arm under `simulation`",
            )
        )
    return protocol.simulation


def _last_day(
    events: Events, follow: FollowUp, progressed: IntArray, *, start: IntArray, cutoff: IntArray
) -> IntArray:
    """Last possible day of treatment: the one before it stops, the cut-off where it goes on."""
    by_event = events.action_term[:, 0] >= 0
    ended = (events.stop == progressed) | by_event | follow.died | follow.left
    last_day = np.where(~ended, cutoff, np.maximum(events.stop - 1, start))
    return np.minimum(last_day, follow.alive_to)


def _onset_of_action(events: Events, action: int) -> IntArray:
    """Onset of the event for which this was done; NEVER where nothing was."""
    if not events.onset.shape[1]:
        return np.full(len(events.onset), NEVER)
    term = events.action_term[:, action]
    onset = np.take_along_axis(events.onset, np.maximum(term, 0)[:, None], axis=1)[:, 0]
    return np.where(term >= 0, onset, NEVER)


def _new_therapy(
    simulation: Simulation, progressed: IntArray, lives: Lives, streams: Streams
) -> IntArray:
    """Date of another anticancer therapy after progression; NEVER where none was observed.

    Who crosses over gets that treatment, the others another one by chance.
    """
    draw = draw_uniforms(streams, "therapy", width=2)
    begin = progressed + _THERAPY_DELAY + np.floor(draw[:, 1] * _THERAPY_SPREAD).astype(np.int64)
    treated = lives.latent.crosses | (draw[:, 0] < simulation.subsequent_therapy)
    given = treated & (begin <= lives.follow.alive_to)
    return np.where(given, begin, NEVER)
