# SPDX-License-Identifier: Apache-2.0
"""Categorical variables made from others, as the protocol's groupings say."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from equipoise.protocol.model import Group, Grouping


def derive_groupings(frame: pl.DataFrame, groupings: Iterable[Grouping]) -> pl.DataFrame:
    """`frame` with one text column more per grouping whose source column is there.

    The first group that fits names the level; `otherwise` takes what none does; a missing source
    gives a missing level. A grouping may build on an earlier one.
    """
    for grouping in groupings:
        if grouping.of in frame.columns:
            frame = frame.with_columns(_level(grouping, frame.schema[grouping.of]))
    return frame


def _level(grouping: Grouping, dtype: pl.DataType) -> pl.Expr:
    source = pl.col(grouping.of)
    level = pl.lit(grouping.otherwise, dtype=pl.String)
    for group in reversed(grouping.groups):
        level = pl.when(_fits(group, source, dtype)).then(pl.lit(group.level)).otherwise(level)
    return pl.when(source.is_not_null()).then(level).alias(grouping.variable)


def _fits(group: Group, source: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    fits = pl.lit(True)
    if group.one_of is not None:
        fits = fits & source.cast(pl.String).is_in(list(group.one_of))
    number = source if dtype.is_numeric() else source.cast(pl.Float64, strict=False)
    if group.min is not None:
        fits = fits & (number >= group.min)
    if group.max is not None:
        fits = fits & (number <= group.max)
    return fits
