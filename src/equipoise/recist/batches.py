# SPDX-License-Identifier: Apache-2.0
"""A derivation in batches of subjects, so that a million fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

AT_ONCE = 2
"""Batches under way: while one waits for the interpreter, the other computes."""

Tables = Mapping[str, pl.DataFrame]


def derive_in_batches(
    derive: Callable[[dict[str, pl.DataFrame]], dict[str, pl.DataFrame]],
    tables: Tables,
    *,
    subjects: str,
    key: Sequence[str],
    size: int,
) -> dict[str, pl.DataFrame]:
    """The tables `derive` gives, joined over batches of `size` subjects.

    Parameters    derive : tables in, tables out; its rules must not reach beyond one subject
                  tables : those without the columns of `key` go to every batch as they are
                  subjects : name of the table with one row per subject
    Returns       what `derive` returns for all subjects at once; rows in the order of the batches;
                  a column that only some batches have is missing in the others
    """
    listed = tables[subjects]
    if listed.height <= size:
        return derive(dict(tables))
    numbers = listed.select(key).with_row_index("_subject")
    rows = {
        name: _rows_by_subject(table, numbers, key)
        for name, table in tables.items()
        if set(key) <= set(table.columns)
    }

    def of_batch(start: int) -> dict[str, pl.DataFrame]:
        batch = {name: _slice(tables[name], *rows[name], start, start + size) for name in rows}
        return derive({**tables, **batch})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(of_batch, range(0, listed.height, size)))
    names = dict.fromkeys(name for part in found for name in part)
    return {
        name: pl.concat([part[name] for part in found if name in part], how="diagonal")
        for name in names
    }


def _rows_by_subject(
    table: pl.DataFrame, numbers: pl.DataFrame, key: Sequence[str]
) -> tuple[pl.Series, pl.Series | None]:
    """Subject number of each row in rising order, and the rows in that order; None: as they are."""
    subject = table.select(key).join(numbers, on=list(key), how="left", maintain_order="left")
    number = subject["_subject"]
    if number.null_count() or not number.is_sorted():
        order = number.arg_sort(nulls_last=True)
        return number.gather(order), order
    return number, None


def _slice(
    table: pl.DataFrame, number: pl.Series, order: pl.Series | None, start: int, end: int
) -> pl.DataFrame:
    known = number.drop_nulls()
    first, last = (int(known.search_sorted(n, side="left")) for n in (start, end))
    last = len(number) if last == len(known) else last  # strangers go with the last batch
    if order is None:
        return table.slice(first, last - first)
    return table[np.sort(order.slice(first, last - first).to_numpy())]
