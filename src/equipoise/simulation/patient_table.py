# SPDX-License-Identifier: Apache-2.0
"""The patients as a table: dates as observed, characteristics, and the latent truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.simulation.columns import date_column, text_column
from equipoise.simulation.cutoff import FollowUp
from equipoise.simulation.disease import Latent
from equipoise.simulation.enrolment import Entry
from equipoise.simulation.safety import WITHDRAWN, Events, Toxicity
from equipoise.simulation.streams import IntArray, Streams, draw_uniform

_LOST = 0.6
"""Share of dropouts that are lost; the others withdraw their consent. An assumption of ours."""


_STOP_REASONS = (
    None,
    "PROGRESSIVE DISEASE",
    "ADVERSE EVENT",
    "DEATH",
    "LOST TO FOLLOW-UP",
    "WITHDRAWAL BY SUBJECT",
)


@dataclass(frozen=True, slots=True)
class Lives:
    """Who the patients are and what befalls them, whoever looks; dates since 1970-01-01."""

    entry: Entry
    covariates: pl.DataFrame
    arm: IntArray
    latent: Latent
    toxicity: Toxicity
    follow: FollowUp
    cutoff: IntArray


@dataclass(frozen=True, slots=True)
class Treatment:
    """Treatment as given; `progressed` and `therapy` are dates, NEVER where none."""

    progressed: IntArray
    therapy: IntArray
    events: Events
    doses: pl.DataFrame


def patient_table(
    protocol: Protocol,
    streams: Streams,
    lives: Lives,
    treatment: Treatment,
    tumour: pl.DataFrame,
) -> pl.DataFrame:
    """One row per patient: key, arm, dates as observed, characteristics, latent truth.

    Parameters    tumour : one row per patient, what is true of its tumours
    """
    repeats = len(streams.replicates)
    replicate = np.repeat(np.array(streams.replicates, dtype=np.int64), streams.patients)
    key = pl.DataFrame(
        [
            pl.Series("replicate", replicate),
            pl.Series("patient", np.tile(np.arange(1, streams.patients + 1), repeats)),
            pl.Series("site", lives.entry.site),
            text_column("arm", [arm.id for arm in protocol.arms], lives.arm),
        ]
    )
    observed = _observed(streams, lives, treatment)
    truth = _truth(lives, treatment)
    return pl.concat([key, observed, lives.covariates, truth, tumour], how="horizontal")


def _observed(streams: Streams, lives: Lives, treatment: Treatment) -> pl.DataFrame:
    entry, follow = lives.entry, lives.follow
    treated = np.zeros(streams.subjects, dtype=np.bool_)
    treated[treatment.doses["subject"].to_numpy()] = True
    left = _left_reason(streams)
    reason = np.where(treated, _stop_reason(left, lives, treatment), 0)
    return pl.DataFrame(
        [
            date_column("consent", entry.consent),
            date_column("baseline_scan", entry.baseline_scan),
            date_column("entry", entry.entry),
            date_column("reference", entry.reference),
            date_column("start", entry.start, known=treated),
            date_column("stop", treatment.events.stop, known=reason > 0),
            text_column("stop_reason", _STOP_REASONS, reason),
            date_column("cutoff", lives.cutoff),
            date_column("observed_to", follow.observed_to),
            date_column("died", follow.death, known=follow.died),
            text_column("left_reason", _STOP_REASONS, np.where(follow.left, left, 0)),
            date_column("new_therapy", treatment.therapy),
            pl.Series("crosses", lives.latent.crosses),
        ]
    )


def _truth(lives: Lives, treatment: Treatment) -> pl.DataFrame:
    latent = lives.latent
    by_event = (treatment.events.grade == 5).any(axis=1)
    return pl.DataFrame(
        {
            "latent_progression": latent.progression,
            "latent_death": latent.death,
            "latent_dropout": latent.dropout,
            "died_of_event": by_event,
        }
    )


def _left_reason(streams: Streams) -> IntArray:
    lost = draw_uniform(streams, "dropout.reason") < _LOST
    return np.where(
        lost,
        _STOP_REASONS.index("LOST TO FOLLOW-UP"),
        _STOP_REASONS.index("WITHDRAWAL BY SUBJECT"),
    )


def _stop_reason(left_reason: IntArray, lives: Lives, treatment: Treatment) -> IntArray:
    """Why treatment stopped, as an index into the reasons; 0 while it goes on at the cut-off."""
    stop, follow = treatment.events.stop, lives.follow
    by_event = treatment.events.action_term[:, WITHDRAWN] >= 0
    return np.select(
        [
            by_event,
            stop == treatment.progressed,
            follow.died & (stop == follow.death),
            follow.left & (stop == follow.observed_to),
        ],
        [
            _STOP_REASONS.index("ADVERSE EVENT"),
            _STOP_REASONS.index("PROGRESSIVE DISEASE"),
            _STOP_REASONS.index("DEATH"),
            left_reason,
        ],
        0,
    )
