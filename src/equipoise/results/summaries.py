# SPDX-License-Identifier: Apache-2.0
"""Summary statistics of one variable in one group: mean, spread, quartiles and range."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from equipoise.results.number import number
from equipoise.results.schema import Result, Rowset, Scope

Floats = NDArray[np.float64]
QuantileMethod = Literal["averaged_inverted_cdf", "linear", "weibull"]
QUARTILES = {"q1": 0.25, "median": 0.5, "q3": 0.75}
# Decimals printed beyond those the data carry.
SUMMARIES = {"mean": 1, "sd": 2, "median": 1, "q1": 1, "q3": 1, "min": 0, "max": 0}


def summarise(
    scope: Scope,
    values: Floats,
    *,
    rows: Rowset,
    unit: str,
    decimals: int,
    quantile: QuantileMethod,
    why_none: str = "no values",
    fmt: str | None = None,
) -> list[Result]:
    """Every summary of some values; not applicable where there are too few of them.

    Parameters    values : (n,) in `unit`; rows : the patients they are of
                  decimals : those the data carry; quantile : as numpy names it
                  why_none : the reason told where there are no values
                  fmt : one format for all, such as month1; else by the decimals
    """
    return [
        _summary(
            scope, stat, values, rows, unit, fmt or f"dec{decimals + more}", quantile, why_none
        )
        for stat, more in SUMMARIES.items()
    ]


def _summary(
    scope: Scope,
    stat: str,
    values: Floats,
    rows: Rowset,
    unit: str,
    fmt: str,
    quantile: QuantileMethod,
    why_none: str,
) -> Result:
    if len(values) < (2 if stat == "sd" else 1):
        reason = "fewer than two values" if len(values) else why_none
        return number(scope, stat, None, rows=rows, state="NA", reason=reason, unit=unit, fmt=fmt)
    value = _compute(stat, values, quantile=quantile)
    return number(scope, stat, value, rows=rows, unit=unit, fmt=fmt)


def _compute(stat: str, values: Floats, *, quantile: QuantileMethod) -> float:
    """One summary of at least as many values as it needs."""
    if stat in QUARTILES:
        return float(np.quantile(values, QUARTILES[stat], method=quantile))
    if stat == "sd":
        return float(values.std(ddof=1))
    if stat == "mean":
        return float(values.mean())
    return float(values.min() if stat == "min" else values.max())
