# SPDX-License-Identifier: Apache-2.0
"""Dates as SDTM writes them: ISO 8601 text whose last parts may be unknown.

2014-02-03T11:45, 2014-02-03, 2014-02, 2014, 2003---15 (month unknown) are dates; 2014-02-30 is not.
"""

from __future__ import annotations

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
    missing = missing_part(text)
    first = (
        pl.when(missing == "M")
        .then(text.str.slice(0, 4) + "-01-01")
        .when(missing == "D")
        .then(text.str.slice(0, 7) + "-01")
        .otherwise(text.str.slice(0, 10))
    )
    return first.str.to_date("%Y-%m-%d", strict=False)


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
    """M where month and day are unknown, D where the day is; null for a complete date or none."""
    length = text.str.len_bytes()
    no_month = (length < _MONTH) | (text.str.slice(_MONTH, 1) == "-")
    no_day = (length < _DAY) | (text.str.slice(_DAY, 1) == "-")
    has_year = (length >= _MONTH - 1) & ~text.str.starts_with("-")
    part = pl.when(no_month).then(pl.lit("M")).when(no_day).then(pl.lit("D"))
    return pl.when(has_year).then(part)
