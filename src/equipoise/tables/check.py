# SPDX-License-Identifier: Apache-2.0
"""Every fault of a trial's tables against their contracts, at once, with file, row and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from equipoise.errors import Fault
from equipoise.tables.across import check_across
from equipoise.tables.conform import as_type, blank_to_missing
from equipoise.tables.contract import (
    TYPES,
    Column,
    Contract,
    has_contract,
    load_contract,
)
from equipoise.tables.iso_date import is_iso_date
from equipoise.tables.place import Place, row_numbers

_DATE_FORM = "YYYY-MM-DD, or YYYY-MM or YYYY where the rest is unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """One table under check: as given, with blanks as missing."""

    contract: Contract
    frame: pl.DataFrame
    file: str

    def place(self, rows: list[int], *columns: str) -> str:
        return Place(self.file, tuple(rows), columns).text()


def check_tables(tables: Mapping[str, pl.DataFrame], *, files: Mapping[str, str]) -> list[Fault]:
    """All faults of the tables, none fixed: columns, types, keys, values, dates, subjects, order.

    Parameters    tables : as read, of any type; files : the file each table came from, for messages
    Returns       faults - one per kind, table and column, naming how many rows and the first ones
    """
    known = {name: frame for name, frame in tables.items() if has_contract(name)}
    checked = [
        _Table(
            contract=load_contract(name),
            frame=blank_to_missing(frame),
            file=files.get(name, name),
        )
        for name, frame in known.items()
    ]
    faults = [fault for table in checked for fault in _check_table(table)]
    blank = {table.contract.table: table.frame for table in checked}
    return faults + list(check_across(blank, files=files))


def _check_table(table: _Table) -> Iterator[Fault]:
    if not table.frame.height and not table.contract.rules.get("may_be_empty"):
        yield Fault(
            what=f"the table {table.contract.table} has no rows",
            where=table.file,
            mend="give the records, or leave the file out of the folder",
        )
        return
    for column in table.contract.columns:
        if column.name in table.frame.columns:
            yield from _check_column(table, column)
        elif column.required:
            yield _missing_column(table, column)
    yield from _check_key(table)


def _missing_column(table: _Table, column: Column) -> Fault:
    known = {c.name for c in table.contract.columns}
    others = {c.upper(): c for c in table.frame.columns if c not in known}
    close = get_close_matches(column.name, list(others), n=1)
    rename = f"; is it `{others[close[0]]}`?" if close else ""
    return Fault(
        what=f"the column {column.name} ({column.label}) is missing",
        where=table.file,
        mend=f"add it as {TYPES[column.type]}{rename}",
    )


def _check_column(table: _Table, column: Column) -> Iterator[Fault]:
    found = table.frame.select(given=pl.col(column.name), **{column.name: pl.col(column.name)})
    value = as_type(column, found.schema[column.name])
    if column.type == "iso-date":
        wrong = ~is_iso_date(value)
    else:
        wrong = value.is_null() & pl.col("given").is_not_null()
    rows = row_numbers(found, wrong)
    if rows:
        yield _wrong_type(table, column, rows)
    if column.known or column.name in table.contract.key:
        empty = row_numbers(table.frame, pl.col(column.name).is_null())
        if empty and (column.known or column.required):
            yield Fault(
                what=f"{column.name} ({column.label}) has no value",
                where=table.place(empty, column.name),
                mend="every row needs one",
            )
    if column.values:
        yield from _check_values(table, column)


def _wrong_type(table: _Table, column: Column, rows: list[int]) -> Fault:
    shown = _some(table.frame, column.name, rows)
    is_date = column.type in ("iso-date", "date")
    return Fault(
        what=f"{column.name} must be {TYPES[column.type]}; found {shown}",
        where=table.place(rows, column.name),
        mend=f"write the date as {_DATE_FORM}"
        if is_date
        else "give the number alone, with a point, or nothing where it is missing",
    )


def _check_values(table: _Table, column: Column) -> Iterator[Fault]:
    here = [c for c in column.where if c in table.frame.columns]
    if len(here) < len(column.where):
        return
    value = as_type(column, table.frame.schema[column.name]).cast(pl.String)
    outside = value.is_not_null() & ~value.is_in(list(column.values))
    for name, needed in column.where.items():
        outside &= pl.col(name) == needed
    rows = row_numbers(table.frame, outside.fill_null(value=False))
    if not rows:
        return
    first = str(table.frame.item(rows[0] - 1, column.name))
    close = get_close_matches(first.upper(), column.values, n=1)
    where = "".join(f" where {name} is {needed}" for name, needed in column.where.items())
    yield Fault(
        what=f"{column.name} has a value that is not known{where}: "
        f"{_some(table.frame, column.name, rows)}",
        where=table.place(rows, column.name),
        mend=(f"did you mean {close[0]!r}? " if close else "")
        + f"known: {', '.join(column.values)}",
    )


def _check_key(table: _Table) -> Iterator[Fault]:
    key = table.contract.key_in(table.frame)
    needed = {c.name for c in table.contract.columns if c.required} & set(table.contract.key)
    if not needed <= set(key):
        return  # told as a missing column
    rows = row_numbers(table.frame, pl.struct(key).is_duplicated())
    if rows:
        first = table.frame.select(key).row(rows[0] - 1)
        named = ", ".join(f"{c}={v}" for c, v in zip(key, first, strict=True) if v is not None)
        yield Fault(
            what=f"rows with the same key: {named}"
            + ("" if len(rows) == 2 else ", and others" if _more_keys(table, key, rows) else ""),
            where=table.place(rows, *key),
            mend="keep one row of each key",
        )


def _more_keys(table: _Table, key: list[str], rows: list[int]) -> bool:
    return table.frame[[r - 1 for r in rows]].select(key).n_unique() > 1


def _some(frame: pl.DataFrame, column: str, rows: list[int]) -> str:
    """The first offending value, and how many different ones there are beside it."""
    values = frame[column].gather([r - 1 for r in rows]).unique(maintain_order=True).to_list()
    shown = ", ".join(repr(v) for v in values[:3])
    return shown + (f" and {len(values) - 3} other values" if len(values) > 3 else "")
