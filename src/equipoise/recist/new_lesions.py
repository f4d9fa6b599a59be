# SPDX-License-Identifier: Apache-2.0
"""New lesions at a timepoint, and the timepoint a later certainty is dated back to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.recist.assessments import READ
from equipoise.recist.criterion import NEW as CODES
from equipoise.recist.criterion import Codes
from equipoise.recist.history import Booleans, Integers
from equipoise.recist.lesion_tables import NEW
from equipoise.recist.timepoints import TP

NO, YES, UNKNOWN, EQUIVOCAL = range(len(CODES))
CERTAIN = ("UNEQUIVOCAL", "INCREASED")
# EORTC: a node of 10 to below 15 mm as the only evidence should be entered as equivocal
DOUBTFUL_NODE_BELOW = 150_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLesions:
    """New lesions of every timepoint; arrays of one length.

    code               into criterion.NEW
    only_small_nodes   the only unequivocal ones are nodes of 10 to below 15 mm
    first_seen         timepoint where a lesion unequivocal for the first time here was first
                       recorded (the earliest of several); -1 where there is none
    first_seen_day     its scan date there, days since 1970
    first_certain_day  earliest scan date of an unequivocal lesion at this timepoint
    """

    code: Codes
    only_small_nodes: Booleans
    first_seen: Integers
    first_seen_day: Integers
    first_certain_day: Integers


def find_new_lesions(measurements: pl.DataFrame, timepoints: pl.DataFrame) -> NewLesions:
    """YES if any is unequivocal, else UNKNOWN if not searched everywhere, else EQUIVOCAL or NO.

    Source: RECIST 1.1 section 4.3.5; section 6 of the specification.
    """
    rows = measurements.filter(pl.col("CLASS") == NEW).with_columns(
        CERTAIN=pl.col("STATE").cast(pl.String).is_in(CERTAIN),
        DAY=pl.col("ADT").to_physical().cast(pl.Int64),
    )
    n = timepoints.height
    certain = rows.filter("CERTAIN")
    n_certain = _count(certain[TP].to_numpy(), n)
    n_equivocal = _count(rows.filter(pl.col("STATE") == "EQUIVOCAL")[TP].to_numpy(), n)
    small = pl.col("NODE") & (pl.col("UNITS") < DOUBTFUL_NODE_BELOW)
    n_small = _count(certain.filter(small.fill_null(value=False))[TP].to_numpy(), n)
    conditions = [n_certain > 0, ~timepoints["SEARCHED"].to_numpy(), n_equivocal > 0]
    origin = _origins(rows)
    return NewLesions(
        code=np.select(conditions, [YES, UNKNOWN, EQUIVOCAL], default=NO).astype(np.int8),
        only_small_nodes=(n_certain > 0) & (n_small == n_certain),
        first_seen=_earliest(origin[TP], origin["SEEN"], n),
        first_seen_day=_earliest(origin[TP], origin["DAY"], n),
        first_certain_day=_earliest(certain[TP], certain["DAY"], n),
    )


def _origins(rows: pl.DataFrame) -> pl.DataFrame:
    """For every lesion that becomes unequivocal: where (TP), and where first recorded (SEEN, DAY).

    A finding withdrawn as NOT TUMOUR starts anew.
    """
    lesion = [READ, "LNKID"]
    steps = rows.sort([*lesion, TP]).with_columns(
        _episode=(pl.col("STATE") == "NOT TUMOUR").cast(pl.Int32).cum_sum().over(lesion),
    )
    certain_at = pl.col(TP).filter("CERTAIN").min()
    noted = steps.filter(pl.col("CERTAIN") | (pl.col("STATE") == "EQUIVOCAL"))
    episodes = noted.group_by([*lesion, "_episode"]).agg(
        certain_at.alias("_certain"),
        pl.col(TP).min().alias("SEEN"),
        pl.col("DAY").sort_by(TP).first().alias("DAY"),
    )
    return (
        episodes.filter(pl.col("_certain").is_not_null())
        .sort([*lesion, "_episode"])
        .unique(lesion, keep="first", maintain_order=True)
        .select(pl.col("_certain").alias(TP), "SEEN", "DAY")
    )


def _count(tp: Integers, n: int) -> Integers:
    return np.bincount(tp, minlength=n).astype(np.int64)


def _earliest(tp: pl.Series, value: pl.Series, n: int) -> Integers:
    """Smallest value of each timepoint; -1 where there is none."""
    largest = np.iinfo(np.int64).max
    found = np.full(n, largest, dtype=np.int64)
    if len(tp):
        np.minimum.at(found, tp.to_numpy(), value.to_numpy())
    return np.where(found == largest, -1, found)
