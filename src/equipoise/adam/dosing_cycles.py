# SPDX-License-Identifier: Apache-2.0
"""Courses of dosing to cycles: which cycle each belongs to, what it was to be and what it was."""

from __future__ import annotations

from typing import Any

import polars as pl

from equipoise.tables import load_contract

_NAMED = r"(?i)^\s*C(?:YCLE)?\s*(\d+)"
"""CYCLE 3, Cycle 3 Day 1, C3D1."""

_PLAN = ("REGIMEN", "UNIT", "PLANNED", "PLACEBO", "DOSEDAYS", "CYCLED")


def derive_dosing_cycles(records: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """One row per subject, drug and cycle in which a dose was given.

    Parameters    records : of `derive_dosing_records`; by : the columns that name subject and drug
    Returns       ASTDT, AENDT, ADOSE, NADMIN, LOWEST, SRCSEQ; PDOSE, PLANDT, DELAYD, INTERR and
                  LAST : the subject's last cycle. A drug without cycles has none.
    """
    dated = records.filter(pl.col("START").is_not_null() & (pl.col("CYCLED") > 1))
    numbered = _numbered(dated, by)
    within = [*by, "CYCLE"]
    before = pl.col("END").cum_max().shift(1).over(within, order_by=["START", "EXSEQ"])
    pause = (pl.col("START") - before).dt.total_days() > _longest_step()
    cycles = (
        numbered.with_columns(PAUSE=pause.fill_null(value=False))
        .group_by(within)
        .agg(
            *(pl.col(name).first() for name in _PLAN),
            ASTDT=pl.col("START").min(),
            AENDT=pl.col("END").max(),
            ADOSE=_known_sum(pl.col("DOSE") * pl.col("ADMINS")),
            NADMIN=_known_sum(pl.col("ADMINS")),
            PAUSE=pl.col("PAUSE").any(),
            SRCSEQ=pl.col("EXSEQ").max(),
        )
    )
    return _with_calendar(cycles, by).sort(*by, "CYCLE")


def _known_sum(value: pl.Expr) -> pl.Expr:
    """The sum; missing where a part of it is."""
    return pl.when(value.is_not_null().all()).then(value.sum())


def _longest_step() -> pl.Expr:
    """Days between one planned dose of a cycle and the next, at most; 1 for a single dose."""
    return pl.col("DOSEDAYS").list.diff().list.max().fill_null(1)


def _with_calendar(cycles: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The planned dose and start, how late the cycle began, and whether it was interrupted."""
    start, cycle, length = pl.col("ASTDT"), pl.col("CYCLE"), pl.col("CYCLED")
    in_order: dict[str, Any] = {"partition_by": by, "order_by": "CYCLE"}
    due = start.shift(1) + pl.duration(days=(cycle - cycle.shift(1)) * length)
    late = (start - due).dt.total_days().clip(lower_bound=0).over(**in_order)
    first = start.first().over(**in_order)
    ahead = cycle - cycle.first().over(**in_order)
    last = cycle == cycle.max().over(by)
    fewer = pl.col("NADMIN") < pl.col("DOSEDAYS").list.len()
    return cycles.with_columns(
        PDOSE=pl.col("PLANNED") * pl.col("DOSEDAYS").list.len(),
        PLANDT=first + pl.duration(days=ahead * length),
        DELAYD=late.fill_null(0),
        LAST=last,
    ).with_columns(INTERR=(pl.col("PAUSE") | (fewer & ~pl.col("LAST"))).cast(pl.Int64))


def _numbered(records: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """CYCLE: as VISIT names it where it names every course of the drug; else by the dates."""
    named = pl.col("VISIT").str.extract(_NAMED).cast(pl.Int64)
    told = (named.is_not_null() & (pl.col("PARTS") == 1)).all().over(by)
    split = records.with_columns(CYCLE=named, TOLD=told)
    by_visit = split.filter("TOLD")
    by_date = split.filter(~pl.col("TOLD")).drop("CYCLE")
    return pl.concat([by_visit, _by_date(by_date, by)], how="diagonal")


def _by_date(records: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The next cycle begins with the first course when this one is over, or nearly (early_days).

    One pass per cycle, over all subjects at once: where a cycle begins depends on the one before.
    """
    early = load_contract("ADEX").rules["early_days"]
    begun = [
        records.group_by(by).agg(
            BEGAN=pl.col("START").min(), CYCLE=pl.lit(1, dtype=pl.Int64), CYCLED=pl.first("CYCLED")
        )
    ]
    while begun[-1].height:
        soonest = pl.duration(days=pl.max_horizontal(pl.col("CYCLED") - early, 1))
        following = (
            records.drop("CYCLED")
            .join(begun[-1], on=by)
            .filter(pl.col("START") >= pl.col("BEGAN") + soonest)
            .group_by(by)
            .agg(
                BEGAN=pl.col("START").min(),
                CYCLE=pl.first("CYCLE") + 1,
                CYCLED=pl.first("CYCLED"),
            )
        )
        begun.append(following)
    starts = pl.concat(begun).drop("CYCLED").sort("BEGAN")
    return (
        records.sort("START")
        .join_asof(
            starts,
            left_on="START",
            right_on="BEGAN",
            by=by,
            strategy="backward",
            check_sortedness=False,
        )
        .drop("BEGAN")
    )
