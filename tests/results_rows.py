# SPDX-License-Identifier: Apache-2.0
"""Pick one row of a results table, compare its value, run the condition of its row set."""

from __future__ import annotations

from typing import Any

import polars as pl

MISSING = (None, "NA", "NaN")


def missing(value: object) -> bool:
    return value in MISSING


def one(table: pl.DataFrame, **keys: object) -> dict[str, Any]:
    """The only row with these keys."""
    found = table.filter(pl.col(name) == value for name, value in keys.items())
    assert found.height == 1, f"{found.height} rows with {keys}"
    return found.row(0, named=True)


def same(row: dict[str, Any], want: Any, *, tolerance: float = 1e-8) -> None:
    """The row's value is the expected one, or both are missing."""
    place = f"{row['analysis_id']} {row['method_id']} {row['arm']} {row['stat']} {row['time']}"
    if missing(want):
        assert row["value"] is None, f"{place}: {row['value']}, expected none"
        assert row["state"] in ("NR", "NE")
        return
    assert row["value"] is not None, f"{place}: {row['state']}, expected {want}"
    slack = tolerance * max(1.0, abs(want))
    assert abs(row["value"] - want) <= slack, f"{place}: {row['value']}, expected {want}"


def selected(adam: dict[str, pl.DataFrame], dataset: str, predicate: str, key: str) -> list[str]:
    """What the condition selects from the table joined with ADSL, done by an SQL engine."""
    frame = adam[dataset]
    if dataset != "ADSL":
        more = [c for c in adam["ADSL"].columns if c not in frame.columns]
        frame = frame.join(adam["ADSL"].select("USUBJID", *more), on="USUBJID")
    # a subquery names a table of its own, so the others are there under their names
    with pl.SQLContext(adam | {"ROWS_": frame}, eager=True) as context:
        columns = key.replace(":", ", ")
        found = context.execute(f"SELECT {columns} FROM ROWS_ WHERE {predicate}")
    return sorted({":".join(str(part) for part in row) for row in found.iter_rows()})
