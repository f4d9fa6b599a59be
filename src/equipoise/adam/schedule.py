# SPDX-License-Identifier: Apache-2.0
"""The planned scan calendar: how long a patient may go without a scan before scans were missed."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Assessments


def longest_gap(last_day: pl.Expr, assessments: Assessments, *, missed: int) -> pl.Expr:
    """Days from the last assessment within which fewer than `missed` planned ones were missed.

    An event later than that has `missed` or more assessments missing before it: the planned
    intervals that follow the last assessment, and one window on either side.

    Parameters    last_day : days from the reference date (day 0) to the last adequate assessment
    Source: FDA guidance, Appendix 3, Table A as the project's conventions state it; two scans
     missed every 6 weeks with windows of 7 days gives the 14 weeks of the public rule text.
    """
    day = last_day
    for _ in range(missed):
        day = day + planned_interval(day, assessments)
    return day - last_day + 2 * assessments.window_days


def planned_interval(day: pl.Expr, assessments: Assessments) -> pl.Expr:
    """Days from the planned scan at (about) `day` to the next one."""
    pieces = assessments.schedule
    interval = pl.lit(pieces[-1].every_days)
    for piece in reversed(pieces):
        if piece.until_day is None:
            interval = pl.lit(piece.every_days)
            continue
        # A scan so early that the window still makes it the last of its piece starts the next.
        before_end = day + assessments.window_days < piece.until_day
        interval = pl.when(before_end).then(piece.every_days).otherwise(interval)
    return interval


def next_planned(day: pl.Expr, assessments: Assessments) -> pl.Expr:
    """The first planned scan on or after `day`, both in days from the reference date (day 0)."""
    found = pl.lit(None, dtype=pl.Int64)
    start = 0
    for piece in assessments.schedule:
        steps = ((day - start) / piece.every_days).ceil().clip(lower_bound=1).cast(pl.Int64)
        planned = start + steps * piece.every_days
        if piece.until_day is None:
            return pl.coalesce(found, planned)
        found = pl.coalesce(found, pl.when(planned <= piece.until_day).then(planned))
        start += (piece.until_day - start) // piece.every_days * piece.every_days
    last = assessments.schedule[-1].every_days
    return pl.coalesce(
        found, start + ((day - start) / last).ceil().clip(lower_bound=1).cast(pl.Int64) * last
    )


def scheduled_day(day: pl.Expr, assessments: Assessments, *, on_time: str) -> pl.Expr:
    """The visit a finding on `day` belongs to: the next planned one, unless it was on time.

    Parameters    on_time : "keep" leaves a scan within its window on its day, "move" puts it on the
                  planned day
    """
    window = assessments.window_days
    nearest = next_planned(day - window, assessments)
    in_window = nearest <= day + window
    kept = day if on_time == "keep" else nearest
    return pl.when(in_window).then(kept).otherwise(next_planned(day, assessments))
