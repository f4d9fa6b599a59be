# SPDX-License-Identifier: Apache-2.0
"""One row per patient: arm, dates, populations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from equipoise.adam.arms import check_arms, treatment
from equipoise.adam.cutoff import data_cutoff
from equipoise.adam.dates import complete_day, first_day, imputed_part
from equipoise.adam.end_of_treatment import derive_end_of_treatment
from equipoise.adam.last_alive import derive_last_alive
from equipoise.adam.reference_day import reference_variable
from equipoise.adam.subject_groups import derive_subject_groups
from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key

Tables = Mapping[str, pl.DataFrame]

_FROM_DM = (
    "STUDYID",
    "USUBJID",
    "SUBJID",
    "SITEID",
    "COUNTRY",
    "ARM",
    "ARMCD",
    "ACTARM",
    "ACTARMCD",
    "AGE",
    "AGEU",
    "SEX",
    "RACE",
    "ETHNIC",
    "RFICDTC",
    "DTHFL",
)


def derive_adsl(tables: Tables, protocol: Protocol) -> pl.DataFrame:
    """Subject-level table: demographics, arm, dates, supplemental variables, groups and flags.

    Parameters    tables : DM, DS, EX and what else there is, conformed, as of the data cut-off
    Returns       ADSL, in the order of USUBJID
    Source: admiral ADSL template as the oracle README sets it out; partial dates: adam/dates.py
    """
    dm = tables["DM"]
    key = subject_key(dm)
    adsl = dm.select(*(k for k in key if k not in _FROM_DM), *(c for c in _FROM_DM if c in dm))
    adsl = adsl.with_columns(
        TRT01P=treatment(protocol, "ARMCD", "ARM"),
        TRT01A=treatment(protocol, *_actual(dm)),
    )
    for part in (
        _randomised(tables["DS"]),
        _treated(tables["EX"]),
        _end_of_study(tables["DS"]),
    ):
        adsl = adsl.join(part, on=key, how="left")
    adsl = adsl.join(derive_last_alive(tables, adsl, protocol), on=key, how="left")
    adsl = adsl.join(_death(dm, adsl, data_cutoff(tables, protocol)), on=key, how="left")
    check_arms(adsl, protocol)
    adsl = adsl.with_columns(EOSSTT=_end_status(protocol))
    adsl = adsl.join(derive_end_of_treatment(tables, adsl), on=key, how="left")
    adsl = _with_supplement(adsl, tables.get("SUPPDM"))
    return derive_subject_groups(adsl, protocol).sort(key)


def _actual(dm: pl.DataFrame) -> tuple[str, str]:
    return ("ACTARMCD", "ACTARM") if "ACTARMCD" in dm.columns else ("ARMCD", "ARM")


def _randomised(ds: pl.DataFrame) -> pl.DataFrame:
    rows = ds.filter(pl.col("DSDECOD") == load_contract("DS").rules["randomised"])
    return rows.group_by(subject_key(ds)).agg(RANDDT=complete_day(pl.col("DSSTDTC")).min())


def _treated(ex: pl.DataFrame) -> pl.DataFrame:
    placebo = load_contract("EX").rules["placebo"]
    nothing = ex.filter(pl.col("EXDOSE") == 0)["EXTRT"].unique()
    placebos = nothing.filter(nothing.str.contains(placebo, literal=True)).to_list()
    given = pl.col("EXDOSE") > 0
    if placebos:
        given |= (pl.col("EXDOSE") == 0) & pl.col("EXTRT").is_in(placebos)
    key = subject_key(ex)
    dated = ex.filter(given).select(
        *key, TRTSDT=complete_day(pl.col("EXSTDTC")), TRTEDT=complete_day(pl.col("EXENDTC"))
    )
    return dated.group_by(key).agg(pl.col("TRTSDT").min(), pl.col("TRTEDT").max())


def _end_of_study(ds: pl.DataFrame) -> pl.DataFrame:
    """End of study: the last disposition event that ends the study and not only a treatment."""
    rules = load_contract("DS").rules
    ends = (pl.col("DSCAT") == rules["end_of_study"]) & (
        pl.col("DSDECOD") != rules["screen_failure"]
    )
    if "DSSCAT" in ds.columns:
        ends &= ~pl.col("DSSCAT").str.starts_with(rules["treatment"]).fill_null(value=False)
    day = complete_day(pl.col("DSSTDTC"))
    return (
        ds.filter(ends)
        .with_columns(EOSDT=day)
        .sort("EOSDT", "DSSEQ", nulls_last=False)
        .group_by(subject_key(ds))
        .agg(pl.col("EOSDT").last(), DSDECOD=pl.col("DSDECOD").last())
        .with_columns(
            DCSREAS=pl.when(pl.col("DSDECOD") != rules["completed"]).then("DSDECOD"),
            EOSSTT=pl.when(pl.col("DSDECOD") == rules["completed"])
            .then(pl.lit("COMPLETED"))
            .otherwise(pl.lit("DISCONTINUED")),
        )
        .drop("DSDECOD")
    )


def _end_status(protocol: Protocol) -> pl.Expr:
    entered = pl.col(reference_variable(protocol)).is_not_null()
    ongoing = pl.when(entered).then(pl.lit("ONGOING"))
    return pl.coalesce("EOSSTT", ongoing)


def _death(dm: pl.DataFrame, adsl: pl.DataFrame, cutoff: date | None) -> pl.DataFrame:
    key = subject_key(dm)
    text = pl.col("DTHDTC")
    day = first_day(text, not_before=pl.col("LSTALVDT"))
    rows = dm.select(*key, "DTHDTC").join(adsl.select(*key, "LSTALVDT"), on=key, how="left")
    dated = rows.select(*key, DTHDT=day, DTHDTF=imputed_part(text, day))
    if cutoff is None:
        return dated
    # A partial date that the rule puts after the cut-off belongs to a death before it.
    late = (pl.col("DTHDT") > cutoff).fill_null(value=False)
    return dated.with_columns(DTHDT=pl.when(late).then(pl.lit(cutoff)).otherwise("DTHDT"))


def _with_supplement(adsl: pl.DataFrame, suppdm: pl.DataFrame | None) -> pl.DataFrame:
    """Every QNAM of SUPPDM that ADSL does not have yet becomes a variable."""
    if suppdm is None or not suppdm.height:
        return adsl
    key = subject_key(adsl)
    new = suppdm.filter(~pl.col("QNAM").is_in(adsl.columns))
    if not new.height:
        return adsl
    wide = new.pivot("QNAM", index=key, values="QVAL", aggregate_function="first")
    return adsl.join(wide.select(*key, *sorted(set(wide.columns) - set(key))), on=key, how="left")
