# SPDX-License-Identifier: Apache-2.0
"""The patients behind simulated replicates, as a table for other software."""

from __future__ import annotations

import math
from collections.abc import Iterable

import polars as pl

from equipoise.operating.reference import Snapshot, draw_patients, find_cut, take_snapshot
from equipoise.operating.trial import EventTimeTrial, Looks


def export_snapshots(
    trial: EventTimeTrial, *, looks: Looks, seed: int, replicates: Iterable[int]
) -> pl.DataFrame:
    """What each look of the given replicates sees, one row per patient who has entered.

    Returns       REPID, LOOK (from 1), CUT and TIME (months), EVENT (1 = event, 0 = censored),
                  ARM (1 = experimental), STRATUM (from 1), RESPONSE (1 = response)
    Notes         Near-equal times are different times: R needs timefix = FALSE.
    """
    frames = []
    for replicate in replicates:
        patients = draw_patients(trial, seed=seed, replicate=replicate)
        latest = math.inf if looks.latest_month is None else looks.latest_month
        for look, events in enumerate(looks.events, start=1):
            cut = find_cut(patients, events=events, latest=latest)
            if math.isfinite(cut):
                data = take_snapshot(trial, patients, cut=cut)
                frames.append(_table(data, replicate=replicate, look=look))
    return pl.concat(frames)


def _table(data: Snapshot, *, replicate: int, look: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "REPID": pl.repeat(replicate, data.time.size, dtype=pl.Int64, eager=True),
            "LOOK": pl.repeat(look, data.time.size, dtype=pl.Int64, eager=True),
            "CUT": pl.repeat(data.cut, data.time.size, dtype=pl.Float64, eager=True),
            "TIME": data.time,
            "EVENT": data.event.astype("int64"),
            "ARM": data.arm.astype("int64"),
            "STRATUM": data.stratum.astype("int64") + 1,
            "RESPONSE": data.response.astype("int64"),
        }
    )
