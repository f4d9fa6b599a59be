# SPDX-License-Identifier: Apache-2.0
"""Progression that is carried by nodes which are normal now: PD by the rule, flagged for review."""

from __future__ import annotations

import numpy as np
import polars as pl

from equipoise.recist import target_response
from equipoise.recist.assessments import READ
from equipoise.recist.burden import NONE, Burden
from equipoise.recist.criterion import Codes, Criterion
from equipoise.recist.history import Booleans, Integers
from equipoise.recist.target_response import meets_progression
from equipoise.recist.timepoints import TP


def driven_by_normal_nodes(
    target: Codes, burden: Burden, targets: pl.DataFrame, *, criterion: Criterion
) -> Booleans:
    """Target PD that the sum without the nodes below 10 mm would not meet, now or at the nadir.

    Source: section 4 of the specification, vector B06 [C 3].
    """
    flag = np.zeros(len(target), dtype=bool)
    suspect = np.flatnonzero(
        (target == target_response.PD) & burden.complete & (burden.nodes_left > 0)
    )
    if not len(suspect):
        return flag
    normal = targets.filter(
        pl.col("NODE"),
        pl.col("VALUE") < criterion.normal_node_below,
        pl.col(TP).is_in(suspect.tolist()),
    ).select(READ, "LNKID", _pd=TP)
    lowest = _nadir_without(normal, targets, burden)
    without = burden.measured - burden.nodes_left
    still = meets_progression(without, lowest, criterion=criterion)
    flag[suspect] = ~still[suspect]
    return flag


def _nadir_without(normal: pl.DataFrame, targets: pl.DataFrame, burden: Burden) -> Integers:
    """Smallest complete sum before each timepoint `_pd`, without the nodes `normal` there."""
    n = len(burden.measured)
    complete = pl.DataFrame({TP: np.flatnonzero(burden.complete)})
    earlier = (
        normal.select(READ, "_pd")
        .unique()
        .join(targets.select(READ, TP).unique(), on=READ)
        .filter(pl.col(TP) < pl.col("_pd"))
        .join(complete, on=TP, how="semi")
    )
    theirs = (
        normal.join(targets.select(READ, "LNKID", TP, "VALUE"), on=[READ, "LNKID"])
        .group_by("_pd", TP)
        .agg(pl.col("VALUE").sum())
    )
    sums = pl.DataFrame({TP: np.arange(n), "_sum": burden.measured})
    nadir = (
        earlier.join(theirs, on=["_pd", TP], how="left")
        .join(sums, on=TP)
        .group_by("_pd")
        .agg((pl.col("_sum") - pl.col("VALUE").fill_null(0)).min())
    )
    lowest = np.full(n, NONE, dtype=np.int64)
    lowest[nadir["_pd"].to_numpy()] = nadir["_sum"].to_numpy()
    return lowest
