# SPDX-License-Identifier: Apache-2.0
"""Keys as whole numbers: rows of one table found in another, repeated keys, and the order of rows.

A join, a group or a sort on text costs many times what it costs on a number. Here each column of a
key becomes a number below its own size, and a key the number those digits make.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

_NOWHERE = -1
_LARGEST = 2**62
_SPARE = 8
"""A table of all keys that could be may have so many places for each row."""


def find_rows(left: pl.DataFrame, right: pl.DataFrame, *, on: Sequence[str]) -> pl.Series:
    """Place in `right` of the first row with the key of each row of `left`, as `join` would find.

    Returns       UInt32; null where there is none, or where a part of the key is missing
    """
    number, known, size = np.zeros(left.height, np.int64), np.zeros(right.height, np.int64), 1
    nowhere = np.zeros(left.height, dtype=bool)
    absent = np.zeros(right.height, dtype=bool)
    for column in on:
        one, other, digits = _digits(left[column], right[column])
        if size * digits > _LARGEST:
            number, known, size = _compressed(number, known)
        nowhere |= one < 0
        absent |= other < 0
        number, known = number * digits + one, known * digits + other
        size *= digits
    if size > _SPARE * (left.height + right.height) + 2**16:
        number, known, size = _compressed(number, known)
    nowhere |= number < 0
    rows = np.flatnonzero(~absent)[::-1]
    place = np.full(max(size, 1), _NOWHERE, dtype=np.int64)
    place[known[rows]] = rows  # written backwards, so that the first row stays
    found = np.where(nowhere, _NOWHERE, place[np.where(nowhere, 0, number)])
    return pl.Series(found).cast(pl.UInt32, strict=False)


def take_rows(frame: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """The rows of `frame` at these places; missing where a place is."""
    return frame.select(pl.all().gather(places))


def repeated_rows(frame: pl.DataFrame, *, on: Sequence[str]) -> Booleans:
    """Whether the key of a row is that of another row too; missing is a value like others."""
    number, size = key_numbers(frame, on=on)
    if size <= _SPARE**2 * frame.height:
        met = np.zeros(size, dtype=bool)
        met[number] = True
        if np.count_nonzero(met) == frame.height:
            return np.zeros(frame.height, dtype=bool)  # as it should be
    return np.asarray(pl.Series(number).is_duplicated().to_numpy())


def group_rows(frame: pl.DataFrame, *, on: Sequence[str]) -> Integers:
    """One small number for the rows of each key, in the order of the keys, missing last."""
    number, size = key_numbers(frame, on=on)
    if size > _SPARE * frame.height + 2**16:
        _, group = np.unique(number, return_inverse=True)
        return group.astype(np.int64)
    used = np.zeros(size, dtype=np.int64)
    used[number] = 1
    place: Integers = np.cumsum(used) - 1
    return place[number]


def sort_order(frame: pl.DataFrame, *, by: Sequence[str]) -> Integers:
    """The rows in order of these columns, missing values last; rows alike stay as they stand."""
    number, _ = key_numbers(frame, on=by)
    # Tables are joined from sorted parts: a merge sort takes their runs as they are.
    order: Integers = np.argsort(number, kind="stable")
    return order


def key_numbers(frame: pl.DataFrame, *, on: Sequence[str]) -> tuple[Integers, int]:
    """One number for each key, in the order of the keys, missing values last; and their bound."""
    number, size = np.zeros(frame.height, np.int64), 1
    for column in on:
        digit, digits = _ordered_digits(frame[column])
        if size * digits > _LARGEST:
            values, number = np.unique(number, return_inverse=True)
            size = len(values)
        number, size = number * digits + digit, size * digits
    return number, size


def as_categories(column: pl.Series) -> pl.Series:
    """A text column as categories in alphabetical order: the same texts, cheap to compare."""
    return column.cast(pl.Enum(_names(column).sort()))


def _digits(left: pl.Series, right: pl.Series) -> tuple[Integers, Integers, int]:
    """Both columns as numbers below a size; below 0 where missing, or on the left alone."""
    assert not right.dtype.is_float(), f"{right.name}: no key is measured"
    if right.dtype.is_integer() or right.dtype == pl.Date:
        one, other = (_filled(column, _outside(right)) for column in (left, right))
        low, high = _range(right)
        within = (one >= low) & (one <= high)
        known = (other >= low) & (other <= high)
        return (
            np.where(within, one - low, _NOWHERE),
            np.where(known, other - low, _NOWHERE),
            high - low + 1,
        )
    names = _names(right)
    one, other = (_codes(column, names) for column in (left, right))
    return one, other, max(len(names), 1)


def _ordered_digits(column: pl.Series) -> tuple[Integers, int]:
    """A column as numbers in its own order, missing values last, and how many there are."""
    if column.dtype == pl.Boolean:
        column = column.cast(pl.Int8)
    if column.dtype.is_integer() or column.dtype == pl.Date:
        low, high = _range(column)
        size = high - low + 1
        return _filled(column, high + 1) - low, size + 1
    if column.dtype.is_float():
        values, digit = np.unique(column.fill_null(np.inf).to_numpy(), return_inverse=True)
        return digit.astype(np.int64), len(values)
    names = _names(column).sort()
    digit = _codes(column, names)
    return np.where(digit < 0, len(names), digit), len(names) + 1


def _names(column: pl.Series) -> pl.Series:
    """The texts that a column has, or, of categories, may have."""
    if isinstance(column.dtype, pl.Enum):
        return column.dtype.categories
    return column.cast(pl.String).unique().drop_nulls()


def _codes(column: pl.Series, names: pl.Series) -> Integers:
    """Place of each text among `names`; -1 where it is none of them."""
    if isinstance(column.dtype, pl.Enum):
        of_category = np.append(_codes(column.dtype.categories, names), _NOWHERE)
        physical: Integers = of_category[_filled(column, _NOWHERE)]
        return physical
    codes = column.cast(pl.String).cast(pl.Enum(names), strict=False).to_physical()
    return _filled(codes, _NOWHERE)


def _range(column: pl.Series) -> tuple[int, int]:
    low, high = column.to_physical().min(), column.to_physical().max()
    return (0, 0) if not isinstance(low, int) or not isinstance(high, int) else (low, high)


def _outside(column: pl.Series) -> int:
    return _range(column)[0] - 1


def _filled(column: pl.Series, missing: int) -> Integers:
    numbers = column.to_physical().cast(pl.Int64)
    whole = numbers.fill_null(missing) if numbers.null_count() else numbers
    return np.asarray(whole.to_numpy())


def _compressed(number: Integers, known: Integers) -> tuple[Integers, Integers, int]:
    """Numbers that stand close: the place among those known; below 0 where it is none of them."""
    values, places = np.unique(known, return_inverse=True)
    if not len(values):
        return np.full(len(number), _NOWHERE), places, 1
    place = np.minimum(np.searchsorted(values, number), len(values) - 1)
    found = np.where(values[place] == number, place, _NOWHERE)
    return found.astype(np.int64), places.astype(np.int64), len(values)
