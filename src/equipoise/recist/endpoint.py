# SPDX-License-Identifier: Apache-2.0
"""Progression-free survival of a read: event or censoring, and the rule that decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

PROGRESSION, DEATH = "PROGRESSION", "DEATH"
NEW_THERAPY, MISSED = "NEW THERAPY", "MISSED ASSESSMENTS"
LAST, NOTHING = "LAST ASSESSMENT", "NO POST-BASELINE ASSESSMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class PfsOptions:
    """The choices of one censoring rule set; none has a default.

    censor_at_new_therapy  new anticancer therapy before any event ends the follow-up
    missed_gap_days        an event later than this after the last evaluable assessment is
                           censored there; None: never
    month_days             days of a month in AVALM
    """

    censor_at_new_therapy: bool
    missed_gap_days: int | None
    month_days: float


def compute_pfs(
    assessments: pl.DataFrame,
    subjects: pl.DataFrame,
    *,
    key: Sequence[str],
    options: PfsOptions,
) -> pl.DataFrame:
    """Reference date to progression or death, or where the follow-up ends.

    Parameters    assessments : key, ADT, AVALC (overall response)
                  subjects : one row per read: key, RANDDT; optional PDDT (date of progression;
                             default the first PD), DTHDT, NACTDT, CUTOFFDT
    Returns       key, STARTDT, ADT, CNSR (0 = event, 1 = censored), EVNTDESC (rule that decided),
                  AVAL (days, both ends counted), AVALM (months)
    Notes         Order of tests: new therapy before the event (the same day does not censor), gap
                  before the event, event, nothing evaluable, last evaluable assessment.
                  Evaluable = response not NE. Progression on the day of death is progression.
    Source: section 11 of the specification, vectors P [C 12].
    """
    on = list(key)
    reads = _with_dates(subjects)
    rows = assessments.join(reads.select(*on, "RANDDT", "CUTOFFDT"), on=on).filter(
        pl.col("ADT") >= pl.col("RANDDT"),
        ~(pl.col("ADT") > pl.col("CUTOFFDT")).fill_null(value=False),
    )
    is_pd = pl.col("AVALC") == "PD"
    first_pd = rows.filter(is_pd).group_by(on).agg(pl.col("ADT").min().alias("_pd"))
    reads = reads.join(first_pd, on=on, how="left", maintain_order="left").with_columns(
        _pd=_in_time(pl.coalesce("PDDT", "_pd")),
        DTHDT=_in_time(pl.col("DTHDT")),
        NACTDT=_in_time(pl.col("NACTDT")),
    )
    reads = reads.with_columns(_event=pl.min_horizontal("_pd", "DTHDT"))
    reads = _last_evaluable(reads, rows, on)
    return _decide(reads, options=options).select(
        *on, "STARTDT", "ADT", "CNSR", "EVNTDESC", "AVAL", "AVALM"
    )


def _with_dates(subjects: pl.DataFrame) -> pl.DataFrame:
    absent = [c for c in ("PDDT", "DTHDT", "NACTDT", "CUTOFFDT") if c not in subjects.columns]
    return subjects.with_columns(pl.lit(None, dtype=pl.Date).alias(c) for c in absent)


def _in_time(date: pl.Expr) -> pl.Expr:
    return pl.when(~(date > pl.col("CUTOFFDT")).fill_null(value=False)).then(date)


def _last_evaluable(reads: pl.DataFrame, rows: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Last evaluable assessment: of all, before the event, and up to new therapy."""
    dates = reads.select(*on, "_event", "NACTDT")
    evaluable = rows.filter(
        pl.col("AVALC").is_not_null(), ~pl.col("AVALC").is_in(["NE", "NED", "ND"])
    ).join(dates, on=on)
    day = pl.col("ADT")
    last = evaluable.group_by(on).agg(
        day.max().alias("_last"),
        day.filter(day < pl.col("_event")).max().alias("_before_event"),
        day.filter(day <= pl.col("NACTDT")).max().alias("_before_therapy"),
    )
    return reads.join(last, on=on, how="left", maintain_order="left")


def _decide(reads: pl.DataFrame, *, options: PfsOptions) -> pl.DataFrame:
    event, start = pl.col("_event"), pl.col("RANDDT")
    therapy = pl.col("NACTDT").is_not_null() & options.censor_at_new_therapy
    first = therapy & (event.is_null() | (pl.col("NACTDT") < event))
    since = event - pl.coalesce("_before_event", start)
    gap = pl.lit(value=False)
    if options.missed_gap_days is not None:
        gap = (since.dt.total_days() > options.missed_gap_days).fill_null(value=False)
    is_pd = (pl.col("_pd") == event).fill_null(value=False)
    rule = (
        pl.when(first)
        .then(pl.lit(NEW_THERAPY))
        .when(event.is_not_null() & gap)
        .then(pl.lit(MISSED))
        .when(event.is_not_null())
        .then(pl.when(is_pd).then(pl.lit(PROGRESSION)).otherwise(pl.lit(DEATH)))
        .when(pl.col("_last").is_null())
        .then(pl.lit(NOTHING))
        .otherwise(pl.lit(LAST))
    )
    dates = {NEW_THERAPY: "_before_therapy", MISSED: "_before_event", LAST: "_last"}
    date = event
    for name, column in dates.items():
        date = pl.when(pl.col("EVNTDESC") == name).then(pl.coalesce(column, start)).otherwise(date)
    date = pl.when(pl.col("EVNTDESC") == NOTHING).then(start).otherwise(date)
    days = (pl.col("ADT") - pl.col("STARTDT")).dt.total_days() + 1
    is_event = pl.col("EVNTDESC").is_in([PROGRESSION, DEATH])
    return (
        reads.with_columns(EVNTDESC=rule)
        .with_columns(STARTDT=start, ADT=date, CNSR=(~is_event).cast(pl.Int64))
        .with_columns(AVAL=days, AVALM=days / options.month_days)
    )
