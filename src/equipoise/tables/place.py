# SPDX-License-Identifier: Apache-2.0
"""Where in a file a fault lies: rows are counted from 1 without the header line."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A file, the rows in it and the columns."""

    file: str
    rows: tuple[int, ...]
    columns: tuple[str, ...]

    def text(self) -> str:
        """`rs.csv, row 17, column RSSTRESC`; of many rows the count and the first."""
        first = ", ".join(str(row) for row in self.rows[:_SHOWN])
        if len(self.rows) == 1:
            rows = f"row {first}"
        elif len(self.rows) <= _SHOWN:
            rows = f"rows {first}"
        else:
            rows = f"{len(self.rows)} rows, first {first}"
        columns = ("column " if len(self.columns) == 1 else "columns ") + ", ".join(self.columns)
        return f"{self.file}, {rows}, {columns}"


def row_numbers(frame: pl.DataFrame, mask: pl.Expr) -> list[int]:
    """Numbers of the rows where `mask` holds, from 1."""
    held = frame.select(mask.fill_null(value=False).alias("held"))["held"]
    return [int(row) + 1 for row in held.arg_true()]
