# SPDX-License-Identifier: Apache-2.0
"""Make one result: a number with its unit, format, rows and links, or its stated absence."""

from __future__ import annotations

import math

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
    numer: Result | None = None,
    denom: Result | None = None,
    ci_of: Result | None = None,
    warning: str | None = None,
    error: str | None = None,
    mark: str = "",
    value_text: str | None = None,
) -> Result:
    """A result.

    Parameters    value : the number, or None with a `state` and a `reason`
                  unit, fmt : needed where the vocabulary says `variable`
                  rows : the rows behind the number
                  mark, value_text : a sign after the printed number, and what it means in a word
    Raises        ResultError - for a number that is not finite, or an absence without a reason
    """
    known = stats()[stat]
    unit = unit or known["unit"]
    fmt = fmt or known["fmt"]
    if (state == "ok") != (value is not None and math.isfinite(value)) or "variable" in (unit, fmt):
        raise ResultError(
            Fault(
                what=f"`{stat}` is {value} with state {state}, unit {unit}, format {fmt}",
                where=f"{scope.analysis_id} {scope.method_id} {scope.arm}",
                mend="give a finite number with unit and format, or a state with its reason",
            )
        )
    ci_id = ci_of.result_id if ci_of else None
    return Result(
        scope=scope,
        result_id=compute_result_id(scope, stat, time=time, ci_of=ci_id, ci_level=ci_level),
        stat=stat,
        stat_label=known["label"],
        rowset=rows,
        value=value if state == "ok" else None,
        value_text=value_text,
        state=state,
        state_reason=None if state == "ok" else reason or STATES[state],
        unit=unit,
        ci_level=ci_level,
        time=time,
        numer_id=numer.result_id if numer else None,
        denom_id=denom.result_id if denom else None,
        ci_of=ci_id,
        fmt=fmt,
        display=display(value, fmt) + mark if state == "ok" and value is not None else state,
        warning=warning,
        error=error,
    )


def percentage(numer: Result, denom: Result, *, stat: str = "pct") -> Result:
    """The percentage that `numer` is of `denom`; not applicable where nobody is in the group."""
    if not denom.value or numer.value is None:
        return number(
            numer.scope,
            stat,
            None,
            rows=numer.rowset,
            state="NA",
            reason=numer.state_reason or "no patients in the group",
            numer=numer,
            denom=denom,
        )
    value = 100.0 * numer.value / denom.value
    return number(numer.scope, stat, value, rows=numer.rowset, numer=numer, denom=denom)


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
