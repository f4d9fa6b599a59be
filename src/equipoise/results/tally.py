# SPDX-License-Identifier: Apache-2.0
"""Count the patients of a group for whom some row of a table holds a condition."""

from __future__ import annotations

import polars as pl

from equipoise.results.groups import Group, both
from equipoise.results.number import number, percentage
from equipoise.results.schema import Result, Rowset, Scope, rowset


def group_rows(table: pl.DataFrame, name: str, group: Group, condition: str = "") -> Rowset:
    """The patients of the group with a row of `table` for which the SQL condition holds."""
    rows = table.filter(pl.col("USUBJID").is_in(list(group.members)))
    if condition:
        rows = rows.filter(pl.sql_expr(condition))
    return rowset(name, both(condition, group.predicate), rows["USUBJID"])


def tally(scope: Scope, rows: Rowset, size: Result) -> list[Result]:
    """How many patients they are, and their percentage of `size`."""
    count = number(scope, "n", len(rows.keys), rows=rows)
    return [count, percentage(count, size)]
