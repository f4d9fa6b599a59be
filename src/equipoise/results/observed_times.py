# SPDX-License-Identifier: Apache-2.0
"""The observed times of one analysis, by arm: rows of ADTTE with the patients' arms and strata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.errors import Fault, ResultError
from equipoise.protocol.model import Protocol
from equipoise.results.groups import Group, arm_groups, both, rows_where, table_of
from equipoise.results.schema import Rowset, rowset
from equipoise.results.task import Task


@dataclass(frozen=True, slots=True)
class ArmTimes:
    """One arm's rows of ADTTE in an analysis, and the condition that selects them."""

    group: Group
    predicate: str
    rows: pl.DataFrame

    @property
    def days(self) -> NDArray[np.float64]:
        """Times in days, one per patient."""
        return self.rows["AVAL"].cast(pl.Float64).to_numpy()

    @property
    def event(self) -> NDArray[np.bool_]:
        """Whether the time ends with the event."""
        return (self.rows["CNSR"] == 0).to_numpy()

    def chosen(self, condition: str, chosen: NDArray[np.bool_]) -> Rowset:
        """The patients whose rows are `chosen` (n,): those for whom `condition` on ADTTE holds.

        For the steps of a curve, where one query a step would cost more than the curve.
        """
        keys = self.rows["USUBJID"].filter(pl.Series(chosen))
        return rowset("ADTTE", both(self.predicate, condition), keys)

    def where(self, condition: str = "") -> Rowset:
        """The patients of the arm for whom a further condition on ADTTE holds."""
        rows = self.rows.filter(pl.sql_expr(condition)) if condition else self.rows
        return rowset("ADTTE", both(self.predicate, condition), rows["USUBJID"])


def observed_times(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, total: bool = False
) -> list[ArmTimes]:
    """Times of the analysis in each arm, and in total if asked for.

    Raises ResultError where a patient has two times, or a row has no time or no CNSR.
    """
    adsl = table_of(adam, "ADSL")
    groups = arm_groups(adsl, protocol, task.population, arm_variable="ARMCD", total=total)
    rows = rows_where(table_of(adam, "ADTTE"), "ADTTE", task.where)
    _check(task, rows)
    return [
        ArmTimes(
            group,
            both(task.where, group.predicate),
            rows.filter(pl.col("USUBJID").is_in(list(group.members))).sort("USUBJID"),
        )
        for group in groups
    ]


def _check(task: Task, rows: pl.DataFrame) -> None:
    where = f"ADTTE where {task.where}"
    faults = []
    twice = rows.filter(pl.col("USUBJID").is_duplicated())["USUBJID"].unique().sort()
    if len(twice):
        faults.append(
            Fault(
                what=f"{len(twice)} patients have two times, first {twice[0]}",
                where=where,
                mend="keep one row per patient and parameter, evaluator and rule set",
            )
        )
    empty = rows.filter(pl.col("AVAL").is_null() | pl.col("CNSR").is_null())["USUBJID"].sort()
    if len(empty):
        faults.append(
            Fault(
                what=f"{len(empty)} rows have no AVAL or no CNSR, first of {empty[0]}",
                where=where,
                mend="every time needs its length in days and whether it is censored",
            )
        )
    if faults:
        raise ResultError(faults)
