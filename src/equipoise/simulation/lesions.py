# SPDX-License-Identifier: Apache-2.0
"""Lesions and their sizes, such that RECIST 1.1 applied to them gives the responses read.

Sizes are whole tenths of a millimetre, so every limit is met or missed exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from equipoise.simulation.baseline_lesions import (
    LEAST,
    LEAST_NODE,
    MOST_NON_TARGETS,
    MOST_TARGETS,
    NODE_SITE,
    SITES,
    WIDTH,
    true_targets,
)
from equipoise.simulation.reading import CR, PD, PR, Reads
from equipoise.simulation.streams import BoolArray, FloatArray, IntArray, Streams, draw_uniforms

BY_TARGET, BY_NEW_LESION, BY_NON_TARGET = 0, 1, 2

_NORMAL_NODE = 99
_READER_SPREAD, _SCAN_SPREAD = 0.04, 0.03
_PROGRESSION_CHANCES = (0.55, 0.35, 0.10)


@dataclass(frozen=True, slots=True)
class Lesions:
    """Lesions and sizes; axes are subject, evaluator, planned scan, lesion.

    `targets`, `non_targets` : (subjects,) number of lesions; `target_site` (subjects, 4),
    `non_target_site` (subjects, 3), `new_site` (subjects,) : index into SITES
    `baseline` : (subjects, evaluators, 4), `size` : (subjects, evaluators, scans, 4) in 0.1 mm
    `cause` : (subjects,) - what progression shows itself by
    `complete` : (subjects, evaluators, scans) - targets and non-targets are all gone
    """

    targets: IntArray
    non_targets: IntArray
    target_site: IntArray
    non_target_site: IntArray
    new_site: IntArray
    baseline: IntArray
    size: IntArray
    cause: IntArray
    complete: BoolArray


@dataclass(frozen=True, slots=True)
class _Growth:
    """Course of one subject's tumour burden, as a ratio to baseline."""

    stable: FloatArray
    partial: FloatArray
    excess: FloatArray


def simulate_lesions(reads: Reads, streams: Streams) -> Lesions:
    """Lesions per subject, measured by each evaluator on its own."""
    draws = draw_uniforms(streams, "lesions", width=WIDTH)
    evaluators = reads.read.shape[1]
    targets, site, true_size = true_targets(draws)
    non_targets = np.floor(draws[:, 1] * (MOST_NON_TARGETS + 1)).astype(np.int64)
    present = np.arange(MOST_TARGETS) < targets[:, None]
    least = np.where(site == NODE_SITE, LEAST_NODE, LEAST)
    spread = draw_uniforms(streams, "lesions.baseline", width=evaluators * MOST_TARGETS)
    spread = spread.reshape(-1, evaluators, MOST_TARGETS)
    measured = np.rint(true_size[:, None] * (1 + _READER_SPREAD * ndtri(spread)))
    baseline = np.maximum(measured.astype(np.int64), least[:, None]) * present[:, None]
    causes = np.cumsum(_PROGRESSION_CHANCES)[:-1]
    cause = np.searchsorted(causes, draws[:, 7], side="right")
    cause = np.where((cause == BY_NON_TARGET) & (non_targets == 0), BY_TARGET, cause)
    growth = _Growth(
        stable=0.78 + 0.32 * draws[:, 8], partial=0.20 + 0.47 * draws[:, 9], excess=draws[:, 10]
    )
    return Lesions(
        targets=targets,
        non_targets=non_targets,
        target_site=site,
        non_target_site=np.floor(draws[:, 11:14] * len(SITES)).astype(np.int64),
        new_site=np.floor(draws[:, 14] * NODE_SITE).astype(np.int64),
        baseline=baseline,
        size=_sizes(reads, baseline, site == NODE_SITE, cause, growth, streams),
        cause=cause.astype(np.int64),
        complete=_complete(reads),
    )


def progresses_by(reads: Reads, lesions_cause: IntArray, *, cause: int) -> BoolArray:
    """Reads in which progression is called for this reason.

    After a complete response nothing is left to grow, so progression is a new lesion.
    """
    actual = np.where(_had_complete(reads), BY_NEW_LESION, lesions_cause[:, None])
    mine = np.asarray(actual == cause)[..., None]
    return np.asarray(reads.read & (reads.response == PD) & mine)


def _had_complete(reads: Reads) -> BoolArray:
    return np.asarray((reads.read & (reads.overall == CR)).any(axis=2))


def _complete(reads: Reads) -> BoolArray:
    """Reads with nothing left of the baseline lesions: complete response, and new lesions after."""
    after = _had_complete(reads)[..., None] & (reads.response == PD)
    return np.asarray(reads.read & ((reads.response == CR) | after))


def _sizes(
    reads: Reads,
    baseline: IntArray,
    node: BoolArray,
    cause: IntArray,
    growth: _Growth,
    streams: Streams,
) -> IntArray:
    """Target sizes scan by scan, inside the limits that the response of each read sets.

    With B the baseline sum and N the smallest complete sum before (baseline included):
    partial response is 10 S <= 7 B, progression 5 S >= 6 N and S - N >= 50 (tenths of a mm).
    """
    subjects, evaluators, scans = reads.read.shape
    noise = draw_uniforms(streams, "lesions.noise", width=evaluators * scans)
    noise = _SCAN_SPREAD * ndtri(noise.reshape(subjects, evaluators, scans))
    total = baseline.sum(axis=2)
    nadir = total.copy()
    sum_now = total.copy()
    grown = progresses_by(reads, cause, cause=BY_TARGET)
    gone = _complete(reads)
    size = np.empty((*reads.read.shape, MOST_TARGETS), dtype=np.int64)
    settled = growth.stable[:, None]
    for scan in range(scans):
        read, response = reads.read[:, :, scan], reads.response[:, :, scan]
        toward = np.where(response == PR, growth.partial[:, None], settled)
        ratio = sum_now / total + 0.6 * (toward - sum_now / total) + noise[:, :, scan]
        aim = np.rint(ratio * total).astype(np.int64)
        progressed = np.maximum(-(-6 * nadir // 5), nadir + 50)
        partial_at_most = 7 * total // 10
        # A progression by other signs leaves the targets where they were.
        small = (response == PR) | ((response == PD) & (sum_now <= partial_at_most))
        least = np.where(small, total // 10, partial_at_most + 1)
        most = np.where(small, np.minimum(partial_at_most, progressed - 1), progressed - 1)
        aim = np.clip(aim, least, most)
        bigger = progressed + np.rint(0.3 * growth.excess[:, None] * nadir).astype(np.int64)
        aim = np.where(grown[:, :, scan], bigger, aim)
        size[:, :, scan] = _share(aim, baseline, node, gone[:, :, scan])
        complete = read & ~reads.unreadable[:, :, scan]
        now = size[:, :, scan].sum(axis=2)
        nadir = np.where(complete, np.minimum(nadir, now), nadir)
        sum_now = np.where(complete, now, sum_now)
    return size


def _share(total: IntArray, baseline: IntArray, node: BoolArray, gone: BoolArray) -> IntArray:
    """Sizes in proportion to baseline with exactly this sum; none, and normal nodes, when gone."""
    size = total[..., None] * baseline // np.maximum(baseline.sum(axis=2), 1)[..., None]
    size[..., 0] += total - size.sum(axis=2)
    normal = np.where(node[:, None], np.minimum(baseline * 2 // 5, _NORMAL_NODE), 0)
    return np.where(gone[..., None], normal, size)
