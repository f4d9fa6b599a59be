# SPDX-License-Identifier: Apache-2.0
"""The results as records that a cell, a figure or a sentence asks for by what they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import polars as pl

from equipoise.errors import Fault, ResultError

TOTAL = "ALL"
GROUPINGS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Number:
    """One row of the results table, as the report prints and explains it."""

    result_id: str
    analysis_id: str
    method_id: str
    stat: str
    stat_label: str
    value: float | None
    value_text: str | None
    state: str
    state_reason: str | None
    unit: str | None
    ci_level: float | None
    time: float | None
    dataset: str
    evaluator: str | None
    ruleset: str | None
    population: str
    subset: str | None
    arm: str | None
    comparator: str | None
    reference: str | None
    numer_id: str | None
    denom_id: str | None
    ci_of: str | None
    fmt: str | None
    display: str
    rowset_id: str | None
    n_rows: int | None
    warning: str | None
    error: str | None
    convention: str
    variables: tuple[str, ...]
    levels: tuple[str, ...]
    orders: tuple[int, ...]


Key = tuple[str, str, str, str | None, float | None, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """All results of a run, by id, by what they are, and limits by their estimate."""

    by_id: Mapping[str, Number]
    by_key: Mapping[Key, Number]
    by_method: Mapping[tuple[str, str], tuple[Number, ...]]
    limits: Mapping[str, Mapping[str, Number]]

    def find(
        self,
        analysis: str,
        method: str,
        stat: str,
        arm: str | None,
        *,
        levels: tuple[str, ...] = (),
        time: float | None = None,
    ) -> Number | None:
        """The result, or None; `arm` is the experimental arm of a comparison."""
        return self.by_key.get((analysis, method, stat, arm, time, levels))

    def interval(self, estimate: Number | None) -> tuple[Number, Number] | None:
        """The confidence limits of an estimate, lower first."""
        found = self.limits.get(estimate.result_id, {}) if estimate else {}
        return (found["lcl"], found["ucl"]) if {"lcl", "ucl"} <= set(found) else None

    def of(self, analysis: str, method: str) -> tuple[Number, ...]:
        """Every result of a method, in the order of the table."""
        return self.by_method.get((analysis, method), ())

    def levels(self, analysis: str, method: str, variable: str) -> tuple[tuple[str, ...], ...]:
        """The levels a method counted, in printing order; the last of them is of `variable`."""
        found = {
            number.levels: number.orders
            for number in self.of(analysis, method)
            if number.variables and number.variables[-1] == variable
        }
        return tuple(sorted(found, key=lambda levels: (found[levels], levels)))


def index_results(results: pl.DataFrame) -> Numbers:
    """The results table as records.

    Raises ResultError when an id stands twice or two rows claim to be the same number.
    """
    by_id: dict[str, Number] = {}
    by_key: dict[Key, Number] = {}
    by_method: dict[tuple[str, str], list[Number]] = defaultdict(list)
    limits: dict[str, dict[str, Number]] = defaultdict(dict)
    twice = []
    for row in results.iter_rows(named=True):
        number = _number(row)
        key = _key(number)
        if number.result_id in by_id or (not number.ci_of and key in by_key):
            twice.append(number)
        by_id[number.result_id] = number
        by_method[number.analysis_id, number.method_id].append(number)
        if number.ci_of:
            limits[number.ci_of][number.stat] = number
        else:
            by_key[key] = number
    if twice:
        raise ResultError([_twice(number) for number in twice])
    return Numbers(by_id, by_key, {k: tuple(v) for k, v in by_method.items()}, limits)


_OWN = tuple(
    field.name for field in fields(Number) if field.name not in ("variables", "levels", "orders")
)


def _number(row: Mapping[str, Any]) -> Number:
    used = [at for at in GROUPINGS if row[f"g{at}_var"] is not None]
    return Number(
        **{name: row[name] for name in _OWN},
        variables=tuple(row[f"g{at}_var"] for at in used),
        levels=tuple(row[f"g{at}_level"] for at in used),
        orders=tuple(row[f"g{at}_order"] or 0 for at in used),
    )


def _key(number: Number) -> Key:
    return (
        number.analysis_id,
        number.method_id,
        number.stat,
        number.arm or number.comparator,
        number.time,
        number.levels,
    )


def _twice(number: Number) -> Fault:
    return Fault(
        what=f"the result {number.result_id} stands twice",
        where=f"results: {number.analysis_id}, {number.method_id}, {number.stat}, {number.arm}",
        mend="one number is one row; give the two rows what tells them apart",
    )
