# SPDX-License-Identifier: Apache-2.0
"""Whole patients: enrolled, randomised, scanned, read, dosed and followed, as plain tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from equipoise.errors import Fault, ProtocolError
from equipoise.grouping import derive_groupings
from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulate.cutoff import FollowUp, follow_up
from equipoise.simulate.disease import simulate_disease
from equipoise.simulate.dosing import give_doses
from equipoise.simulate.enrolment import Entry, day_number, simulate_covariates, simulate_entry
from equipoise.simulate.event_table import event_table
from equipoise.simulate.lesions import simulate_lesions
from equipoise.simulate.patient_table import Course, patient_table
from equipoise.simulate.randomisation import allocate_arms
from equipoise.simulate.reading import Reads, read_scans, treating_evaluator
from equipoise.simulate.safety import NEVER, Events, record_events, simulate_toxicity
from equipoise.simulate.scans import Scans, simulate_scans
from equipoise.simulate.streams import IntArray, Streams, draw_uniforms
from equipoise.simulate.tumour_tables import lesion_table, measurement_table, read_table

_THERAPY_DELAY, _THERAPY_SPREAD = 7, 28


def simulate_patients(
    protocol: Protocol, *, seed: int, replicates: Sequence[int]
) -> dict[str, pl.DataFrame]:
    """The patients of each replicate, and what happened to them.

    Parameters    replicates : numbers of the replicates wanted; a replicate depends on `seed` and
                  its own number alone
    Returns       patients, reads, lesions, measurements, doses, events; in all but the first,
                  `subject` is the row number in patients
    Raises        ProtocolError - when the protocol has no simulation section
    """
    simulation = _simulation(protocol)
    patients = sum(simulation.arms[arm.id].patients for arm in protocol.arms)
    streams = Streams(seed=seed, replicates=tuple(replicates), patients=patients)
    entry = simulate_entry(protocol, simulation, streams)
    covariates = simulate_covariates(simulation, streams)
    arm = allocate_arms(protocol, derive_groupings(covariates, protocol.groupings), streams)
    latent = simulate_disease(protocol, simulation, arm, streams)
    toxicity = simulate_toxicity(
        protocol, simulation, arm, latent, start=entry.start, streams=streams
    )
    cutoff = day_number(simulation.cutoff)
    follow = follow_up(
        latent, reference=entry.reference, fatal_event=toxicity.fatal_death, cutoff=cutoff
    )
    scans = simulate_scans(
        protocol.assessments,
        simulation,
        reference=entry.reference,
        observed_to=follow.alive_to,
        longest=cutoff - day_number(simulation.enrolment.first),
        streams=streams,
    )
    reads = read_scans(
        protocol, simulation, latent, scans, reference=entry.reference, streams=streams
    )
    progressed = _progression_date(reads, scans, treating_evaluator(protocol))
    events = record_events(
        protocol,
        simulation,
        toxicity,
        arm,
        follow,
        start=entry.start,
        stop=np.minimum(progressed, follow.observed_to),
        streams=streams,
    )
    doses = _doses(protocol, arm, entry, follow, events, cutoff)
    lesions = simulate_lesions(reads, streams)
    course = Course(
        entry=entry,
        arm=arm,
        latent=latent,
        follow=follow,
        events=events,
        progressed=progressed,
        therapy=_new_therapy(simulation, progressed, follow, streams),
        cutoff=cutoff,
    )
    return {
        "patients": patient_table(protocol, streams, course, covariates, doses),
        "reads": read_table(scans, reads, lesions),
        "lesions": lesion_table(entry, scans, reads, lesions),
        "measurements": measurement_table(entry, scans, reads, lesions),
        "doses": doses,
        "events": event_table(simulation, events, follow, doses),
    }


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


def _progression_date(reads: Reads, scans: Scans, evaluator: int) -> IntArray:
    """Date of the scan on which this evaluator called progression; NEVER where none."""
    called = reads.progression_scan[:, evaluator]
    planned = scans.date.shape[1]
    date = np.take_along_axis(scans.date, np.minimum(called, planned - 1)[:, None], axis=1)[:, 0]
    return np.where(called < planned, date, NEVER)


def _doses(
    protocol: Protocol,
    arm: IntArray,
    entry: Entry,
    follow: FollowUp,
    events: Events,
    cutoff: int,
) -> pl.DataFrame:
    """Doses up to the day before treatment stops; up to the cut-off where it has not."""
    ongoing = (events.stop == cutoff) & (follow.observed_to == cutoff)
    last_day = np.where(ongoing, cutoff, np.maximum(events.stop - 1, entry.start))
    row = np.arange(len(arm))
    onset = np.where(
        events.action_term >= 0,
        events.onset[row[:, None], np.maximum(events.action_term, 0)]
        if events.onset.shape[1]
        else NEVER,
        NEVER,
    )
    return give_doses(
        protocol,
        arm,
        start=entry.start,
        last_day=np.minimum(last_day, follow.alive_to),
        reduce_from=onset[:, 1],
        interrupt_from=onset[:, 2],
    )


def _new_therapy(
    simulation: Simulation, progressed: IntArray, follow: FollowUp, streams: Streams
) -> IntArray:
    """Date of another anticancer therapy after progression; NEVER where none was observed."""
    draw = draw_uniforms(streams, "therapy", width=2)
    begin = progressed + _THERAPY_DELAY + np.floor(draw[:, 1] * _THERAPY_SPREAD).astype(np.int64)
    given = (draw[:, 0] < simulation.subsequent_therapy) & (begin <= follow.alive_to)
    return np.where(given, begin, NEVER)
