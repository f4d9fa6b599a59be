# SPDX-License-Identifier: Apache-2.0
"""Sizes of the target lesions at every scan: the curve of each reader, measured with error.

Sizes are whole tenths of a millimetre, so every limit is met or missed exactly. Where a measured
sum would contradict what the reader has to find (progression on the scan drawn, a response drawn),
it is held inside the limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.simulation.baseline_lesions import BY_NEW_LESION, BY_TARGET
from equipoise.simulation.reading import CR, PD, PR, SD, Calls
from equipoise.simulation.streams import BoolArray, FloatArray, IntArray
from equipoise.simulation.tumour_course import COMPLETE, GONE, NO_RESPONSE, Seen
from equipoise.simulation.tumour_curve import TumourCurves, relative_sums

_NORMAL_NODE = 99


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets a reader follows; `baseline` (subjects, readers, 4) in 0.1 mm, 0 where none.

    `node` (subjects, 4) marks lymph nodes; `pace` (subjects, 4) is how much more a lesion changes
    than the sum does; `error` (subjects, readers, scans) the relative error of the sum.
    """

    baseline: IntArray
    node: BoolArray
    pace: FloatArray
    error: FloatArray


@dataclass(frozen=True, slots=True)
class Sizes:
    """`size` (subjects, readers, scans, 4) in 0.1 mm; the others (subjects, readers, scans).

    `gone` : nothing is left of the baseline lesions; `held` : the sum was held inside a limit
    `cause` : (subjects, readers) what progression shows itself by to this reader
    """

    size: IntArray
    response: IntArray
    gone: BoolArray
    cause: IntArray
    held: BoolArray


def measure_targets(
    calls: Calls,
    seen: Seen,
    curves: TumourCurves,
    days: IntArray,
    targets: Targets,
    cause: IntArray,
) -> Sizes:
    """Target sizes scan by scan, and the response that they give.

    With B the baseline sum and N the smallest complete sum before (baseline included):
    partial response is 10 S <= 7 B, progression 5 S >= 6 N and S - N >= 50 (tenths of a mm).

    Parameters    curves : (subjects, readers); days : (subjects, scans) after the reference date
                  cause : (subjects,) what progression shows itself by
    """
    at = days[:, None].astype(np.float64)
    curve = curves.at_days()
    relative = relative_sums(curve, at)
    begins = _response_begins(calls, seen, relative)
    scan = np.arange(relative.shape[2])
    ever_gone = (seen.response == COMPLETE) & (begins >= 0)
    gone = calls.read & ever_gone[..., None] & (scan >= begins[..., None])
    # After a complete response nothing is left to grow, so progression is a new lesion.
    cause_seen = np.where(ever_gone, BY_NEW_LESION, cause[:, None])
    grown = calls.progressed & (cause_seen == BY_TARGET)[..., None]
    total = targets.baseline.sum(axis=2)
    aim = np.rint(total[..., None] * relative * (1 + targets.error)).astype(np.int64)
    slack = np.rint(np.abs(targets.error) * total[..., None]).astype(np.int64)
    sums = _held_sums(calls, seen, aim, slack, total, begins, grown, gone)
    weight = 1 + targets.pace[:, None, None] * (1 - np.exp(-curve.shrinkage * at))[..., None]
    size = _share(sums, targets.baseline[:, :, None] * weight, targets.node, gone, targets.baseline)
    response = np.where(10 * sums <= 7 * total[..., None], PR, SD)
    response = np.where(calls.progressed, PD, np.where(gone, CR, response))
    held = calls.read & ~gone & ~calls.unreadable & (sums != aim)
    return Sizes(size, response, gone, cause_seen, held)


def _response_begins(calls: Calls, seen: Seen, relative: FloatArray) -> IntArray:
    """The scan on which a responder's response has to be seen: (subjects, readers), -1 for none.

    The first readable scan before progression on which the curve is low enough; where there is
    none, and no later scan will come before progression, the one on which it is lowest.
    """
    scan = np.arange(relative.shape[2])
    there = calls.kept & (scan < calls.due[..., None]) & ~calls.unreadable
    limit = np.where(seen.response == COMPLETE, GONE, 0.7)[..., None]
    low = there & (relative <= limit)
    lowest = np.where(there, relative, np.inf).argmin(axis=2)
    first = np.where(low.any(axis=2), low.argmax(axis=2), lowest)
    found = low.any(axis=2) | (calls.closed & there.any(axis=2))
    return np.where(found & (seen.response != NO_RESPONSE), first, -1)


def _held_sums(
    calls: Calls,
    seen: Seen,
    aim: IntArray,
    slack: IntArray,
    total: IntArray,
    begins: IntArray,
    grown: BoolArray,
    gone: BoolArray,
) -> IntArray:
    """Sums of targets near `aim` that what the reader finds allows: like `aim`.

    A sum past a limit is as far inside it as it was outside, up to `slack`, the error of its
    measurement: so held sums do not stand in a row on the limit.
    """
    sums = np.empty_like(aim)
    nadir = total.copy()
    partial = 7 * total // 10
    least = np.where(seen.response == NO_RESPONSE, partial + 1, total // 10)
    for scan in range(aim.shape[2]):
        progressed = np.maximum(-(-6 * nadir // 5), nadir + 50)
        most = np.where(begins == scan, np.minimum(partial, progressed - 1), progressed - 1)
        wanted, give = aim[:, :, scan], slack[:, :, scan]
        now = np.where(
            wanted > most, np.maximum(most - np.minimum(wanted - most, give), least), wanted
        )
        now = np.where(
            wanted < least, np.minimum(least + np.minimum(least - wanted, give), most), now
        )
        larger = progressed + np.minimum(progressed - wanted, give)
        larger = np.where(wanted >= progressed, wanted, larger)
        now = np.where(grown[:, :, scan], larger, now)
        now = np.where(gone[:, :, scan], 0, now)
        complete = calls.read[:, :, scan] & ~calls.unreadable[:, :, scan]
        nadir = np.where(complete, np.minimum(nadir, now), nadir)
        sums[:, :, scan] = now
    return sums


def _share(
    sums: IntArray, weight: FloatArray, node: BoolArray, gone: BoolArray, baseline: IntArray
) -> IntArray:
    """Sizes in proportion to `weight` with exactly these sums; none, and normal nodes, when gone.

    The first target is never a node and takes what rounding leaves.
    """
    share = (sums / weight.sum(axis=3))[..., None] * weight
    size = np.asarray(share).astype(np.int64)
    size[..., 0] += sums - size.sum(axis=3)
    normal = np.minimum(baseline * 2 // 5, _NORMAL_NODE) * node[:, None]
    return np.where(gone[..., None], normal[:, :, None], size)
