# SPDX-License-Identifier: Apache-2.0
"""Adverse events as a table: one row per episode."""

from __future__ import annotations

import numpy as np
import polars as pl

from equipoise.protocol.model import Simulation
from equipoise.simulation.columns import date_column, text_column
from equipoise.simulation.cutoff import FollowUp
from equipoise.simulation.safety import Events
from equipoise.simulation.streams import BoolArray, IntArray


def event_table(
    simulation: Simulation, events: Events, follow: FollowUp, doses: pl.DataFrame
) -> pl.DataFrame:
    """One row per episode of an adverse event, in order of onset."""
    terms = simulation.adverse_events
    grade = np.stack([events.earlier_grade, events.grade], axis=2)
    onset = np.stack([events.earlier_onset, events.onset], axis=2)
    end = np.stack([events.onset - 1, events.end], axis=2)
    subject, term, episode = np.nonzero(grade)
    at = (subject, term, episode)
    order = np.lexsort((term, onset[at], subject))
    subject, term, episode = subject[order], term[order], episode[order]
    at = (subject, term, episode)
    fatal = grade[at] == 5
    over = (end[at] <= follow.alive_to[subject]) | fatal
    serious_from = np.array([event.serious_from_grade or 5 for event in terms])
    return pl.DataFrame(
        [
            pl.Series("subject", subject),
            text_column("term", [event.term for event in terms], term),
            text_column("body_system", [event.body_system for event in terms], term),
            pl.Series("grade", grade[at]),
            date_column("onset", onset[at]),
            date_column("end", end[at], known=over),
            pl.Series("related", events.related[subject, term]),
            pl.Series("serious", (grade[at] >= serious_from[term])),
            text_column("action", _ACTIONS, _action(events, doses, subject, term, episode, fatal)),
            text_column("outcome", _OUTCOMES, np.select([fatal, over], [2, 0], 1)),
        ]
    )


_ACTIONS = (
    "DOSE NOT CHANGED",
    "DRUG WITHDRAWN",
    "DOSE REDUCED",
    "DRUG INTERRUPTED",
    "NOT APPLICABLE",
)
_OUTCOMES = (
    "RECOVERED/RESOLVED",
    "NOT RECOVERED/NOT RESOLVED",
    "FATAL",
)


def _action(
    events: Events,
    doses: pl.DataFrame,
    subject: IntArray,
    term: IntArray,
    episode: IntArray,
    fatal: BoolArray,
) -> IntArray:
    """What was done with treatment; a reduction or interruption only where the doses show it."""
    shown = np.ones((len(events.grade), 3), dtype=np.bool_)
    for column, name in ((1, "reduced"), (2, "interrupted")):
        shown[:, column] = False
        shown[doses.filter(pl.col(name))["subject"].to_numpy(), column] = True
    took = shown & (events.action_term >= 0)
    mine = (episode == 1)[:, None] & took[subject] & (events.action_term[subject] == term[:, None])
    return np.select([fatal, mine[:, 0], mine[:, 1], mine[:, 2]], [4, 1, 2, 3], 0)
