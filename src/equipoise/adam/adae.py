# SPDX-License-Identifier: Apache-2.0
"""Adverse events, flagged treatment-emergent."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.cutoff import data_cutoff
from equipoise.adam.dates import day_or_none, first_day, imputed_part, last_day
from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key

_FROM_ADSL = ("TRT01A", "TRTSDT", "TRTEDT", "DTHDT")


def derive_adae(
    tables: Mapping[str, pl.DataFrame], adsl: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame:
    """Every recorded adverse event with its dates, days, grade and flags.

    Parameters    tables : AE, conformed, as of the data cut-off; adsl : its subjects
    Returns       ADAE: the columns of AE, and those of the contract
    Source: admiral ADAE template as the oracle README sets it out; partial dates: adam/dates.py
    """
    ae = tables["AE"]
    key = subject_key(ae)
    start, end = pl.col("AESTDTC"), pl.col("AEENDTC")
    known_until = pl.min_horizontal("DTHDT", day_or_none(data_cutoff(tables, protocol)))
    return (
        ae.join(adsl.select(*key, *_FROM_ADSL), on=key, how="left")
        .with_columns(
            ASTDT=first_day(start, not_before=pl.col("TRTSDT")),
            AENDT=last_day(end, not_after=known_until),
        )
        .with_columns(
            ASTDTF=imputed_part(start, pl.col("ASTDT")),
            AENDTF=imputed_part(end, pl.col("AENDT")),
            ASTDY=study_day(pl.col("ASTDT")),
            AENDY=study_day(pl.col("AENDT")),
            ADURN=(pl.col("AENDT") - pl.col("ASTDT")).dt.total_days() + 1,
            TRTEMFL=_emergent(protocol.adverse_events.emergent_days_after_last_dose),
        )
        .with_columns(
            ADURU=pl.when(pl.col("ADURN").is_not_null()).then(pl.lit("days")),
            **event_flags(ae),
        )
        .drop("DTHDT")
        .sort(*key, "AESEQ")
    )


def study_day(day: pl.Expr) -> pl.Expr:
    """Day since the first dose, which is day 1; the day before it is day -1."""
    elapsed = (day - pl.col("TRTSDT")).dt.total_days()
    return pl.when(elapsed >= 0).then(elapsed + 1).otherwise(elapsed)


def _emergent(days_after: int) -> pl.Expr:
    """Y from the first dose until so many days after the last; while treated without an end."""
    until = (pl.col("ASTDT") <= pl.col("TRTEDT").dt.offset_by(f"{days_after}d")).fill_null(
        value=True
    )
    return pl.when((pl.col("ASTDT") >= pl.col("TRTSDT")) & until).then(pl.lit("Y"))


def event_flags(ae: pl.DataFrame) -> dict[str, pl.Expr]:
    """Severity, grade, relation, discontinuation and outcome of each event, by column name.

    What the study did not record, in any replicate, has no column: nobody knows, which is not N.
    """
    levels = {name: i for i, name in enumerate(load_contract("ADAE").rules["severity"], start=1)}
    rules = load_contract("AE").rules
    severity, grade = pl.col("AESEV"), pl.col("AETOXGR")
    fatal = {
        "AESDTH": pl.col("AESDTH") == "Y",
        "AEOUT": pl.col("AEOUT") == rules["fatal"],
        "AETOXGR": grade == "5",
    }
    told = [found.fill_null(value=False) for name, found in fatal.items() if _recorded(ae, name)]
    flags = {
        "ASEV": ("AESEV", severity),
        "ASEVN": (
            "AESEV",
            severity.replace_strict(levels, default=None, return_dtype=pl.Int64),
        ),
        "ATOXGRN": ("AETOXGR", grade.cast(pl.Int64, strict=False)),
        "ARELFL": ("AEREL", _yes_no(pl.col("AEREL").is_in(rules["related"]))),
        "ADISCFL": ("AEACN", _yes_no(pl.col("AEACN") == rules["withdrawn"])),
    }
    known = {name: value for name, (source, value) in flags.items() if _recorded(ae, source)}
    return known | ({"AFATALFL": _yes_no(pl.any_horizontal(told))} if told else {})


def _recorded(ae: pl.DataFrame, name: str) -> bool:
    """Whether the study recorded the variable, for any event."""
    return name in ae.columns and (not ae.height or ae[name].null_count() < ae.height)


def _yes_no(holds: pl.Expr) -> pl.Expr:
    """Y or N; missing where the event's own record is missing."""
    answer = pl.when(holds).then(pl.lit("Y")).otherwise(pl.lit("N"))
    return pl.when(holds.is_not_null()).then(answer)
