# SPDX-License-Identifier: Apache-2.0
"""Check the arrays a survival method is given and code its groups.

Every method calls these functions first, so that all of them refuse the same data with the same
words. All faults of one call are listed at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import Fault, MethodError

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.signedinteger[Any]]
Flags = NDArray[np.integer[Any]]
Keys = NDArray[np.uint64]

MAX_INTEGER_CODES = 1 << 16


@dataclass(frozen=True, slots=True)
class Codes:
    """Groups as integers: `labels[code[i]]` is the group of row i; labels are sorted."""

    code: Ints
    labels: tuple[object, ...]


def _rows(bad: NDArray[np.bool_]) -> str:
    where = np.flatnonzero(bad)
    return f"{where.size} of {bad.size} rows, first row {int(where[0]) + 1}"


def fail(what: str, where: str, mend: str) -> MethodError:
    """A MethodError with one fault, to be raised by the caller."""
    return MethodError(Fault(what, where, mend))


def check_probability(name: str, value: float) -> float:
    """Return `value` when it lies strictly between 0 and 1, else raise MethodError."""
    if not 0.0 < value < 1.0:
        raise fail(
            f"`{name}` must lie strictly between 0 and 1; found {value}.",
            f"argument {name}",
            f"pass {name} as a proportion, for example 0.95.",
        )
    return float(value)


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """Return `value` when it is one of `allowed`, else raise MethodError."""
    if value not in allowed:
        raise fail(
            f"`{name}` must be one of {', '.join(allowed)}; found {value!r}.",
            f"argument {name}",
            "name the choice in the protocol; there is no default.",
        )
    return value


def as_times(time: ArrayLike, *, name: str = "time") -> Floats:
    """Times as contiguous floats (n,), finite and not negative; MethodError otherwise."""
    array = np.ascontiguousarray(time, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise fail(
            f"`{name}` must be a one-dimensional array with at least one row;"
            f" found shape {array.shape}.",
            f"argument {name}",
            "pass one time per subject; leave the analysis out when there is none.",
        )
    low, high = float(array.min()), float(array.max())
    if not (low >= 0.0 and high < np.inf):
        bad = ~(np.isfinite(array) & (array >= 0.0))
        raise fail(
            f"`{name}` must be finite and not negative; found {array[bad][0]}.",
            _rows(bad),
            "drop or impute missing times before the analysis and say so.",
        )
    return array


def as_events(event: ArrayLike, size: int) -> Flags:
    """Event flags as uint8 (n,), 1 = event, 0 = censored; MethodError otherwise."""
    array = np.asarray(event)
    _check_size("event", array, size)
    if array.dtype == np.bool_:
        return np.ascontiguousarray(array).view(np.uint8)
    happened = np.ascontiguousarray(array == 1)
    known = happened | (array == 0)
    if not bool(known.all()):
        bad = ~known
        raise fail(
            f"`event` must be 0 or 1; found {array[bad][0]}.",
            _rows(bad),
            "ADaM stores censoring: pass event = (CNSR == 0).",
        )
    return happened.view(np.uint8)


def _check_size(name: str, array: NDArray[np.generic], size: int) -> None:
    if array.ndim != 1 or array.size != size:
        raise fail(
            f"`{name}` must have one value per subject; found shape {array.shape}.",
            f"argument {name}, expected shape ({size},)",
            "pass arrays of the same length.",
        )


def as_weights(weight: ArrayLike, size: int) -> Floats:
    """Case weights (n,), finite and positive; MethodError otherwise."""
    array = np.ascontiguousarray(weight, dtype=np.float64)
    _check_size("weight", array, size)
    bad = ~(np.isfinite(array) & (array > 0.0))
    if bool(bad.any()):
        raise fail(
            f"`weight` must be finite and positive; found {array[bad][0]}.",
            _rows(bad),
            "leave out subjects who should not count.",
        )
    return array


def as_entries(entry: ArrayLike, time: Floats) -> Floats:
    """Entry times (n,) of (entry, time] intervals, each before its time; MethodError otherwise."""
    array = np.ascontiguousarray(entry, dtype=np.float64)
    _check_size("entry", array, time.size)
    bad = ~(np.isfinite(array) & (array < time))
    if bool(bad.any()):
        raise fail(
            f"`entry` must be finite and before `time`; found ({array[bad][0]}, {time[bad][0]}].",
            _rows(bad),
            "a subject is at risk on (entry, time]; an empty interval holds no information.",
        )
    return array


def as_codes(name: str, group: ArrayLike, size: int) -> Codes:
    """Code a group column (n,) as 0..k-1 by sorted label; missing labels are an error."""
    array = np.asarray(group)
    _check_size(name, array, size)
    if array.dtype == np.bool_:
        array = array.view(np.uint8)
        present = np.flatnonzero(np.bincount(array, minlength=2))
        if present.size == 2:
            return Codes(array.astype(np.int64), (False, True))
        return Codes(np.zeros(size, np.int64), (bool(present[0]),))
    if np.issubdtype(array.dtype, np.integer):
        return _integer_codes(array)
    missing = np.array([item is None or item != item for item in array.tolist()], dtype=bool)
    if bool(missing.any()):
        raise fail(
            f"`{name}` has missing values.",
            _rows(missing),
            "drop these rows or give them a level of their own.",
        )
    labels, code = np.unique(array, return_inverse=True)
    return Codes(code.astype(np.int64), tuple(labels.tolist()))


def _integer_codes(array: NDArray[np.generic]) -> Codes:
    values = np.ascontiguousarray(array, dtype=np.int64)
    low, high = int(values.min()), int(values.max())
    if high - low >= MAX_INTEGER_CODES:
        labels, code = np.unique(values, return_inverse=True)
        return Codes(code.astype(np.int64), tuple(labels.tolist()))
    shifted = values - low if low else values
    if high - low <= 1:
        return Codes(shifted, (low, high) if high > low else (low,))
    present = np.flatnonzero(np.bincount(shifted, minlength=high - low + 1))
    labels_here = tuple((present + low).tolist())
    if present.size == high - low + 1:
        return Codes(shifted, labels_here)
    position = np.full(high - low + 1, -1, dtype=np.int64)
    position[present] = np.arange(present.size)
    return Codes(position[shifted], labels_here)
