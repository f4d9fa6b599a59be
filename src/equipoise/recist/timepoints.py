# SPDX-License-Identifier: Apache-2.0
"""The timepoints of each read in the order of time, baseline first."""

from __future__ import annotations

import numpy as np
import polars as pl

from equipoise.recist.assessments import READ
from equipoise.recist.history import Integers
from equipoise.tables.key_codes import group_rows, sort_order

TP = "_tp"
_GROUP = "_group"
_NEVER = 10**9


def order_timepoints(
    measurements: pl.DataFrame, visits: pl.DataFrame | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per read and timepoint, numbered TP over all reads; dates are those of its scans.

    Parameters    measurements : READ, VISIT, ADT, BASELINE
                  visits : what is known of a timepoint beyond its lesions; READ, VISIT, optional
                           ADT and ADTLAST (first and last scan), SEARCHED (bool: every required
                           region was searched for new lesions), MARKERS (bool: tumour markers
                           normal). VISIT null is baseline. A timepoint only listed here counts too.
    Returns       timepoints - READ, VISIT, ADT, ADTLAST, BASELINE, SEARCHED, MARKERS, TP; sorted.
                  All baseline scans of a read are one timepoint.
                  measurements - with the number TP of their timepoint
    """
    label = pl.when("BASELINE").then(None).otherwise("VISIT").alias("VISIT")
    placed = measurements.select(READ, label, "ADT", "BASELINE")
    group = group_rows(placed, on=[READ, "VISIT"])
    scans = _scans(placed, group)
    if visits is not None:
        scans = _add_visits(scans, visits)
    for column in ("SEARCHED", "MARKERS"):
        if column not in scans.columns:
            scans = scans.with_columns(pl.lit(value=True).alias(column))
    scans = scans.with_columns(
        pl.col("SEARCHED", "MARKERS").fill_null(value=True),
        _after=(~pl.col("BASELINE")).cast(pl.Int64),
        _dated=pl.col("ADT").is_not_null().cast(pl.Int64),
    )
    order = sort_order(scans, by=[READ, "_after", "_dated", "ADT", "ADTLAST", "VISIT"])
    timepoints = scans[order].with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(TP))
    number = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    known = timepoints.filter(pl.col(_GROUP).is_not_null())
    number[known[_GROUP].to_numpy()] = known[TP].to_numpy()
    columns = [READ, "VISIT", "ADT", "ADTLAST", "BASELINE", "SEARCHED", "MARKERS", TP]
    return timepoints.select(columns), measurements.with_columns(pl.Series(TP, number[group]))


def _scans(placed: pl.DataFrame, group: Integers) -> pl.DataFrame:
    """One row for each group of measurements: the first and the last of its days."""
    number = int(group.max(initial=-1)) + 1
    day = placed["ADT"].to_physical().cast(pl.Int64).to_numpy()
    first, last = np.full(number, _NEVER), np.full(number, -_NEVER)
    np.minimum.at(first, group, day)
    np.maximum.at(last, group, day)
    baseline = np.zeros(number, dtype=bool)
    baseline[group[placed["BASELINE"].to_numpy()]] = True
    one = np.zeros(number, dtype=np.int64)
    one[group] = np.arange(len(group))
    return placed[one].select(
        pl.Series(_GROUP, np.arange(number)),
        READ,
        pl.col("VISIT").cast(pl.String),
        pl.Series("ADT", first).cast(pl.Int32).cast(pl.Date),
        pl.Series("ADTLAST", last).cast(pl.Int32).cast(pl.Date),
        pl.Series("BASELINE", baseline),
    )


def _add_visits(scans: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    known = visits
    for column in ("ADT", "ADTLAST"):
        if column not in visits.columns:
            known = known.with_columns(pl.lit(None, dtype=pl.Date).alias(column))
    joined = scans.join(
        known, on=[READ, "VISIT"], how="full", coalesce=True, suffix="_visit", nulls_equal=True
    )
    return joined.with_columns(
        ADT=pl.min_horizontal("ADT", "ADT_visit", "ADTLAST_visit"),
        ADTLAST=pl.max_horizontal("ADTLAST", "ADTLAST_visit", "ADT_visit"),
        BASELINE=pl.col("VISIT").is_null(),
    ).drop("ADT_visit", "ADTLAST_visit")
