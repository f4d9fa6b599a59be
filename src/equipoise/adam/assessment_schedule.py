# SPDX-License-Identifier: Apache-2.0
"""Planned tumour assessments beside those that took place: on time, early, late, missed."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.new_therapy import derive_new_therapy, therapy_records
from equipoise.adam.reference_day import reference_variable
from equipoise.protocol.model import Assessments, Protocol
from equipoise.tables import load_contract, subject_key

Tables = Mapping[str, pl.DataFrame]


def derive_assessment_schedule(
    adrs: pl.DataFrame, adsl: pl.DataFrame, tables: Tables, protocol: Protocol
) -> pl.DataFrame:
    """ADSCHED: every planned assessment that fell due, of every subject and evaluator.

    Parameters    adrs, adsl : as derived; tables : CM and PR for new therapy, where there
    Notes         Assessments are due from the reference date to the first of progression by that
                  evaluator, death and the last day known alive; where another evaluator saw
                  progression or new anticancer therapy began, not after that, unless they went on.
                  An assessment belongs to the
                  nearest planned day, the later of two equally near. A planned one is due when
                  its window has closed by then, or when it took place. Not evaluable is done.
    """
    subject = subject_key(adsl)
    key = [*subject, "EVALUATOR"]
    followed = _followed(adrs, adsl, tables, protocol)
    done = _done(adrs, followed, key=key)
    last = max((done["day"].max(), followed["until"].max()), key=_or_none)
    planned = planned_days(protocol.assessments, until=_or_none(last))
    window = protocol.assessments.window_days
    nearest = _nearest(done, planned, key=key)
    rows = (
        followed.join(planned, how="cross")
        .join(nearest, on=[*key, "AVISITN"], how="left")
        .filter((pl.col("PLANDY") + window <= pl.col("until")) | pl.col("day").is_not_null())
        .sort(*key, "AVISITN")
    )
    late = pl.col("day") - pl.col("PLANDY")
    missed = pl.col("day").is_null()
    columns = [c.name for c in load_contract("ADSCHED").columns]
    return (
        rows.with_columns(
            PLANDT=pl.col("start") + pl.duration(days="PLANDY"),
            ADT=pl.col("start") + pl.duration(days="day"),
            DEVDY=late,
            STATUS=pl.when(missed)
            .then(pl.lit("MISSED"))
            .when(late < -window)
            .then(pl.lit("EARLY"))
            .when(late > window)
            .then(pl.lit("LATE"))
            .otherwise(pl.lit("ON TIME")),
            _run=(~missed).cum_sum().over(key, order_by="AVISITN"),
        )
        .with_columns(
            MISSRUN=missed.cast(pl.Int64).cum_sum().over([*key, "_run"], order_by="AVISITN")
        )
        .join(adsl.select(*subject, "STUDYID"), on=subject, how="left", maintain_order="left")
        .select(*(c for c in subject if c == "REPID"), *columns)
    )


def planned_days(assessments: Assessments, *, until: int) -> pl.DataFrame:
    """The planned days of the calendar from 1 on, up to the first one after `until`."""
    days: list[int] = []
    start = 0
    for piece in assessments.schedule:
        end = until if piece.until_day is None else min(until, piece.until_day)
        while start + piece.every_days <= end:
            start += piece.every_days
            days.append(start)
    step = assessments.schedule[-1].every_days
    while start <= until:
        start += step
        days.append(start)
    number = range(1, len(days) + 1)
    schema = {"AVISITN": pl.Int64, "PLANDY": pl.Int64}
    return pl.DataFrame({"AVISITN": number, "PLANDY": days}, schema=schema)


def _or_none(day: object) -> int:
    return day if isinstance(day, int) else 0


def _followed(
    adrs: pl.DataFrame, adsl: pl.DataFrame, tables: Tables, protocol: Protocol
) -> pl.DataFrame:
    """Every read with its start and how many days assessments were due."""
    subject = subject_key(adsl)
    progressed = adrs.filter((pl.col("PARAMCD") == "PD") & (pl.col("AVALC") == "Y")).select(
        *subject, "EVALUATOR", _pd="ADT"
    )
    dates = adsl.select(
        *subject, "DTHDT", "LSTALVDT", start=pl.col(reference_variable(protocol))
    ).filter(pl.col("start").is_not_null())
    reads = adrs.select(*subject, "EVALUATOR").unique()
    ended = progressed.group_by(subject).agg(_ended=pl.col("_pd").min())
    if therapy_records(tables, protocol):
        starts = dates.select(*subject, STARTDT="start")
        other = derive_new_therapy(tables, starts, protocol).select(*subject, "NACTDT")
        ended = ended.join(other, on=subject, how="full", coalesce=True).with_columns(
            _ended=pl.min_horizontal("_ended", "NACTDT")
        )
    last = adrs.filter(_counted()).group_by(*subject, "EVALUATOR").agg(_last=pl.col("ADT").max())
    imaged = pl.when(pl.col("_ended").is_not_null()).then(pl.max_horizontal("_ended", "_last"))
    known = pl.min_horizontal("_pd", imaged, pl.coalesce("DTHDT", "LSTALVDT"))
    end = pl.max_horizontal(known, "start")
    return (
        reads.join(dates, on=subject, how="inner")
        .join(progressed, on=[*subject, "EVALUATOR"], how="left")
        .join(ended, on=subject, how="left")
        .join(last, on=[*subject, "EVALUATOR"], how="left")
        .select(*subject, "EVALUATOR", "start", until=(end - pl.col("start")).dt.total_days())
    )


def _counted() -> pl.Expr:
    return (pl.col("PARAMCD") == "OVR") & (pl.col("ANL01FL") == "Y").fill_null(value=False)


def _done(adrs: pl.DataFrame, followed: pl.DataFrame, *, key: list[str]) -> pl.DataFrame:
    """Days of the assessments after the start that count."""
    rows = adrs.filter(_counted())
    day = (pl.col("ADT") - pl.col("start")).dt.total_days()
    return (
        rows.select(*key, "ADT")
        .join(followed, on=key, how="inner")
        .select(*key, day=day, until="until")
        .filter((pl.col("day") > 0) & (pl.col("day") <= pl.col("until")))
        .drop("until")
        .unique()
    )


def _nearest(done: pl.DataFrame, planned: pl.DataFrame, *, key: list[str]) -> pl.DataFrame:
    """Each planned assessment with the nearest of the days that belong to it."""
    days = planned.with_columns(_day=pl.col("PLANDY"))
    by_day = done.with_columns(pl.col("day").cast(pl.Int64)).sort("day")
    before = by_day.join_asof(days, left_on="day", right_on="_day", strategy="backward")
    after = by_day.join_asof(days, left_on="day", right_on="_day", strategy="forward")
    gap = (after["PLANDY"] - after["day"]).fill_null(10**9)
    back = (before["day"] - before["PLANDY"]).fill_null(10**9)
    chosen = by_day.with_columns(
        AVISITN=pl.when(gap <= back).then(after["AVISITN"]).otherwise(before["AVISITN"]),
        _far=pl.min_horizontal(gap, back),
    )
    return (
        chosen.sort(*key, "AVISITN", "_far", "day")
        .group_by(*key, "AVISITN")
        .agg(pl.col("day").first())
    )
