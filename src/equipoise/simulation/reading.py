# SPDX-License-Identifier: Apache-2.0
"""What each evaluator sees: the scan of progression, and the response at every scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.safety import NEVER
from equipoise.simulation.scans import Scans
from equipoise.simulation.streams import (
    BoolArray,
    FloatArray,
    IntArray,
    Streams,
    draw_per_scan,
    draw_uniform,
    draw_uniforms,
)

CR, PR, SD, PD, NE = 0, 1, 2, 3, 4
RESPONSES = ("CR", "PR", "SD", "PD", "NE")


@dataclass(frozen=True, slots=True)
class Calls:
    """Which scans each reader reads, and on which progression is called; planned scans last.

    `progression_scan` (subjects, readers) is the number of planned scans where no progression was
    seen; `due` is that of a patient who is observed for ever, `kept` (subjects, 1, scans) the scans
    that such a patient has. `unreadable` marks the scans on which one target lesion cannot be
    measured, whether read or not. `closed` says that no scan after those drawn can come before
    progression.
    """

    progression_scan: IntArray
    due: IntArray
    kept: BoolArray
    read: BoolArray
    unreadable: BoolArray
    closed: BoolArray

    @property
    def progressed(self) -> BoolArray:
        """The reads on which progression is called."""
        scan = np.arange(self.read.shape[2])
        return np.asarray(self.read & (scan == self.progression_scan[..., None]))


@dataclass(frozen=True, slots=True)
class Reads:
    """Reads of every subject by every reader: (subjects, evaluators[, planned scans]).

    `progression_scan` is the number of planned scans where no progression was seen. `response` is
    the state of the disease as this evaluator sees it (never NE); `unreadable` marks the reads in
    which one target lesion could not be measured, `overall` is the response they gave. `accepted`
    are the reads that an adjudicator chose over another.
    """

    progression_scan: IntArray
    read: BoolArray
    response: IntArray
    unreadable: BoolArray
    overall: IntArray
    accepted: BoolArray


def treating_evaluator(protocol: Protocol) -> int:
    """The reader whose reading ends treatment: the investigator, else the first declared."""
    for index, evaluator in enumerate(protocol.readers):
        if evaluator.where.get("RSEVAL") == "INVESTIGATOR":
            return index
    return 0


def progression_dates(reads: Reads, scans: Scans, evaluator: int) -> IntArray:
    """Date of the scan on which this evaluator called progression; NEVER where none."""
    called = reads.progression_scan[:, evaluator]
    planned = scans.date.shape[1]
    date = np.take_along_axis(scans.date, np.minimum(called, planned - 1)[:, None], axis=1)[:, 0]
    return np.where(called < planned, date, NEVER)


def call_progression(
    protocol: Protocol,
    simulation: Simulation,
    progression: FloatArray,
    scans: Scans,
    *,
    reference: IntArray,
    streams: Streams,
) -> Calls:
    """Each evaluator reads the scans up to the one on which it calls progression.

    Imaging goes on until every evaluator has called progression, so that a late reader is not cut
    short by the treating physician.

    Parameters    progression : (subjects,) true days after the reference date
    """
    shape = (streams.subjects, len(protocol.readers), len(scans.planned_day))
    true_scan = _first(scans.kept & (scans.date - reference[:, None] >= progression[:, None]))
    due = np.empty(shape[:2], dtype=np.int64)
    unreadable = np.empty(shape, dtype=np.bool_)
    for index, evaluator in enumerate(protocol.readers):
        chance = simulation.reads_differ.get(evaluator.id, 0.0)
        differs = draw_uniform(streams, f"reading.{evaluator.id}.progression")
        due[:, index] = _called(scans, true_scan, differs, chance)
        quality = draw_per_scan(streams, f"reading.{evaluator.id}.quality", scans=shape[2])
        unreadable[:, index] = quality[..., 0] < simulation.unreadable_scan
    attended = np.pad(scans.attended, ((0, 0), (0, 1)))
    called = np.where(np.take_along_axis(attended, due, axis=1), due, shape[2])
    scan = np.arange(shape[2])
    return Calls(
        progression_scan=called,
        due=due,
        kept=scans.kept[:, None],
        read=scans.attended[:, None] & (scan <= called[..., None]),
        unreadable=unreadable & (scan != due[..., None]),
        closed=due < shape[2],
    )


def give_reads(
    protocol: Protocol, simulation: Simulation, calls: Calls, response: IntArray, streams: Streams
) -> Reads:
    """The reads with their responses, and which of two the adjudicator chose."""
    reads = plain_reads(calls, response)
    accepted = _accepted(protocol, simulation, reads.read, reads.overall, streams)
    return accept_reads(reads, accepted)


def plain_reads(calls: Calls, response: IntArray) -> Reads:
    """The reads with their responses, before anybody adjudicates."""
    unreadable = calls.unreadable & calls.read
    return Reads(
        progression_scan=calls.progression_scan,
        read=calls.read,
        response=response,
        unreadable=unreadable,
        overall=np.where(unreadable, NE, response),
        accepted=np.zeros(response.shape[:2], dtype=np.bool_),
    )


def accept_reads(reads: Reads, accepted: BoolArray) -> Reads:
    """The same reads, these of them accepted."""
    return Reads(
        progression_scan=reads.progression_scan,
        read=reads.read,
        response=reads.response,
        unreadable=reads.unreadable,
        overall=reads.overall,
        accepted=accepted,
    )


def _accepted(
    protocol: Protocol,
    simulation: Simulation,
    read: BoolArray,
    overall: IntArray,
    streams: Streams,
) -> BoolArray:
    """Where two readers differ at any scan, an adjudicator takes either with equal chance."""
    places = {reader.id: place for place, reader in enumerate(protocol.readers)}
    accepted = np.zeros(read.shape[:2], dtype=np.bool_)
    for evaluator in protocol.evaluators:
        if evaluator.adjudication is None:
            continue
        one, two = (places[name] for name in evaluator.adjudication.readers)
        seen = np.where(read, overall, -1)
        differ = (seen[:, one] != seen[:, two]).any(axis=1)
        draw = draw_uniforms(streams, f"adjudication.{evaluator.id}", width=2)
        chosen = differ & (draw[:, 1] >= simulation.adjudication_pending)
        accepted[:, one] |= chosen & (draw[:, 0] < 0.5)
        accepted[:, two] |= chosen & (draw[:, 0] >= 0.5)
    return accepted


def _first(where: BoolArray) -> IntArray:
    """Index of the first true value of each row; the row's length where there is none."""
    first = np.where(where.any(axis=1), where.argmax(axis=1), where.shape[1])
    return np.asarray(first, dtype=np.int64)


def _called(scans: Scans, true_scan: IntArray, uniform: FloatArray, chance: float) -> IntArray:
    """The scan on which one evaluator calls progression: one early or one late by `chance`.

    Early without an earlier scan is on time; late without a later one is never.
    """
    missing = scans.kept.shape[1]
    seen = true_scan < missing
    column = np.minimum(true_scan, missing - 1)
    ordinal = np.take_along_axis(scans.ordinal, column[:, None], axis=1)
    shift = np.select([uniform < chance / 2, uniform < chance], [-1, 1], 0)[:, None]
    wanted = np.maximum(ordinal + shift, 1)
    scan = _first(scans.kept & (scans.ordinal == wanted))
    return np.where(seen, scan, missing)
