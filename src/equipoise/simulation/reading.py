# SPDX-License-Identifier: Apache-2.0
"""What each evaluator sees: the scan of progression, and the response at every scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.disease import COMPLETE, NO_RESPONSE, Latent
from equipoise.simulation.scans import Scans
from equipoise.simulation.streams import (
    BoolArray,
    FloatArray,
    IntArray,
    Streams,
    draw_uniform,
    draw_uniforms,
)

CR, PR, SD, PD, NE = 0, 1, 2, 3, 4
RESPONSES = ("CR", "PR", "SD", "PD", "NE")


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


def read_scans(
    protocol: Protocol,
    simulation: Simulation,
    latent: Latent,
    scans: Scans,
    *,
    reference: IntArray,
    streams: Streams,
) -> Reads:
    """Each evaluator's reading of the scans up to the one on which progression is called.

    Imaging goes on until every evaluator has called progression, so that a late reader is not cut
    short by the treating physician.
    """
    shape = (streams.subjects, len(protocol.readers), len(scans.planned_day))
    true_scan = _first(
        scans.attended & (scans.date - reference[:, None] >= latent.progression[:, None])
    )
    called = np.empty(shape[:2], dtype=np.int64)
    unreadable = np.empty(shape, dtype=np.bool_)
    for index, evaluator in enumerate(protocol.readers):
        chance = simulation.reads_differ.get(evaluator.id, 0.0)
        differs = draw_uniform(streams, f"reading.{evaluator.id}.progression")
        called[:, index] = _called(scans, true_scan, differs, chance)
        unreadable[:, index] = (
            draw_uniforms(streams, f"reading.{evaluator.id}.quality", width=shape[2])
            < simulation.unreadable_scan
        )
    scan = np.arange(shape[2])
    read = scans.attended[:, None] & (scan <= called[..., None])
    response = _responses(latent, scans, true_scan)[:, None]
    response = np.where(scan == called[..., None], PD, response)
    unreadable &= read & (response != PD)
    overall = np.where(unreadable, NE, response)
    return Reads(
        progression_scan=called,
        read=read,
        response=response,
        unreadable=unreadable,
        overall=overall,
        accepted=_accepted(protocol, simulation, read, overall, streams),
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
    missing = scans.attended.shape[1]
    seen = true_scan < missing
    column = np.minimum(true_scan, missing - 1)
    ordinal = np.take_along_axis(scans.ordinal, column[:, None], axis=1)
    shift = np.select([uniform < chance / 2, uniform < chance], [-1, 1], 0)[:, None]
    wanted = np.maximum(ordinal + shift, 1)
    scan = _first(scans.attended & (scans.ordinal == wanted))
    return np.where(seen, scan, missing)


def _responses(latent: Latent, scans: Scans, true_scan: IntArray) -> IntArray:
    """Disease state at each scan before progression: (subjects, planned scans).

    A response begins at its onset scan, or at the last scan before progression where that comes
    earlier, and lasts until progression.
    """
    missing = scans.attended.shape[1]
    total = scans.ordinal[:, -1]
    column = np.minimum(true_scan, missing - 1)
    at_progression = np.take_along_axis(scans.ordinal, column[:, None], axis=1)[:, 0]
    last_before = np.where(true_scan < missing, at_progression - 1, total)
    onset = np.maximum(np.minimum(latent.onset_scan, last_before), 1)
    responding = (latent.response != NO_RESPONSE) & (last_before >= 1)
    depth = np.where(latent.response == COMPLETE, CR, PR)
    shrunk = responding[:, None] & (scans.ordinal >= onset[:, None])
    return np.where(shrunk, depth[:, None], SD)
