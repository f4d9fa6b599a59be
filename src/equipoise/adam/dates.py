# SPDX-License-Identifier: Apache-2.0
"""Partial dates to days, by one declared rule for each use, with a flag for what was imputed.

Use                               Rule                                   Source
start of an adverse event         first day, not before the first dose   admiral ADAE template
end of an adverse event           last day, not after death              admiral ADAE template
assessment of response            last day                               admiralonco ADRS template
last known alive                  first day                              admiral ADSL template
death                             first day, not before last alive       ours: templates do not
first, last dose; milestones      never; a partial date is missing       admiral ADSL template
"""

from __future__ import annotations

from datetime import date

import polars as pl

from equipoise.tables.iso_date import complete_day, earliest_day, latest_day, missing_part

__all__ = ["complete_day", "day_or_none", "first_day", "imputed_part", "last_day"]


def first_day(text: pl.Expr, *, not_before: pl.Expr | None = None) -> pl.Expr:
    """First day the date can mean; or `not_before`, where that day lies in the unknown part."""
    first = earliest_day(text)
    if not_before is None:
        return first
    inside = (not_before > first) & (not_before <= latest_day(text))
    return pl.when(inside).then(not_before).otherwise(first)


def last_day(text: pl.Expr, *, not_after: pl.Expr | None = None) -> pl.Expr:
    """Last day the date can mean; or `not_after`, where that day lies in the unknown part."""
    last = latest_day(text)
    if not_after is None:
        return last
    inside = (not_after >= earliest_day(text)) & (not_after < last)
    return pl.when(inside).then(not_after).otherwise(last)


def imputed_part(text: pl.Expr, day: pl.Expr) -> pl.Expr:
    """--DTF: M or D where `day` was imputed from a partial date, null where it was not."""
    return pl.when(day.is_not_null()).then(missing_part(text))


def day_or_none(value: date | None) -> pl.Expr:
    """A date literal, or a missing date."""
    return pl.lit(value, dtype=pl.Date)
