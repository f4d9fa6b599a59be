# SPDX-License-Identifier: Apache-2.0
"""Dates as SDTM writes them: ISO 8601 text whose last parts may be unknown.

2014-02-03T11:45, 2014-02-03, 2014-02, 2014, 2003---15 (month unknown) are dates; 2014-02-30 is not.
"""

from __future__ import annotations

import polars as pl

_TIME = r"T([01]\d|2[0-4]|-)(:([0-5]\d|-)(:([0-5]\d(\.\d+)?|-))?)?(Z|[+-]\d{2}:?\d{2})?"
_FORM = rf"^(\d{{4}}|-)(-(\d{{2}}|-)(-(\d{{2}}|-))?)?({_TIME})?$"
_YEAR, _MONTH, _DAY = 1, 3, 5


def _part(text: pl.Expr, group: int) -> pl.Expr:
    part = text.str.extract(_FORM, group)
    return pl.when(part != "-").then(part)


def is_iso_date(text: pl.Expr) -> pl.Expr:
    """Whether the text is a date that exists, complete or partial; null stays null."""
    return text.str.contains(_FORM) & (
        earliest_day(text).is_not_null() | _part(text, _YEAR).is_null()
    )


def earliest_day(text: pl.Expr) -> pl.Expr:
    """The first day the text can mean; null where the year is unknown or no such date exists."""
    year, month = _part(text, _YEAR), _part(text, _MONTH)
    day = pl.when(month.is_not_null()).then(_part(text, _DAY))
    month = pl.coalesce(month, pl.lit("01"))
    joined = pl.concat_str([year, month, pl.coalesce(day, pl.lit("01"))], separator="-")
    return joined.str.to_date("%Y-%m-%d", strict=False)


def latest_day(text: pl.Expr) -> pl.Expr:
    """The last day the text can mean; null where the year is unknown or no such date exists."""
    first, missing = earliest_day(text), missing_part(text)
    return (
        pl.when(missing == "M")
        .then(first.dt.offset_by("11mo").dt.month_end())
        .when(missing == "D")
        .then(first.dt.month_end())
        .otherwise(first)
    )


def missing_part(text: pl.Expr) -> pl.Expr:
    """M where month and day are unknown, D where the day is, null for a complete date."""
    return (
        pl.when(_part(text, _YEAR).is_null())
        .then(None)
        .when(_part(text, _MONTH).is_null())
        .then(pl.lit("M"))
        .when(_part(text, _DAY).is_null())
        .then(pl.lit("D"))
    )
