# SPDX-License-Identifier: Apache-2.0
"""How often a readable contrast rejects, and what it estimates: hundreds of replicates a second."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import polars as pl

from equipoise.operating.contrasts import Contrast
from equipoise.operating.reference import Snapshot, draw_patients, find_cut, take_snapshot
from equipoise.operating.trial import EventTimeTrial, Looks

Analysis = Callable[[Snapshot], Contrast]


def contrast_characteristics(
    trial: EventTimeTrial,
    *,
    looks: Looks,
    analyses: Mapping[str, Analysis],
    alpha: float,
    seed: int,
    replicates: int,
) -> pl.DataFrame:
    """Rejection rate and mean estimate of each analysis at each look.

    Parameters    analyses : functions of a snapshot, as partial(rmst_contrast, tau=12)
                  alpha : one-sided level at which each look rejects by itself
    Returns       analysis, quantity (reject, estimate), look (from 1), value, se, sd, n
    Notes         The same patients as the fast simulator draws for these replicate numbers.
    """
    rows = []
    latest = math.inf if looks.latest_month is None else looks.latest_month
    for replicate in range(replicates):
        patients = draw_patients(trial, seed=seed, replicate=replicate)
        for look, events in enumerate(looks.events, start=1):
            cut = find_cut(patients, events=events, latest=latest)
            if math.isfinite(cut):
                data = take_snapshot(trial, patients, cut=cut)
                for name, analysis in analyses.items():
                    found = analysis(data)
                    rows.append((name, "reject", look, float(found.p <= alpha)))
                    if found.estimate is not None:
                        rows.append((name, "estimate", look, found.estimate))
    schema = {
        "analysis": pl.String,
        "quantity": pl.String,
        "look": pl.Int64,
        "value": pl.Float64,
    }
    each = pl.DataFrame(rows, schema=schema, orient="row")
    value = pl.col("value")
    return (
        each.group_by("analysis", "quantity", "look", maintain_order=True)
        .agg(
            value.mean().alias("mean"),
            (value.std() / value.count().sqrt()).alias("se"),
            value.std().alias("sd"),
            value.count().cast(pl.Int64).alias("n"),
        )
        .rename({"mean": "value"})
    )
