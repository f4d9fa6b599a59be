# SPDX-License-Identifier: Apache-2.0
"""Lengths as whole numbers of 1e-4 mm, so that 14.0 to 9.8 mm is exactly -30%."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

UNITS_PER_MM = 10_000
LARGEST_MM = 1000  # no lesion of a living patient is a metre long


def units(millimetres: str) -> int:
    """A length written in mm as whole units; ValueError where it is finer than a unit."""
    value = Decimal(millimetres) * UNITS_PER_MM
    if value != int(value):
        raise ValueError(f"{millimetres} mm is finer than {1 / UNITS_PER_MM} mm")
    return int(value)


def in_units(sizes: pl.Series) -> pl.Series:
    """Recorded lengths in mm as whole units; null where absent, not a number, or finer than a unit.

    A recorded decimal such as 9.8 is text or the nearest double to it: both give 98000 exactly,
    because the double lies within 1e-9 of a unit and is rounded to the whole unit.
    """
    if sizes.dtype == pl.String:
        sizes = sizes.str.strip_chars().cast(pl.Float64, strict=False)
    if sizes.dtype.is_float():
        scaled = sizes.fill_nan(None) * UNITS_PER_MM
        whole = scaled.round().cast(pl.Int64, strict=False)
        exact = (scaled - whole).abs() < 1e-3
        return whole.to_frame("u").select(pl.when(exact).then("u"))["u"].alias(sizes.name)
    return sizes.cast(pl.Decimal(18, 4)).to_physical().cast(pl.Int64).alias(sizes.name)


def in_millimetres(lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Units as mm: the double nearest to the decimal; polars, multiplying by 1e-4, misses it."""
    return lengths / UNITS_PER_MM
