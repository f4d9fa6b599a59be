# SPDX-License-Identifier: Apache-2.0
"""Raw columns, as a file format gave them, to the types of the contract."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.tables.contract import Column, has_contract, load_contract

POLARS_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "iso-date": pl.String(),
    "date": pl.Date(),
}


def conform(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables with every contract column in its type, and empty text as missing.

    Call `check_tables` first: a value that is not of its type becomes missing here. Columns and
    tables that no contract names keep their type.
    """
    return {name: _conform_table(name, frame) for name, frame in tables.items()}


def _conform_table(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    blank = blank_to_missing(frame)
    if not has_contract(name):
        return blank
    columns = [c for c in load_contract(name).columns if c.name in frame.columns]
    return blank.with_columns(as_type(column, blank.schema[column.name]) for column in columns)


def blank_to_missing(frame: pl.DataFrame) -> pl.DataFrame:
    """Text of nothing but blanks is a missing value."""
    categories = [c for c, dtype in frame.schema.items() if dtype in (pl.Categorical, pl.Enum)]
    frame = frame.with_columns(pl.col(categories).cast(pl.String)) if categories else frame
    text = [c for c, dtype in frame.schema.items() if dtype == pl.String]
    # Most columns have none: only one with a text that begins as a blank does is looked through.
    begins = frame.select(((pl.col(c) < "!") | (pl.col(c) >= "\x80")).any() for c in text)
    suspect = [c for c in text if begins[c][0]]
    return frame.with_columns(
        pl.when(pl.col(c).str.strip_chars() != "").then(pl.col(c)).alias(c) for c in suspect
    )


def as_type(column: Column, found: pl.DataType) -> pl.Expr:
    """The column in its contract's type; a value that cannot be is missing.

    Parameters    column : the contract's column; found : the type the file gave
    """
    value, wanted = pl.col(column.name), POLARS_TYPES[column.type]
    if found == wanted or found == pl.Null:
        return value.cast(wanted)
    if found == pl.String:
        stripped = value.str.strip_chars()
        if column.type == "date":
            return stripped.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        if column.type == "integer":
            return _whole(stripped.cast(pl.Float64, strict=False))
        return stripped.cast(wanted, strict=False)
    if found.is_float() and column.type == "integer":
        return _whole(value)
    if found.is_float() and column.type in ("text", "iso-date"):
        # A file without types gives the site 701 as 701.0.
        return pl.coalesce(_whole(value).cast(pl.String), value.cast(pl.String))
    if column.type == "iso-date" and found == pl.Datetime:
        return value.dt.to_string("%Y-%m-%dT%H:%M:%S")
    if column.type == "date" and not found.is_temporal():
        return pl.lit(None, dtype=pl.Date).alias(column.name)
    return value.cast(wanted, strict=False)


def _whole(value: pl.Expr) -> pl.Expr:
    return pl.when(value == value.round()).then(value).cast(pl.Int64, strict=False)
