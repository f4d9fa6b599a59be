# SPDX-License-Identifier: Apache-2.0
"""Columns of the simulated tables: dates and texts from whole numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from equipoise.simulation.safety import NEVER
from equipoise.simulation.streams import BoolArray, IntArray


def date_column(name: str, days: IntArray, *, known: BoolArray | None = None) -> pl.Series:
    """Days since 1970-01-01 as dates; NEVER, or not known, is missing."""
    column = pl.Series(name, days.astype(np.int32))
    here = days < NEVER if known is None else known & (days < NEVER)
    if not here.all():
        column = pl.select(pl.when(pl.Series(here)).then(column).alias(name))[name]
    return column.cast(pl.Date)


def text_column(name: str, levels: Sequence[str | None], code: IntArray) -> pl.Series:
    """The level that each code stands for."""
    return pl.Series(name, list(levels), dtype=pl.String).gather(code)
