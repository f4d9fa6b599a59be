# SPDX-License-Identifier: Apache-2.0
"""Turn numbers into text: half away from zero, in decimal arithmetic; and as R rounds."""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext

from equipoise.statistics.observations import fail
from equipoise.statistics.states import State

MINUS = "-"


def round_half_away(value: float, decimals: int) -> Decimal:
    """`value` rounded to `decimals` places, exact halves away from zero.

    The number rounded is the shortest decimal that reads back as `value` (what Python prints), so
    that 2.675 rounds to 2.68 although its binary double lies just below the half.
    """
    exact = Decimal(repr(float(value))) if math.isfinite(value) else Decimal(0)
    return _round(value, exact, decimals, ROUND_HALF_UP)


def round_half_even(value: float, decimals: int) -> Decimal:
    """`value` rounded as R `round` does since 4.0.0: to the nearer of the two decimals around it.

    The distances are those of binary doubles, and equal ones go to the even digit: 0.5 rounds to
    0, 0.15 to 0.1 and 2.675 to 2.67. For the conventions that follow R; reports use
    `round_half_away`. Source: R help page of `round`, "The algorithm in R 4.0.0".
    """
    size = abs(float(value))
    low = _round(size, Decimal(size) if math.isfinite(size) else Decimal(0), decimals, ROUND_FLOOR)
    high = low + Decimal(1).scaleb(-decimals)
    down, up = size - float(low), float(high) - size
    even = int(low.scaleb(decimals)) % 2 == 0
    nearer = low if down < up or (down == up and even) else high
    return -nearer if value < 0 and nearer != 0 else nearer


def _round(value: float, exact: Decimal, decimals: int, rule: str) -> Decimal:
    if not math.isfinite(value):
        raise fail(
            f"cannot round {value}.",
            "argument value",
            "format a missing or infinite result by its state.",
        )
    with localcontext() as context:
        context.prec = 400  # enough for every double at 15 decimals
        rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=rule)
    return abs(rounded) if rounded == 0 else rounded


def format_number(value: float | None, decimals: int, *, state: State = State.OK) -> str:
    """Text of a number with `decimals` places; the state's letters (NR, NE, NA) in its place.

    Raises MethodError for a negative count of decimals, or a value that is missing or infinite
    although its state is OK: a missing number must say why.
    """
    if decimals < 0:
        raise fail(f"decimals must be 0 or more; found {decimals}.", "argument decimals", "pass 0.")
    if state is not State.OK:
        return state.value
    if value is None or not math.isfinite(value):
        raise fail(
            f"a value of {value} has no state.",
            "argument state",
            "pass state NR, NE or NA for a number that is missing.",
        )
    return f"{round_half_away(value, decimals):f}"


def format_p(p: float | None, decimals: int = 4, *, state: State = State.OK) -> str:
    """A p-value with `decimals` places; `<0.0001` below the smallest printable, `>0.9999` above."""
    if state is not State.OK:
        return state.value
    if p is None or not 0.0 <= p <= 1.0:
        raise fail(f"a p-value must lie in [0, 1]; found {p}.", "argument p", "pass its state.")
    step = Decimal(1).scaleb(-decimals)
    exact = Decimal(repr(float(p)))
    if exact < step:
        return f"<{step:f}"
    if exact > 1 - step:
        return f">{1 - step:f}"
    return format_number(p, decimals)


def format_percent(proportion: float | None, decimals: int, *, state: State = State.OK) -> str:
    """A proportion as a percentage without the sign; multiplied in decimal, then rounded once."""
    if state is not State.OK or proportion is None or not math.isfinite(proportion):
        return format_number(proportion, decimals, state=state)
    exact = Decimal(repr(float(proportion))) * 100
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def format_interval(
    lower: float | None,
    upper: float | None,
    decimals: int,
    *,
    lower_state: State = State.OK,
    upper_state: State = State.OK,
) -> str:
    """`(lower, upper)` with each limit by its own state, for example `(4.2, NR)`."""
    low = format_number(lower, decimals, state=lower_state)
    high = format_number(upper, decimals, state=upper_state)
    return f"({low}, {high})"


def format_ratio_percent(count: int, total: int, decimals: int) -> str:
    """100 count / total, rounded once from the exact fraction; NA when total is 0."""
    if total == 0:
        return State.NA.value
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(100 * count) / Decimal(total)
        return f"{exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP):f}"
