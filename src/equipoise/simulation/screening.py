# SPDX-License-Identifier: Apache-2.0
"""People who consent and are not enrolled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.columns import date_column, text_column
from equipoise.simulation.enrolment import choose, simulate_covariates, simulate_entry
from equipoise.simulation.streams import Streams, draw_uniform


def simulate_screen_failures(
    protocol: Protocol, simulation: Simulation, streams: Streams
) -> pl.DataFrame:
    """One row per person: replicate, patient (a number after all patients'), consent, reason, and
    the characteristics; nothing where the protocol assumes no failures.

    They come over the same period as the patients, as many as make up the declared share of all
    who consent: round(patients * share / (1 - share)).
    """
    screening = simulation.screen_failures
    share = 0.0 if screening is None else screening.share
    people = round(streams.patients * share / (1 - share))
    if screening is None or people == 0:
        return pl.DataFrame()
    own = replace(streams, patients=people, of="screening.")
    entry = simulate_entry(protocol, simulation, own)
    reason = choose(draw_uniform(own, "reason"), list(screening.reasons.values()))
    repeats = len(streams.replicates)
    key = pl.DataFrame(
        [
            pl.Series("replicate", np.repeat(np.array(streams.replicates, dtype=np.int64), people)),
            pl.Series("patient", np.tile(streams.patients + 1 + np.arange(people), repeats)),
            pl.Series("site", entry.site),
            date_column("consent", entry.consent),
            date_column("failed", entry.baseline_scan),
            text_column("reason", list(screening.reasons), reason),
        ]
    )
    return key.hstack(simulate_covariates(simulation, own))
