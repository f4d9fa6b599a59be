# SPDX-License-Identifier: Apache-2.0
"""What came of a call on degenerate data, in one word and the numbers behind it."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np

from equipoise.errors import MethodError

LARGEST = 1e6  # no time, count, ratio or statistic of these few patients can be larger
# fields that stand for a distribution on a grid, or are parts of a calculation
SKIPPED = {"variance", "correlation", "greenwood", "information"}
# their limits come from adjusted counts, so they leave an estimate of -1, 0, 1 or infinity outside
ADJUSTED = {
    "MOVER Jeffreys", "MOVER-R Jeffreys", "Katz, adjusted", "Price-Bonett", "Gart",
    "adjusted inverse sinh",
}  # fmt: skip


def outcome(call, data):
    """`error`, `answer`, `partial` (a number or limit is NaN or infinite) or a state.

    A warning of numpy or an exception of another kind is a fault, and so is a number too large to
    mean anything.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = call(data)
        except MethodError as fault:
            return "error", str(fault)
    numbers = list(_numbers(result))
    if any(np.isfinite(v) and abs(v) > LARGEST for v in numbers):
        raise AssertionError(f"a number without meaning: {result}")
    _check_order(result)
    states = {str(s) for s in _states(result)} - {"ok"}
    if states:
        return "+".join(sorted(states)), result
    missing = not all(np.isfinite(v) for v in numbers)
    return ("partial" if missing else "answer"), result


def _check_order(result):
    """Limits enclose the estimate, probabilities lie in [0, 1], errors are not negative."""
    named = dict(_fields(result))
    if named.get("method") in ADJUSTED:
        named.pop("estimate")
    three = [named.get(name) for name in ("lower", "estimate", "upper")]
    single = all(v is not None and np.ndim(v) == 0 for v in three)
    if single and not np.isnan(np.array(three, float)).any():
        low, middle, high = (float(v) for v in three)
        assert low - 1e-9 <= middle <= high + 1e-9, f"limits miss the estimate: {result}"
    for name, value in named.items():
        if name == "p" or name.startswith("p_"):
            array = np.array(value, float)
            assert not ((array < 0) | (array > 1 + 1e-12)).any(), f"{name} of {result}"
        if name == "std_err":
            assert not (np.array(value, float) < 0).any(), f"{name} of {result}"


def _fields(result):
    if dataclasses.is_dataclass(result):
        for field in dataclasses.fields(result):
            if field.name not in SKIPPED:
                yield field.name, getattr(result, field.name)


def _numbers(value):
    if isinstance(value, bool | str) or value is None:
        return
    if isinstance(value, int | float | np.number):
        yield float(value)
    elif isinstance(value, np.ndarray):
        if value.dtype.kind in "fiu":
            yield from (float(v) for v in value.ravel())
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _numbers(part)
    elif isinstance(value, dict):
        yield from _numbers(list(value.values()))
    else:
        for _, part in _fields(value):
            yield from _numbers(part)


def _states(value):
    for name, part in _fields(value):
        if name.endswith("state"):
            yield part
        elif name.endswith("states"):
            yield from part
        elif isinstance(part, dict):
            for inner in part.values():
                yield from _states(inner)
        else:
            yield from _states(part)
