# SPDX-License-Identifier: Apache-2.0
"""Adverse events, flagged treatment-emergent."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.adverse_event_flags import event_flags, occurrence_flags, special_interest
from equipoise.adam.cutoff import data_cutoff
from equipoise.adam.dates import day_or_none, first_day, imputed_part, last_day
from equipoise.protocol.model import Protocol
from equipoise.tables import subject_key

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
    events = (
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
            **special_interest(ae, protocol),
        )
        .drop("DTHDT")
    )
    return events.with_columns(**occurrence_flags(events, protocol)).sort(*key, "AESEQ")


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
