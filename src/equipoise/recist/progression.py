# SPDX-License-Identifier: Apache-2.0
"""When a read progressed: the first PD, its components' scans, and dating back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.recist.criterion import Criterion
from equipoise.recist.history import Booleans, Integers, first_row
from equipoise.recist.lesion_tables import PROGRESSING
from equipoise.recist.new_lesions import NewLesions
from equipoise.recist.timepoints import TP

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Progression:
    """Progression of every read; arrays with one value per read.

    row        timepoint with the first overall PD; -1 if none
    from_row   timepoint it is dated back to: that of the first record of the new lesion, else `row`
    day        date of progression, days since 1970; NEVER if none
    backdated  the date is that of an earlier timepoint
    """

    row: Integers
    from_row: Integers
    day: Integers
    backdated: Booleans


def find_progression(
    read: Integers,
    components: Integers,
    *,
    counts: Booleans,
    measurements: pl.DataFrame,
    timepoints: pl.DataFrame,
    new: NewLesions,
    n_reads: int,
    criterion: Criterion,
) -> Progression:
    """First progression among the timepoints that count, and its date.

    Parameters    components : bits of what made each timepoint PD; 0 = not PD
                  counts : timepoint is on study: not baseline, not after the cut-off
    Source: section 8 and 10 of the specification; multi-day timepoints [C 11], dating back [C 14].
    """
    row = first_row(read, (components > 0) & counts, n_reads=n_reads)
    at = np.maximum(row, 0)
    if not len(read):
        nothing = np.full(n_reads, NEVER)
        return Progression(row=row, from_row=row, day=nothing, backdated=row > 0)
    day = _component_days(components, measurements, timepoints, new, criterion=criterion)[at]
    seen = np.where(row >= 0, new.first_seen[at], -1)
    backdated = (seen >= 0) & (seen < row)
    first_day = timepoints["ADT"].to_physical().to_numpy().astype(np.int64)
    seen_day = new.first_seen_day[at] if criterion.pd_on_component else first_day[seen]
    day = np.where(backdated, np.minimum(day, seen_day), day)
    return Progression(
        row=row,
        from_row=np.where(backdated, seen, row),
        day=np.where(row >= 0, day, NEVER),
        backdated=backdated,
    )


def _component_days(
    components: Integers,
    measurements: pl.DataFrame,
    timepoints: pl.DataFrame,
    new: NewLesions,
    *,
    criterion: Criterion,
) -> Integers:
    """Earliest scan of the timepoint, or the earliest of its components' scans."""
    first_day = timepoints["ADT"].to_physical().to_numpy().astype(np.int64)
    if not criterion.pd_on_component:
        return first_day
    target, progressing = pl.col("CLASS") == "TARGET", pl.col("STATE") == PROGRESSING
    last_target = _day_of(measurements.filter(target), pl.col("ADT").max(), len(first_day))
    nontarget = _day_of(measurements.filter(progressing), pl.col("ADT").min(), len(first_day))
    certain = np.where(new.first_certain_day >= 0, new.first_certain_day, NEVER)
    days = [
        np.where(components & bit > 0, component, NEVER)
        for bit, component in ((1, last_target), (2, nontarget), (4, certain), (8, first_day))
    ]
    earliest: Integers = np.minimum.reduce(days)
    return earliest


def _day_of(rows: pl.DataFrame, which: pl.Expr, n: int) -> Integers:
    days = np.full(n, NEVER, dtype=np.int64)
    found = rows.group_by(TP).agg(which.to_physical().cast(pl.Int64).alias("day"))
    days[found[TP].to_numpy()] = found["day"].to_numpy()
    return days
