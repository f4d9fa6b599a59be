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
