# SPDX-License-Identifier: Apache-2.0
"""Lesions as each reader follows them, such that RECIST 1.1 applied to them gives the responses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from equipoise.protocol.model import Tumour
from equipoise.simulation.baseline_lesions import (
    LEAST,
    LEAST_NODE,
    MOST_NON_TARGETS,
    MOST_TARGETS,
    NODE_SITE,
    Brought,
)
from equipoise.simulation.reading import PD, Calls, Reads
from equipoise.simulation.sizes import Sizes, Targets, measure_targets
from equipoise.simulation.streams import (
    BoolArray,
    FloatArray,
    IntArray,
    Streams,
    draw_per_scan,
    draw_uniforms,
)
from equipoise.simulation.tumour_course import Seen, fit_tumour_curves


@dataclass(frozen=True, slots=True)
class Lesions:
    """Lesions and sizes; axes are subject, reader, planned scan, lesion.

    `target` : (subjects, readers, 4) - the reader follows this measurable lesion as a target
    `other` : (subjects, readers, 6) - it follows a non-target; the last three are measurable
    lesions that it did not choose
    `target_site` (subjects, 4), `other_site` (subjects, 6), `new_site` (subjects,) : index into
    SITES
    `baseline` : (subjects, readers, 4), `size` : (subjects, readers, scans, 4) in 0.1 mm
    `cause` : (subjects, readers) - what progression shows itself by
    `complete` : (subjects, readers, scans) - targets and non-targets are all gone
    `response`, `held` : (subjects, readers, scans), see `Sizes`
    """

    target: BoolArray
    other: BoolArray
    target_site: IntArray
    other_site: IntArray
    new_site: IntArray
    baseline: IntArray
    size: IntArray
    cause: IntArray
    complete: BoolArray
    response: IntArray
    held: BoolArray


@dataclass(frozen=True, slots=True)
class Growth:
    """What the curves of a reader start from.

    `ratio` (subjects,) is growth over shrinkage, `day` (subjects, readers) the one on which the
    targets have grown to progression.
    """

    ratio: FloatArray
    day: FloatArray


def simulate_lesions(
    law: Tumour,
    readers: Sequence[str],
    calls: Calls,
    seen: Seen,
    brought: Brought,
    growth: Growth,
    days: IntArray,
    streams: Streams,
) -> Lesions:
    """Lesions per subject, chosen and measured by each reader on its own.

    Parameters    days : (subjects, scans) after the reference date
    """
    target, baseline = _choose(law, readers, brought, streams)
    total = baseline.sum(axis=2)
    curves = fit_tumour_curves(seen.nadir, growth.ratio[:, None], tenths=total, day=growth.day)
    noise = [
        draw_per_scan(streams, f"reading.{reader}.noise", scans=days.shape[1])[..., 0]
        for reader in readers
    ]
    # The error of a sum against that of its parts, which are measured one by one.
    part = np.sqrt((baseline**2).sum(axis=2)) / total
    targets = Targets(
        baseline=baseline,
        node=brought.target_site == NODE_SITE,
        pace=np.expm1(law.lesion_spread * brought.pace),
        error=law.measurement_error * part[..., None] * ndtri(np.stack(noise, axis=1)),
    )
    sizes = measure_targets(calls, seen, curves, days, targets, brought.cause)
    return _follow(brought, target, targets, sizes)


def _choose(
    law: Tumour, readers: Sequence[str], brought: Brought, streams: Streams
) -> tuple[BoolArray, IntArray]:
    """The targets of each reader, and their diameters at baseline in 0.1 mm."""
    there = brought.size > 0
    least = np.where(brought.target_site == NODE_SITE, LEAST_NODE, LEAST)
    target, baseline = [], []
    for reader in readers:
        draws = draw_uniforms(streams, f"reading.{reader}.lesions", width=2 * MOST_TARGETS)
        chosen = there & (draws[:, :MOST_TARGETS] < law.same_target)
        chosen[:, 0] = True
        error = 1 + law.measurement_error * ndtri(draws[:, MOST_TARGETS:])
        measured = np.maximum(np.rint(brought.size * error).astype(np.int64), least)
        target.append(chosen)
        baseline.append(measured * chosen)
    return np.stack(target, axis=1), np.stack(baseline, axis=1)


def _follow(brought: Brought, target: BoolArray, targets: Targets, sizes: Sizes) -> Lesions:
    left_out = (brought.size > 0)[:, None, 1:] & ~target[..., 1:]
    others = np.arange(MOST_NON_TARGETS) < brought.non_targets[:, None]
    others = np.broadcast_to(others[:, None], (*target.shape[:2], MOST_NON_TARGETS))
    return Lesions(
        target=target,
        other=np.concatenate([others, left_out], axis=2),
        target_site=brought.target_site,
        other_site=np.concatenate([brought.non_target_site, brought.target_site[:, 1:]], axis=1),
        new_site=brought.new_site,
        baseline=targets.baseline,
        size=sizes.size,
        cause=sizes.cause,
        complete=sizes.gone,
        response=sizes.response,
        held=sizes.held,
    )


def progresses_by(reads: Reads, lesions: Lesions, *, cause: int) -> BoolArray:
    """Reads in which progression is called for this reason."""
    mine = (lesions.cause == cause)[..., None]
    return np.asarray(reads.read & (reads.response == PD) & mine)
