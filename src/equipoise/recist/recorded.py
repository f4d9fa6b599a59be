# SPDX-License-Identifier: Apache-2.0
"""Derived against recorded responses: every timepoint where they differ, and how."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

AGREES, DIFFERS = "AGREES", "DIFFERS"
ONLY_DERIVED, ONLY_RECORDED = "ONLY DERIVED", "ONLY RECORDED"


def compare_recorded(
    timepoints: pl.DataFrame, recorded: pl.DataFrame, *, key: Sequence[str]
) -> pl.DataFrame:
    """One row per timepoint that either side knows, in the order of reads and dates.

    Parameters    timepoints : from `derive_lesion_response`
                  recorded : key, VISIT, AVALC (the overall response in RS), ADT
    Returns       key, VISIT, ADT (of the scans, else as recorded), DERIVED, RECORDED, RULE,
                  VERDICT (AGREES, DIFFERS, ONLY DERIVED, ONLY RECORDED)
    Notes         A response that RS records twice at one timepoint is compared twice; nothing is
                  preferred here: the protocol says which of the two the analysis uses.
    """
    on = [*key, "VISIT"]
    ours = timepoints.filter(pl.col("ABLFL").is_null()).select(
        *on, "ADT", DERIVED=pl.col("OVRLRESP").cast(pl.String), RULE=pl.col("RULE").cast(pl.String)
    )
    theirs = recorded.select(*on, pl.col("ADT").alias("_recorded"), RECORDED="AVALC")
    verdict = (
        pl.when(pl.col("RECORDED").is_null())
        .then(pl.lit(ONLY_DERIVED))
        .when(pl.col("DERIVED").is_null())
        .then(pl.lit(ONLY_RECORDED))
        .when(pl.col("DERIVED") == pl.col("RECORDED"))
        .then(pl.lit(AGREES))
        .otherwise(pl.lit(DIFFERS))
    )
    return (
        ours.join(theirs, on=on, how="full", coalesce=True)
        .with_columns(ADT=pl.coalesce("ADT", "_recorded"), VERDICT=verdict)
        .sort(*key, "ADT", "VISIT")
        .select(*on, "ADT", "DERIVED", "RECORDED", "RULE", "VERDICT")
    )
