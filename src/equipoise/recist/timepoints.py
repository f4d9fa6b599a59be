# SPDX-License-Identifier: Apache-2.0
"""The timepoints of each read in the order of time, baseline first."""

from __future__ import annotations

import polars as pl

from equipoise.recist.assessments import READ

TP = "_tp"


def order_timepoints(measurements: pl.DataFrame, visits: pl.DataFrame | None) -> pl.DataFrame:
    """One row per read and timepoint, numbered TP over all reads; dates are those of its scans.

    Parameters    measurements : READ, VISIT, ADT, BASELINE
                  visits : what is known of a timepoint beyond its lesions; READ, VISIT, optional
                           ADT and ADTLAST (first and last scan), SEARCHED (bool: every required
                           region was searched for new lesions), MARKERS (bool: tumour markers
                           normal). VISIT null is baseline. A timepoint only listed here counts too.
    Returns       READ, VISIT, ADT, ADTLAST, BASELINE, SEARCHED, MARKERS, TP; sorted. All baseline
                  scans of a read are one timepoint.
    """
    label = pl.when("BASELINE").then(None).otherwise("VISIT").alias("VISIT")
    scans = (
        measurements.lazy()
        .with_columns(label)
        .group_by(READ, "VISIT")
        .agg(pl.col("ADT").min(), pl.col("ADT").max().alias("ADTLAST"), pl.col("BASELINE").any())
    )
    if visits is not None:
        scans = _add_visits(scans, visits)
    for column in ("SEARCHED", "MARKERS"):
        if column not in scans.collect_schema():
            scans = scans.with_columns(pl.lit(value=True).alias(column))
    return (
        scans.with_columns(pl.col("SEARCHED", "MARKERS").fill_null(value=True))
        .sort([READ, "BASELINE", "ADT", "ADTLAST", "VISIT"], descending=[False, True] + [False] * 3)
        .with_row_index(TP)
        .with_columns(pl.col(TP).cast(pl.Int64))
        .collect()
    )


def _add_visits(scans: pl.LazyFrame, visits: pl.DataFrame) -> pl.LazyFrame:
    known = visits.lazy()
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


def number_measurements(measurements: pl.DataFrame, timepoints: pl.DataFrame) -> pl.DataFrame:
    """Measurements with the number TP of their timepoint."""
    label = pl.when("BASELINE").then(None).otherwise("VISIT").alias("_visit")
    return (
        measurements.lazy()
        .with_columns(label)
        .join(
            timepoints.lazy().select(READ, TP, _visit="VISIT"),
            on=[READ, "_visit"],
            how="left",
            nulls_equal=True,
        )
        .drop("_visit")
        .collect()
    )
