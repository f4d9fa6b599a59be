# SPDX-License-Identifier: Apache-2.0
"""What the evaluators saw, as tables: reads, lesions, measurements."""

from __future__ import annotations

import numpy as np
import polars as pl

from equipoise.simulation.baseline_lesions import (
    BY_NEW_LESION,
    BY_NON_TARGET,
    MOST_NON_TARGETS,
    MOST_TARGETS,
    NODE_SITE,
    SITES,
)
from equipoise.simulation.columns import date_column, text_column
from equipoise.simulation.enrolment import Entry
from equipoise.simulation.lesions import Lesions, progresses_by
from equipoise.simulation.reading import PD, RESPONSES, Reads
from equipoise.simulation.scans import Scans
from equipoise.simulation.streams import BoolArray, IntArray

TARGET, NON_TARGET, NEW = "TARGET", "NON-TARGET", "NEW"


def read_table(scans: Scans, reads: Reads, lesions: Lesions) -> pl.DataFrame:
    """One row per subject, evaluator and scan read, with the parts of the overall response."""
    subject, evaluator, scan = np.nonzero(reads.read)
    at = (subject, evaluator, scan)
    new = progresses_by(reads, lesions, cause=BY_NEW_LESION)[at]
    worse = progresses_by(reads, lesions, cause=BY_NON_TARGET)[at]
    size = lesions.size.sum(axis=3)[at]
    overall, response = reads.overall[at], reads.response[at]
    has = np.asarray(lesions.other.any(axis=2))[subject, evaluator]
    gone = lesions.complete[at]
    small = 10 * size <= 7 * lesions.baseline.sum(axis=2)[subject, evaluator]
    other_target = np.select([gone, small], [0, 1], 2)
    target = np.where((response == PD) & (new | worse), other_target, overall)
    non_target = np.select([~has, worse, gone], [0, 3, 1], 2)
    return pl.DataFrame(
        [
            pl.Series("subject", subject),
            pl.Series("evaluator", evaluator),
            pl.Series("accepted", reads.accepted[subject, evaluator]),
            pl.Series("scan", scan),
            date_column("date", scans.date[subject, scan]),
            text_column("visit", _visits(scans), scan + 1),
            text_column("overall", [*RESPONSES], overall),
            text_column("target", [*RESPONSES], target),
            text_column("non_target", [None, "CR", "NON-CR/NON-PD", "PD"], non_target),
            text_column("new_lesion", ["N", "Y"], new.astype(np.int64)),
        ]
    )


def _visits(scans: Scans) -> list[str]:
    weeks = [f"WEEK {day / 7:g}" for day in scans.planned_day.tolist()]
    return ["SCREENING", *weeks]


_MOST_OTHERS = MOST_NON_TARGETS + MOST_TARGETS - 1
_LINKS: tuple[str, ...] = (
    *(f"T{number:02d}" for number in range(1, MOST_TARGETS + 1)),
    *(f"NT{number:02d}" for number in range(1, _MOST_OTHERS + 1)),
    "NEW01",
)
_CLASSES = (*[TARGET] * MOST_TARGETS, *[NON_TARGET] * _MOST_OTHERS, NEW)


def _followed(lesions: Lesions) -> BoolArray:
    """Lesions that a reader follows from baseline on: (subjects, readers, targets then others)."""
    return np.concatenate([lesions.target, lesions.other], axis=2)


def lesion_table(entry: Entry, scans: Scans, reads: Reads, lesions: Lesions) -> pl.DataFrame:
    """One row per subject, evaluator and lesion, on the scan where it was first recorded."""
    new = progresses_by(reads, lesions, cause=BY_NEW_LESION)
    there = np.concatenate([_followed(lesions), np.asarray(new.any(axis=2))[..., None]], axis=2)
    subject, evaluator, lesion = np.nonzero(there)
    site = np.concatenate(
        [lesions.target_site, lesions.other_site, lesions.new_site[:, None]], axis=1
    )
    date = np.concatenate([entry.baseline_scan[:, None], scans.date], axis=1)
    first = np.where(lesion == len(_LINKS) - 1, new.argmax(axis=2)[subject, evaluator] + 1, 0)
    return pl.DataFrame(
        [
            pl.Series("subject", subject),
            pl.Series("evaluator", evaluator),
            pl.Series("accepted", reads.accepted[subject, evaluator]),
            pl.Series("scan", first - 1),
            date_column("date", date[subject, first]),
            text_column("visit", _visits(scans), first),
            text_column("link", _LINKS, lesion),
            text_column("class", _CLASSES, lesion),
            text_column("site", [*SITES], site[subject, lesion]),
        ]
    )


def measurement_table(entry: Entry, scans: Scans, reads: Reads, lesions: Lesions) -> pl.DataFrame:
    """One row per subject, evaluator, scan (baseline first) and lesion.

    `tenths` is the diameter in 0.1 mm of a target, missing where it could not be measured;
    `state` is that of a non-target or new lesion.
    """
    subjects, evaluators, planned = reads.read.shape
    new = progresses_by(reads, lesions, cause=BY_NEW_LESION)
    seen = np.concatenate([np.ones((subjects, evaluators, 1), np.bool_), reads.read], axis=2)
    there = np.zeros((subjects, evaluators, planned + 1, len(_LINKS)), dtype=np.bool_)
    there[..., :-1] = seen[..., None] & _followed(lesions)[:, :, None]
    there[:, :, 1:, -1] = new
    subject, evaluator, visit, lesion = np.nonzero(there)
    at = (subject, evaluator, np.maximum(visit - 1, 0))
    column = np.minimum(lesion, MOST_TARGETS - 1)
    tenths = np.where(
        visit > 0,
        lesions.size[*at, column],
        lesions.baseline[subject, evaluator, column],
    )
    last = MOST_TARGETS - 1 - lesions.target[..., ::-1].argmax(axis=2)
    lost = (visit > 0) & reads.unreadable[at] & (lesion == last[subject, evaluator])
    date = np.concatenate([entry.baseline_scan[:, None], scans.date], axis=1)
    measured = pl.Series((lesion < MOST_TARGETS) & ~lost)
    return pl.DataFrame(
        [
            pl.Series("subject", subject),
            pl.Series("evaluator", evaluator),
            pl.Series("accepted", reads.accepted[subject, evaluator]),
            pl.Series("scan", visit - 1),
            date_column("date", date[subject, visit]),
            text_column("visit", _visits(scans), visit),
            text_column("link", _LINKS, lesion),
            text_column("class", _CLASSES, lesion),
            pl.Series("node", lesions.target_site[subject, column] == NODE_SITE),
            pl.select(pl.when(measured).then(pl.Series(tenths)).alias("tenths"))["tenths"],
            text_column("state", _STATES, _state(reads, lesions, at, visit, lesion)),
        ]
    )


_STATES = (None, "PRESENT", "ABSENT", "UNEQUIVOCAL PROGRESSION", "UNEQUIVOCAL")


def _state(
    reads: Reads,
    lesions: Lesions,
    at: tuple[IntArray, IntArray, IntArray],
    visit: IntArray,
    lesion: IntArray,
) -> IntArray:
    """State of each lesion as an index into the states; targets have none."""
    later = visit > 0
    worse = progresses_by(reads, lesions, cause=BY_NON_TARGET)[at]
    return np.select(
        [
            lesion < MOST_TARGETS,
            lesion == len(_LINKS) - 1,
            later & worse & (lesion == MOST_TARGETS),
            later & lesions.complete[at],
        ],
        [0, 4, 3, 2],
        1,
    )
