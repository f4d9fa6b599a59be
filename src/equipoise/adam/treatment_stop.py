# SPDX-License-Identifier: Apache-2.0
"""When treatment was stopped, and whether for progression, from the disposition."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.dates import first_day
from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key


def derive_treatment_stop(
    tables: Mapping[str, pl.DataFrame], starts: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame:
    """CLINDT, CLINSEQ: stopped for progression; STOPDT, STOPSEQ: stopped for any other reason.

    Parameters    tables : DS, conformed; starts : one row per subject with STARTDT
    Notes         Where DSSCAT tells the end of treatment from that of the study, only the former
                  counts. A treatment completed, or ended by death, is not stopped.
    """
    ds, rules, key = tables["DS"], load_contract("DS").rules, subject_key(starts)
    ends = ds.filter(pl.col("DSCAT") == rules["end_of_study"])
    if "DSSCAT" in ds.columns:
        of_treatment = pl.col("DSSCAT").str.starts_with(rules["treatment"]).fill_null(value=False)
        told = ends.filter(of_treatment).select(key).unique().with_columns(_told=True)
        ends = ends.join(told, on=key, how="left", maintain_order="left").filter(
            of_treatment | pl.col("_told").is_null()
        )
    reason, data = pl.col("DSDECOD"), protocol.data
    dated = ends.select(*key, "DSSEQ", "DSDECOD", day=first_day(pl.col("DSSTDTC"))).join(
        starts.select(*key, "STARTDT"), on=key, how="inner"
    )
    stopped = dated.filter(
        (pl.col("day") >= pl.col("STARTDT")) & ~reason.is_in(list(data.treatment_completed))
    )
    for_progression = reason.is_in(list(data.clinical_progression))
    found = starts.select(key)
    for name, rows in (
        ("CLIN", stopped.filter(for_progression)),
        ("STOP", stopped.filter(~for_progression)),
    ):
        first = (
            rows.sort("day", "DSSEQ")
            .group_by(key)
            .agg(
                pl.col("day").first().alias(f"{name}DT"),
                pl.col("DSSEQ").first().alias(f"{name}SEQ"),
            )
        )
        found = found.join(first, on=key, how="left")
    return found
