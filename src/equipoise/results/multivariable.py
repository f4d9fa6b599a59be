# SPDX-License-Identifier: Apache-2.0
"""One Cox model of the arm and the covariates that the protocol names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.protocol.model import Protocol
from equipoise.results.comparison import NO_PATIENTS, Pair, compared_pairs
from equipoise.results.groups import both, rows_where, table_of
from equipoise.results.number import limit, number
from equipoise.results.schema import Level, Result, rowset
from equipoise.results.task import Task
from equipoise.statistics.cox import Cox, cox

COVARIATE, ARM = "COVARIATE", "ARM"


@dataclass(frozen=True, slots=True)
class _Term:
    """A column of the model: which levels its numbers bear."""

    levels: tuple[Level, ...]


def multivariable(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Hazard ratio of the arm and of each covariate, all in one model, of each pair of arms.

    A category is compared with the first of its levels, a number per unit. Patients with a missing
    covariate or a value that the protocol does not list are left out, and counted.
    """
    adsl = table_of(adam, "ADSL")
    covariates: dict[str, list[str] | None] = dict(task.args["covariates"])
    rows_where(adsl, "ADSL", both(*(f"{name} IS NOT NULL" for name in covariates)))
    known = adsl.select("USUBJID", *covariates)
    return [
        result
        for pair in compared_pairs(task, adam, protocol, run_id)
        for result in _model(task, pair, known, covariates)
    ]


def _model(
    task: Task, pair: Pair, known: pl.DataFrame, covariates: Mapping[str, list[str] | None]
) -> list[Result]:
    table = pl.DataFrame({"USUBJID": list(pair.subjects)}).join(
        known, on="USUBJID", how="left", maintain_order="left"
    )
    terms, columns, used = _design(pair, table, covariates)
    left = int((~used).sum())
    condition = both(pair.rows.predicate, *(_recorded(n, v) for n, v in covariates.items()))
    keys = [name for name, inside in zip(pair.subjects, used, strict=True) if inside]
    rows = rowset("ADTTE", condition, keys)
    warning = (
        f"without {left} patients whose covariates are missing or not listed" if left else None
    )
    arm = pair.arm[used]
    found = None
    if arm.size and len(set(arm.tolist())) == 2:
        found = cox(
            pair.days[used],
            pair.event[used],
            np.column_stack([column[used] for column in columns]),
            ties=task.args["ties"],
            conf_level=task.args["conf_level"],
        )
    here = replace(pair, rows=rows, warning=warning)
    return [
        number(pair.scope, "N", len(keys), rows=rows, warning=warning),
        *(
            result
            for at, term in enumerate(terms)
            for result in _numbers(task, here, term, found, at)
        ),
    ]


def _recorded(name: str, levels: list[str] | None) -> str:
    if levels is None:
        return f"{name} IS NOT NULL"
    listed = ", ".join("'" + level.replace("'", "''") + "'" for level in levels)
    return f"{name} IN ({listed})"


def _design(
    pair: Pair, table: pl.DataFrame, covariates: Mapping[str, list[str] | None]
) -> tuple[list[_Term], list[NDArray[np.float64]], NDArray[np.bool_]]:
    """Terms of the model, their columns, and the patients whose every covariate is known."""
    terms = [_Term((Level(COVARIATE, ARM, 1),))]
    columns = [pair.arm.astype(np.float64)]
    used = np.ones(table.height, dtype=np.bool_)
    for order, (name, levels) in enumerate(covariates.items(), start=2):
        factor = Level(COVARIATE, name, order)
        if levels is None:
            values = table[name].cast(pl.Float64)
            used &= values.is_not_null().to_numpy()
            terms.append(_Term((factor,)))
            columns.append(values.fill_null(0.0).to_numpy())
            continue
        text = table[name].cast(pl.String)
        used &= text.is_in(levels).fill_null(value=False).to_numpy()
        for at, level in enumerate(levels[1:], start=2):
            terms.append(_Term((factor, Level(name, level, at))))
            columns.append((text == level).fill_null(value=False).to_numpy().astype(np.float64))
    return terms, columns, used


def _numbers(task: Task, pair: Pair, term: _Term, found: Cox | None, at: int) -> list[Result]:
    scope = replace(pair.scope, levels=term.levels)
    state, reason = "NA", NO_PATIENTS
    values: dict[str, float] = {}
    if found is not None:
        state, reason = str(found.states[at]), found.reasons[at]
        named = (("hr", found.hr), ("lcl", found.lower), ("ucl", found.upper), ("p", found.p))
        values = {name: float(column[at]) for name, column in named}

    def value(stat: str) -> float | None:
        return values[stat] if state == "ok" else None

    estimate = number(
        scope,
        "hr",
        value("hr"),
        rows=pair.rows,
        state=state,
        reason=reason or None,
        warning=pair.warning,
    )
    level = task.args["conf_level"]
    return [
        estimate,
        *(
            limit(estimate, end, value(end), ci_level=level, state=state, reason=reason or None)
            for end in ("lcl", "ucl")
        ),
        number(scope, "p", value("p"), rows=pair.rows, state=state, reason=reason or None),
    ]
