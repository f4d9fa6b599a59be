# SPDX-License-Identifier: Apache-2.0
"""Make one result: a number with its unit, format, rows and links, or its stated absence."""

from __future__ import annotations

import math
from dataclasses import replace

from equipoise.errors import Fault, ResultError
from equipoise.results.display import display
from equipoise.results.schema import Result, Rowset, Scope, compute_result_id, stats

STATES = {
    "NR": "not reached",
    "NE": "not estimable",
    "NA": "not applicable",
}


def number(
    scope: Scope,
    stat: str,
    value: float | None,
    *,
    rows: Rowset,
    state: str = "ok",
    reason: str | None = None,
    unit: str | None = None,
    fmt: str | None = None,
    time: float | None = None,
    ci_level: float | None = None,
    ci_of: Result | None = None,
    warning: str | None = None,
) -> Result:
    """A result.

    Parameters    value : the number, or None with a `state` and a `reason`
                  unit, fmt : needed where the vocabulary says `variable`
                  rows : the rows behind the number
    Raises        ResultError - for a number that is not finite, or an absence without a state
    """
    known = stats()[stat]
    unit, fmt = unit or known["unit"], fmt or known["fmt"]
    _check(scope, stat, value, state=state, unit=unit, fmt=fmt)
    ci_id = ci_of.result_id if ci_of else None
    return Result(
        scope=scope,
        result_id=compute_result_id(scope, stat, time=time, ci_of=ci_id, ci_level=ci_level),
        stat=stat,
        stat_label=known["label"],
        rowset=rows,
        value=value,
        state=state,
        state_reason=None if state == "ok" else reason or STATES[state],
        unit=unit,
        fmt=fmt,
        display=state if value is None else display(value, fmt),
        time=time,
        ci_level=ci_level,
        ci_of=ci_id,
        warning=warning,
    )


def _check(
    scope: Scope, stat: str, value: float | None, *, state: str, unit: str, fmt: str
) -> None:
    finite = value is not None and math.isfinite(value)
    if finite != (state == "ok") or (value is not None and not finite) or "variable" in (unit, fmt):
        raise ResultError(
            Fault(
                what=f"`{stat}` is {value} with state {state}, unit {unit}, format {fmt}",
                where=f"{scope.analysis_id} {scope.method_id} {scope.arm}",
                mend="give a finite number with unit and format, or none and a state",
            )
        )


def percentage(numer: Result, denom: Result, *, stat: str = "pct") -> Result:
    """The percentage that `numer` is of `denom`; not applicable where nobody is in the group."""
    scope, rows = numer.scope, numer.rowset
    if denom.value and numer.value is not None:
        share = number(scope, stat, 100.0 * numer.value / denom.value, rows=rows)
    else:
        reason = numer.state_reason or "no patients in the group"
        share = number(scope, stat, None, rows=rows, state="NA", reason=reason)
    return replace(share, numer_id=numer.result_id, denom_id=denom.result_id)


def censored(time: Result) -> Result:
    """The same time marked as one that ends without the event: `12.3+`."""
    return replace(time, value_text="censored", display=f"{time.display}+")


def limit(
    estimate: Result,
    stat: str,
    value: float | None,
    *,
    ci_level: float,
    state: str = "ok",
    reason: str | None = None,
) -> Result:
    """A confidence limit of `estimate`, on its scale and of its rows."""
    return number(
        estimate.scope,
        stat,
        value,
        rows=estimate.rowset,
        state=state,
        reason=reason,
        unit=estimate.unit,
        fmt=estimate.fmt,
        time=estimate.time,
        ci_level=ci_level,
        ci_of=estimate,
    )
