# SPDX-License-Identifier: Apache-2.0
"""Whether a patient is still treated and why not, from the disposition of each drug."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.dates import first_day
from equipoise.tables import load_contract, subject_key

Tables = Mapping[str, pl.DataFrame]


def derive_end_of_treatment(tables: Tables, adsl: pl.DataFrame) -> pl.DataFrame:
    """EOTSTT: ONGOING, COMPLETED or DISCONTINUED, missing for who was never treated; its day, why.

    Parameters    tables : DS and EX, conformed, as of the cut-off; adsl : TRTSDT, EOSSTT, DTHDT
    Returns       one row per subject; EOTDT: the day on which the last drug ended, at the latest
                  that of death or the end of the study; no DCTREAS where DS tells no end at all
    Notes         Each drug given ends by a disposition whose DSSCAT is TREATMENT and its name, or
                  TREATMENT alone; death and the end of the study end every drug. COMPLETED where
                  every drug was completed. DCTREAS: the reason of the last drug to be stopped.
    """
    key = subject_key(adsl)
    by_patient = (
        _drug_ends(tables)
        .group_by(key)
        .agg(
            _open=pl.col("DONE").is_null().any(),
            _done=pl.col("DONE").all(),
            _end=pl.col("EOTDT").max(),
        )
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
    left = pl.min_horizontal("DTHDT", "EOSDT")
    last = pl.when(pl.col("_open").fill_null(value=True)).then(left).otherwise("_end")
    found = (
        adsl.join(by_patient, on=key, how="left")
        .with_columns(EOTSTT=status)
        .select(
            *key,
            "EOTSTT",
            EOTDT=pl.when(pl.col("EOTSTT").is_in(["COMPLETED", "DISCONTINUED"])).then(last),
        )
    )
    if not _treatment_rows(tables["DS"]).height:
        return found
    stopped = _drug_ends(tables).filter(~pl.col("DONE")).sort("EOTDT", "DSSEQ", nulls_last=False)
    reason = stopped.group_by(key).agg(_reason=pl.col("REASON").last())
    return (
        found.join(reason, on=key, how="left")
        .with_columns(DCTREAS=pl.when(EOTSTT="DISCONTINUED").then("_reason"))
        .drop("_reason")
    )


def derive_adeot(tables: Tables, adsl: pl.DataFrame) -> pl.DataFrame | None:
    """ADEOT: one row per subject and drug given, with how and when its treatment ended.

    Parameters    as derive_end_of_treatment; adsl : also EOTSTT
    Returns       None where DS tells no end of a treatment: nobody knows the reasons
    Notes         A drug without a disposition of its own is ONGOING while the subject is treated
                  and in the study, and DISCONTINUED without a reason once it is dead or gone.
    """
    if not _treatment_rows(tables["DS"]).height:
        return None
    key = subject_key(adsl)
    named = [name for name in ("STUDYID", "TRT01A") if name in adsl.columns]
    gone = (pl.col("DTHDT").is_not_null() | (pl.col("EOSSTT") != "ONGOING")).fill_null(value=False)
    done = pl.col("DONE")
    status = (
        pl.when(done)
        .then(pl.lit("COMPLETED"))
        .when(~done | gone)
        .then(pl.lit("DISCONTINUED"))
        .otherwise(pl.lit("ONGOING"))
    )
    treated = adsl.filter(pl.col("TRTSDT").is_not_null())
    return (
        _drug_ends(tables)
        .join(treated.select(*key, *named, "EOSSTT", "DTHDT"), on=key, how="inner")
        .select(
            *key,
            *named,
            EXTRT=pl.col("DRUG").str.to_uppercase(),
            EOTSTT=status,
            EOTDT="EOTDT",
            DCTREAS=pl.when(~done).then("REASON"),
            SRCDOM=pl.when(done.is_not_null()).then(pl.lit("DS")),
            SRCSEQ="DSSEQ",
        )
        .sort(*key, "EXTRT")
        .select(
            *(k for k in key if k == "REPID"),
            *named[:1],
            "USUBJID",
            *named[1:],
            pl.all().exclude(*key, *named),
        )
    )


def _drug_ends(tables: Tables) -> pl.DataFrame:
    """One row per subject and drug given: DONE, EOTDT, REASON, DSSEQ; missing while it goes on.

    The drug's own disposition counts before one of all drugs at once.
    """
    key = subject_key(tables["EX"])
    drugs = tables["EX"].select(*key, DRUG="EXTRT").unique()
    ends = _ends(tables["DS"])
    own = ["DONE", "EOTDT", "REASON", "DSSEQ"]
    every = ends.filter(pl.col("DRUG") == "").drop("DRUG")
    named = drugs.join(ends, on=[*key, "DRUG"], how="left")
    both = named.join(every, on=key, how="left", suffix="_all")
    has_own = pl.col("DONE").is_not_null()
    return both.select(
        *key,
        "DRUG",
        *(pl.when(has_own).then(name).otherwise(f"{name}_all").alias(name) for name in own),
    )


def _treatment_rows(ds: pl.DataFrame) -> pl.DataFrame:
    """Dispositions that end a treatment and not the study."""
    rules = load_contract("DS").rules
    scope = pl.col("DSSCAT") if "DSSCAT" in ds.columns else pl.lit(None, dtype=pl.String)
    return (
        ds.filter(pl.col("DSCAT") == rules["end_of_study"])
        .with_columns(scope=scope)
        .filter(pl.col("scope").str.starts_with(rules["treatment"]))
    )


def _ends(ds: pl.DataFrame) -> pl.DataFrame:
    """One row per subject and drug whose end is recorded; DRUG is empty for all drugs at once.

    Of several ends of one drug the last counts for date and reason; it is done where all say so.
    """
    key, rules = subject_key(ds), load_contract("DS").rules
    drug = pl.col("scope").str.strip_prefix(rules["treatment"]).str.strip_chars()
    return (
        _treatment_rows(ds)
        .with_columns(DRUG=drug, EOTDT=first_day(pl.col("DSSTDTC")))
        .sort("EOTDT", "DSSEQ", nulls_last=False)
        .group_by(*key, "DRUG")
        .agg(
            DONE=(pl.col("DSDECOD") == rules["completed"]).all(),
            EOTDT=pl.col("EOTDT").last(),
            REASON=pl.col("DSDECOD").last(),
            DSSEQ=pl.col("DSSEQ").last(),
        )
    )
