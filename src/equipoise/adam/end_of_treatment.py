# SPDX-License-Identifier: Apache-2.0
"""Whether a patient is still treated, from the disposition of each drug."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.tables import load_contract, subject_key


def derive_end_of_treatment(tables: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """EOTSTT: ONGOING, COMPLETED or DISCONTINUED; missing for who was never treated.

    Parameters    tables : DS and EX, conformed, as of the cut-off; adsl : TRTSDT, EOSSTT, DTHDT
    Notes         Each drug given ends by a disposition whose DSSCAT is TREATMENT and its name, or
                  TREATMENT alone; death and the end of the study end every drug. COMPLETED where
                  every drug was completed.
    """
    key, rules = subject_key(adsl), load_contract("DS").rules
    drugs = tables["EX"].select(*key, DRUG="EXTRT").unique()
    ends = _ends(tables["DS"], rules)
    named = drugs.join(ends.select(*key, "DRUG", "DONE"), on=[*key, "DRUG"], how="left")
    every = ends.filter(pl.col("DRUG") == "").group_by(key).agg(_all=pl.col("DONE").all())
    by_patient = (
        named.join(every, on=key, how="left")
        .with_columns(DONE=pl.coalesce("DONE", "_all"))
        .group_by(key)
        .agg(_open=pl.col("DONE").is_null().any(), _done=pl.col("DONE").all())
    )
    gone = pl.col("DTHDT").is_not_null() | (pl.col("EOSSTT") != "ONGOING")
    status = (
        pl.when(pl.col("TRTSDT").is_null())
        .then(None)
        .when(pl.col("_open").fill_null(value=True) & ~gone.fill_null(value=False))
        .then(pl.lit("ONGOING"))
        .when(pl.col("_done") & ~pl.col("_open"))
        .then(pl.lit("COMPLETED"))
        .otherwise(pl.lit("DISCONTINUED"))
    )
    return adsl.join(by_patient, on=key, how="left").select(*key, EOTSTT=status)


def _ends(ds: pl.DataFrame, rules: Mapping[str, str]) -> pl.DataFrame:
    """One row per subject and drug whose end is recorded; DRUG is empty for all drugs at once."""
    key = subject_key(ds)
    scope = pl.col("DSSCAT") if "DSSCAT" in ds.columns else pl.lit(None, dtype=pl.String)
    return (
        ds.filter(pl.col("DSCAT") == rules["end_of_study"])
        .with_columns(scope=scope)
        .filter(pl.col("scope").str.starts_with(rules["treatment"]))
        .with_columns(DRUG=pl.col("scope").str.strip_prefix(rules["treatment"]).str.strip_chars())
        .group_by(*key, "DRUG")
        .agg(DONE=(pl.col("DSDECOD") == rules["completed"]).all())
    )
