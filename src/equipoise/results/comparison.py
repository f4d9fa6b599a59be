# SPDX-License-Identifier: Apache-2.0
"""Each experimental arm against the control: hazard ratio and log-rank test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.errors import Fault, ResultError
from equipoise.protocol.model import Protocol
from equipoise.results.groups import (
    TOTAL,
    both,
    population_condition,
    quoted,
    table_of,
)
from equipoise.results.number import limit, number
from equipoise.results.observed_times import ArmTimes, observed_times
from equipoise.results.schema import Result, Rowset, Scope, rowset
from equipoise.results.task import Task
from equipoise.statistics.cox import cox as fit_cox
from equipoise.statistics.logrank import logrank as logrank_test

UNKNOWN_STRATUM = "Missing"
NO_PATIENTS = "one of the arms has no patients"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two arms to be compared: their rows, the control first, and what the numbers will say."""

    scope: Scope
    rows: Rowset
    days: NDArray[np.float64]
    event: NDArray[np.bool_]
    arm: NDArray[np.int64]
    stratum: NDArray[np.str_] | None
    warning: str | None
    empty: bool
    subjects: tuple[str, ...] = ()


def cox(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Hazard ratios; below 1 the experimental arm has the lower hazard."""
    return [
        item
        for pair in compared_pairs(task, adam, protocol, run_id)
        for item in hazard_results(
            task, pair, unless=NO_PATIENTS if pair.empty else None, more=("z", "p")
        )
    ]


def logrank(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Log-rank tests of two arms; z below 0: fewer events than expected in the experimental."""
    return [item for pair in compared_pairs(task, adam, protocol, run_id) for item in _test(pair)]


def logrank_overall(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """One log-rank test of all arms; it has a chi-square and no direction."""
    arms = observed_times(task, adam, protocol)
    pair = _compare(task, adam, arms, protocol, run_id)
    scope = replace(pair.scope, comparator=TOTAL, reference=None)
    return _test(replace(pair, scope=scope, empty=not pair.days.size))


def compared_pairs(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, run_id: str
) -> list[Pair]:
    """The control and each experimental arm, with their rows."""
    control = protocol.control
    assert control is not None  # the plan has no comparison without one
    arms = {item.group.arm: item for item in observed_times(task, adam, protocol)}
    return [
        _compare(task, adam, [arms[control.id], arms[arm.id]], protocol, run_id)
        for arm in protocol.arms
        if arm.id != control.id
    ]


def _compare(
    task: Task,
    adam: Mapping[str, pl.DataFrame],
    arms: list[ArmTimes],
    protocol: Protocol,
    run_id: str,
) -> Pair:
    rows = pl.concat([item.rows.with_columns(ARM_=pl.lit(at)) for at, item in enumerate(arms)])
    strata = list(task.args["strata"])
    stratum, unknown = stratum_labels(table_of(adam, "ADSL"), rows, strata)
    return Pair(
        scope=replace(
            task.scope(run_id), comparator=arms[-1].group.arm, reference=arms[0].group.arm
        ),
        rows=compared_rows(task, protocol, arms),
        days=rows["AVAL"].cast(pl.Float64).to_numpy(),
        event=(rows["CNSR"] == 0).to_numpy(),
        arm=rows["ARM_"].cast(pl.Int64).to_numpy(),
        stratum=stratum,
        warning=f"{unknown} patients without a stratum form one of their own" if unknown else None,
        empty=any(not item.rows.height for item in arms),
        subjects=tuple(rows["USUBJID"]),
    )


def compared_rows(task: Task, protocol: Protocol, arms: list[ArmTimes]) -> Rowset:
    """The rows of ADTTE of the arms that are compared."""
    ids = ", ".join(quoted(item.group.arm) for item in arms)
    condition = both(
        task.where, population_condition(protocol, task.population), f"ARMCD IN ({ids})"
    )
    return rowset("ADTTE", condition, [key for item in arms for key in item.rows["USUBJID"]])


def stratum_labels(
    adsl: pl.DataFrame, rows: pl.DataFrame, strata: list[str]
) -> tuple[NDArray[np.str_] | None, int]:
    """The stratum of each row, and how many rows lack one of its variables."""
    if not strata:
        return None, 0
    absent = [name for name in strata if name not in adsl.columns]
    if absent:
        raise ResultError(
            Fault(
                what=f"the stratum {', '.join(absent)} is not in the data",
                where="ADSL",
                mend="record it in SUPPDM, define a grouping for it, or take it out of `strata`",
            )
        )
    joined = rows.select("USUBJID").join(
        adsl.select("USUBJID", *(pl.col(name).cast(pl.String) for name in strata)),
        on="USUBJID",
        how="left",
        maintain_order="left",
    )
    unknown = joined.filter(pl.any_horizontal(pl.col(strata).is_null())).height
    label = pl.concat_str(pl.col(strata).fill_null(UNKNOWN_STRATUM), separator=" | ")
    return joined.select(label).to_series().to_numpy().astype(np.str_), unknown


def hazard_results(
    task: Task, pair: Pair, *, unless: str | None, more: tuple[str, ...]
) -> list[Result]:
    """The hazard ratio of a pair with its limits, and `more` of z and p.

    Parameters    unless : why there can be no hazard ratio, or None
    """
    level = task.args["conf_level"]
    state, reason = "NA" if pair.empty else "NE", unless or ""
    values: dict[str, float] = {}
    if unless is None:
        found = fit_cox(
            pair.days,
            pair.event,
            pair.arm.astype(np.float64),
            ties=task.args["ties"],
            conf_level=level,
            stratum=pair.stratum,
        )
        state, reason = str(found.states[0]), found.reasons[0]
        named = (("hr", found.hr), ("lcl", found.lower), ("ucl", found.upper))
        values = {k: float(v[0]) for k, v in (*named, ("z", found.z), ("p", found.p))}

    def value(stat: str) -> float | None:
        return values[stat] if state == "ok" else None

    estimate = number(
        pair.scope,
        "hr",
        value("hr"),
        rows=pair.rows,
        state=state,
        reason=reason,
        warning=pair.warning,
    )
    return [
        estimate,
        *(
            limit(estimate, end, value(end), ci_level=level, state=state, reason=reason)
            for end in ("lcl", "ucl")
        ),
        *(
            number(pair.scope, stat, value(stat), rows=pair.rows, state=state, reason=reason)
            for stat in more
        ),
    ]


def _test(pair: Pair) -> list[Result]:
    state, reason = "NA", NO_PATIENTS
    values: dict[str, float] = {"chi2": np.nan, "df": np.nan, "p": np.nan}
    if not pair.empty:
        found = logrank_test(pair.days, pair.event, pair.arm, stratum=pair.stratum)
        state, reason = str(found.state), found.reason
        values = {"chi2": found.chi2, "df": found.df, "p": found.p}
        if len(found.labels) == 2:
            values["z"] = found.z
    return [
        number(
            pair.scope,
            stat,
            float(value) if state == "ok" else None,
            rows=pair.rows,
            state=state,
            reason=reason,
            warning=pair.warning,
        )
        for stat, value in values.items()
    ]
