# SPDX-License-Identifier: Apache-2.0
"""The data cut-off of a trial that is read when a number of events has been seen."""

from __future__ import annotations

import numpy as np

from equipoise.protocol.model import Evaluator, EventCutoff, Protocol
from equipoise.simulation.cutoff import FollowUp
from equipoise.simulation.images import Images
from equipoise.simulation.reading import progression_dates
from equipoise.simulation.safety import NEVER
from equipoise.simulation.streams import IntArray, Streams


def event_cutoffs(
    protocol: Protocol,
    wanted: EventCutoff,
    follow: FollowUp,
    images: Images,
    streams: Streams,
    *,
    latest: int,
) -> IntArray:
    """Day of the wanted event in each replicate, `latest` where it has not come by then.

    An event of progression-free survival is a progression that the endpoint's evaluator has
    called, or death; one of survival is death. No rule of censoring takes an event away here.

    Parameters    follow, images : as observed until `latest`
    Returns       (subjects,) days since 1970-01-01, the same for all subjects of a replicate
    """
    endpoint = next(item for item in protocol.endpoints if item.id == wanted.endpoint)
    day = np.where(follow.died, follow.death, NEVER)
    if endpoint.kind == "pfs":
        day = np.minimum(day, _progressed(protocol, endpoint.evaluator, images))
    ordered = np.sort(day.reshape(len(streams.replicates), streams.patients), axis=1)
    held = np.minimum(ordered[:, wanted.events - 1], latest)
    return np.repeat(held, streams.patients)


def _progressed(protocol: Protocol, evaluator: str | None, images: Images) -> IntArray:
    """Date on which this evaluator called progression: of two readers, the one that is accepted."""
    places = {reader.id: place for place, reader in enumerate(protocol.readers)}
    one = next(item for item in protocol.evaluators if evaluator in (None, item.id))
    readers = _readers(one)
    dates = [progression_dates(images.reads, images.scans, places[name]) for name in readers]
    second = images.reads.accepted[:, places[readers[-1]]]
    return np.where(second, dates[-1], dates[0])


def _readers(evaluator: Evaluator) -> tuple[str, ...]:
    return (evaluator.id,) if evaluator.adjudication is None else evaluator.adjudication.readers
