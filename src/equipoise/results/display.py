# SPDX-License-Identifier: Apache-2.0
"""How a number is printed: one format code, one function, everywhere the same string."""

from __future__ import annotations

from equipoise.errors import Fault, ResultError
from equipoise.statistics.rounding import format_number, format_p

KINDS = ("int", "dec", "pct", "month", "hr", "prop", "stat", "p")


def display(value: float, fmt: str) -> str:
    """`value` as printed under `fmt`: a kind and its decimals, such as `pct1` or `p4`.

    A p-value too small to show is `<0.0001`, one too near 1 is `>0.9999`: never 0 or 1.
    """
    kind = fmt.rstrip("0123456789")
    if kind not in KINDS:
        raise ResultError(
            Fault(
                what=f"`{fmt}` is not a format",
                where="results, column fmt",
                mend=f"one of {', '.join(KINDS)}, with its decimals",
            )
        )
    decimals = int(fmt[len(kind) :] or 0)
    return format_p(value, decimals) if kind == "p" else format_number(value, decimals)
