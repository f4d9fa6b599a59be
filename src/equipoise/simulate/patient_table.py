# SPDX-License-Identifier: Apache-2.0
"""The patients as a table: dates as observed, characteristics, and the latent truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.simulate.columns import date_column, text_column
from equipoise.simulate.cutoff import FollowUp
from equipoise.simulate.disease import Latent
from equipoise.simulate.enrolment import Entry
from equipoise.simulate.safety import Events
from equipoise.simulate.streams import BoolArray, IntArray, Streams, draw_uniform

_LOST = 0.6
"""Share of dropouts that are lost; the others withdraw their consent. An assumption of ours."""


@dataclass(frozen=True, slots=True)
class Course:
    """One patient's way through the trial; dates in days since 1970-01-01, NEVER where none."""

    entry: Entry
    arm: IntArray
    latent: Latent
    follow: FollowUp
    events: Events
    progressed: IntArray
    therapy: IntArray
    cutoff: int


def patient_table(
    protocol: Protocol,
    streams: Streams,
    course: Course,
    covariates: pl.DataFrame,
    doses: pl.DataFrame,
) -> pl.DataFrame:
    """One row per patient: key, arm, dates as observed, covariates, latent times."""
    entry, follow, latent = course.entry, course.follow, course.latent
    repeats = len(streams.replicates)
    replicate = np.repeat(np.array(streams.replicates, dtype=np.int64), streams.patients)
    arms = [arm.id for arm in protocol.arms]
    treated = np.zeros(streams.subjects, dtype=np.bool_)
    treated[doses["subject"].to_numpy()] = True
    reason = _stop_reason(streams, course)
    observed = pl.DataFrame(
        [
            pl.Series("replicate", replicate),
            pl.Series("patient", np.tile(np.arange(1, streams.patients + 1), repeats)),
            pl.Series("site", entry.site),
            text_column("arm", [*arms], course.arm),
            date_column("consent", entry.consent),
            date_column("baseline_scan", entry.baseline_scan),
            date_column("entry", entry.entry),
            date_column("reference", entry.reference),
            date_column("start", entry.start, known=treated),
            date_column("stop", course.events.stop, known=treated & (reason > 0)),
            text_column("stop_reason", [*_STOP_REASONS], np.where(treated, reason, 0)),
            date_column("observed_to", follow.observed_to),
            date_column("died", follow.death, known=follow.died),
            text_column(
                "left_reason", [*_STOP_REASONS], np.where(follow.left, _left_reason(streams), 0)
            ),
            date_column("new_therapy", course.therapy),
        ]
    )
    truth = pl.DataFrame(
        {
            "latent_progression": latent.progression,
            "latent_death": latent.death,
            "latent_dropout": latent.dropout,
            "latent_response": text_column("", [None, "PR", "CR"], latent.response),
            "latent_onset_scan": latent.onset_scan,
            "latent_fatal_event": date_column("", follow.death, known=_by_event(course)),
        }
    )
    return pl.concat([observed, covariates, truth], how="horizontal")


_STOP_REASONS: tuple[str | None, ...] = (
    None,
    "PROGRESSIVE DISEASE",
    "ADVERSE EVENT",
    "DEATH",
    "LOST TO FOLLOW-UP",
    "WITHDRAWAL BY SUBJECT",
)


def _by_event(course: Course) -> BoolArray:
    return np.asarray((course.events.grade == 5).any(axis=1) & course.follow.died)


def _left_reason(streams: Streams) -> IntArray:
    lost = draw_uniform(streams, "dropout.reason") < _LOST
    return np.where(lost, 4, 5)


def _stop_reason(streams: Streams, course: Course) -> IntArray:
    """Why treatment stopped, as an index into the reasons; 0 while it goes on at the cut-off."""
    stop, follow = course.events.stop, course.follow
    return np.select(
        [
            course.events.action_term[:, 0] >= 0,
            stop == course.progressed,
            follow.died & (stop == follow.death),
            follow.left & (stop == follow.observed_to),
        ],
        [2, 1, 3, _left_reason(streams)],
        0,
    )
