# SPDX-License-Identifier: Apache-2.0
"""Every length a reader can write is read exactly, as text and as a number."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from equipoise.recist.size import UNITS_PER_MM, in_units, units


def test_every_decimal_of_four_places_is_exact() -> None:
    whole = pl.Series("u", range(0, 1000 * UNITS_PER_MM + 1, 7))
    mm, rest = whole // UNITS_PER_MM, (whole % UNITS_PER_MM).cast(pl.String).str.zfill(4)
    text = pl.DataFrame({"mm": mm, "rest": rest}).select(pl.format("{}.{}", "mm", "rest"))
    written = text.to_series()
    assert (in_units(written) == whole).all()
    assert (in_units(written.cast(pl.Float64)) == whole).all()
    assert (in_units(written.cast(pl.Decimal(12, 4))) == whole).all()


def test_what_is_finer_than_a_unit_or_no_number_is_unknown() -> None:
    assert in_units(pl.Series(["9.12345", "12,5", "big", None, "nan"])).to_list() == [None] * 5
    assert in_units(pl.Series([9.12345, float("nan"), float("inf")])).to_list() == [None] * 3
    assert in_units(pl.Series([9, 10])).to_list() == [90_000, 100_000]
    assert units(str(Decimal("9.8"))) == 98_000
    with pytest.raises(ValueError, match=r"9\.12345 mm is finer"):
        units("9.12345")
