# SPDX-License-Identifier: Apache-2.0
"""Dates as SDTM writes them: ISO 8601 text whose last parts may be unknown.

2014-02-03T11:45, 2014-02-03, 2014-02, 2014, 2003---15 (month unknown) are dates; 2014-02-30 is not.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

_TIME = r"T([01]\d|2[0-4]|-)(:([0-5]\d|-)(:([0-5]\d(\.\d+)?|-))?)?(Z|[+-]\d{2}:?\d{2})?"
_FORM = rf"^(\d{{4}}|-)(-(\d{{2}}|-)(-(\d{{2}}|-))?)?({_TIME})?$"
# Where the parts stand in YYYY-MM-DD; an unknown part is a single dash there.
_MONTH, _DAY = 5, 8


def is_iso_date(text: pl.Expr) -> pl.Expr:
    """Whether the text is a date that exists, complete or partial; null stays null."""
    return text.str.contains(_FORM) & (earliest_day(text).is_not_null() | text.str.starts_with("-"))


def earliest_day(text: pl.Expr) -> pl.Expr:
    """The first day the text can mean; null where the year is unknown or no such date exists."""
    return _of_column(text, _earliest, pl.Date, where_complete=lambda days: days)


def _of_column(
    text: pl.Expr,
    rule: Callable[[pl.Expr], pl.Expr],
    dtype: type[pl.DataType],
    *,
    where_complete: Callable[[pl.Series], pl.Series],
) -> pl.Expr:
    """`rule`, or the quick answer for a column whose dates are all complete, as most are."""

    def of_series(found: pl.Series) -> pl.Series:
        written = found.cast(pl.String)
        days = written.str.to_date("%Y-%m-%d", strict=False)
        if days.null_count() == written.null_count():
            return where_complete(days)
        return written.to_frame("text").select(rule(pl.col("text")).alias(found.name)).to_series()

    return text.map_batches(of_series, return_dtype=dtype, is_elementwise=True)


def _earliest(text: pl.Expr) -> pl.Expr:
    missing = _missing(text)
    first = (
        pl.when(missing == "M")
        .then(text.str.slice(0, 4) + "-01-01")
        .when(missing == "D")
        .then(text.str.slice(0, 7) + "-01")
        .otherwise(text.str.slice(0, 10))
    )
    return first.str.to_date("%Y-%m-%d", strict=False)


def complete_day(text: pl.Expr) -> pl.Expr:
    """The day of a complete date; null for a partial one."""
    return _of_column(text, _complete, pl.Date, where_complete=lambda days: days)


def _complete(text: pl.Expr) -> pl.Expr:
    return pl.when(_missing(text).is_null()).then(_earliest(text))


def latest_day(text: pl.Expr) -> pl.Expr:
    """The last day the text can mean; null where the year is unknown or no such date exists."""
    return _of_column(text, _latest, pl.Date, where_complete=lambda days: days)


def _latest(text: pl.Expr) -> pl.Expr:
    first, missing = _earliest(text), _missing(text)
    return (
        pl.when(missing == "M")
        .then(first.dt.offset_by("11mo").dt.month_end())
        .when(missing == "D")
        .then(first.dt.month_end())
        .otherwise(first)
    )


def missing_part(text: pl.Expr) -> pl.Expr:
    """M where month and day are unknown, D where the day is; null for a complete date or none."""
    return _of_column(text, _missing, pl.String, where_complete=_nothing)


def _nothing(days: pl.Series) -> pl.Series:
    return pl.Series(days.name, [None], dtype=pl.String).new_from_index(0, len(days))


def _missing(text: pl.Expr) -> pl.Expr:
    length = text.str.len_bytes()
    no_month = (length < _MONTH) | (text.str.slice(_MONTH, 1) == "-")
    no_day = (length < _DAY) | (text.str.slice(_DAY, 1) == "-")
    has_year = (length >= _MONTH - 1) & ~text.str.starts_with("-")
    part = pl.when(no_month).then(pl.lit("M")).when(no_day).then(pl.lit("D"))
    return pl.when(has_year).then(part)
