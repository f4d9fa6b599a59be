# SPDX-License-Identifier: Apache-2.0
"""The tables this stage makes: records, their ids, and the contract of their columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import polars as pl
import yaml

from equipoise.errors import Fault, ResultError

TABLES = ("results", "analysis", "rowset", "sentence", "display_rows")
_TYPES: dict[str, Any] = {
    "text": pl.String,
    "number": pl.Float64,
    "integer": pl.Int64,
    "text list": pl.List(pl.String),
}
GROUPINGS = 4


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a grouping: `AEBODSYS` = `EYE DISORDERS`, third in printing order."""

    variable: str
    level: str
    order: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What a group of numbers has in common: which analysis, of whom, by which convention."""

    analysis_id: str
    method_id: str
    dataset: str
    population: str
    convention: str
    run_id: str
    paramcd: str | None = None
    evaluator: str | None = None
    ruleset: str | None = None
    subset: str | None = None
    arm: str | None = None
    comparator: str | None = None
    reference: str | None = None
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True)
class Rowset:
    """The rows behind a number: an SQL condition on `dataset` and the keys that it selects."""

    rowset_id: str
    dataset: str
    predicate: str
    key: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One number, or the stated absence of one."""

    scope: Scope
    result_id: str
    stat: str
    stat_label: str
    rowset: Rowset
    value: float | None
    state: str
    state_reason: str | None
    unit: str
    fmt: str
    display: str
    time: float | None = None
    ci_level: float | None = None
    ci_of: str | None = None
    numer_id: str | None = None
    denom_id: str | None = None
    value_text: str | None = None
    warning: str | None = None
    error: str | None = None


def short_hash(*parts: object) -> str:
    """First 12 hex digits of SHA-256 of the parts, in order; None differs from empty."""
    text = "\x1f".join("\x00" if part is None else str(part) for part in parts)
    return sha256(text.encode()).hexdigest()[:12]


def rowset(dataset: str, predicate: str, keys: Iterable[str], *, key: str = "USUBJID") -> Rowset:
    """The rows of `dataset` for which `predicate` holds, named by the variables of `key`."""
    identity = short_hash(dataset, predicate, key)
    return Rowset(identity, dataset, predicate, key, tuple(sorted(set(keys))))


def compute_result_id(
    scope: Scope, stat: str, *, time: float | None, ci_of: str | None, ci_level: float | None
) -> str:
    """The id of a number: what it is and of whom, not its value, so that it is the same each run.

    The grouping's printing order is left out: a level keeps its id when another moves before it.
    """
    levels = [part for item in scope.levels for part in (item.variable, item.level)]
    return short_hash(
        scope.analysis_id,
        scope.method_id,
        stat,
        scope.dataset,
        scope.paramcd,
        scope.evaluator,
        scope.ruleset,
        scope.population,
        scope.subset,
        scope.arm,
        scope.comparator,
        scope.reference,
        None if time is None else repr(float(time)),
        None if ci_level is None else repr(float(ci_level)),
        ci_of,
        *levels,
    )


@cache
def stats() -> dict[str, dict[str, str]]:
    """The controlled vocabulary of `stat`: label, unit and fmt of each."""
    text = files("equipoise.results").joinpath("stats.yaml").read_text(encoding="utf-8")
    vocabulary: dict[str, dict[str, str]] = yaml.load(text, Loader=yaml.CSafeLoader)
    return vocabulary


@cache
def contract(table: str) -> dict[str, Any]:
    """The contract of a table of this stage, as its file states it."""
    path = files("equipoise").joinpath("contracts", f"{table}.yaml")
    stated: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return stated


def columns(table: str) -> dict[str, Any]:
    """Names and polars types of a table's columns, in order."""
    return {name: _TYPES[spec["type"]] for name, spec in contract(table)["columns"].items()}


def results_table(results: Sequence[Result]) -> pl.DataFrame:
    """The results as the long table."""
    own = {field.name for field in fields(Result)} - {"scope", "rowset"}
    shared = {field.name for field in fields(Scope)} - {"levels"}
    data: dict[str, list[Any]] = {}
    for name in columns("results"):
        if name in own:
            data[name] = [getattr(item, name) for item in results]
        elif name in shared:
            data[name] = [getattr(item.scope, name) for item in results]
        elif name == "rowset_id":
            data[name] = [item.rowset.rowset_id for item in results]
        elif name == "n_rows":
            data[name] = [len(item.rowset.keys) for item in results]
        else:
            data[name] = _grouping(results, int(name[1]) - 1, name[3:])
    return pl.DataFrame(data, schema=columns("results"))


def _grouping(results: Sequence[Result], index: int, part: str) -> list[Any]:
    attribute = "variable" if part == "var" else part
    return [
        getattr(item.scope.levels[index], attribute) if len(item.scope.levels) > index else None
        for item in results
    ]


def rowset_table(results: Sequence[Result]) -> pl.DataFrame:
    """The row sets of the results, each once.

    Raises ResultError when one dataset and predicate came with two different sets of keys.
    """
    found: dict[str, Rowset] = {}
    faults = []
    for item in results:
        kept = found.setdefault(item.rowset.rowset_id, item.rowset)
        if kept.keys != item.rowset.keys:
            faults.append(
                Fault(
                    what=f"one condition selects {len(kept.keys)} rows and {len(item.rowset.keys)}",
                    where=f"{kept.dataset}: {kept.predicate}",
                    mend="the code that counts must select what its predicate states",
                )
            )
    if faults:
        raise ResultError(faults)
    rows = sorted(found.values(), key=lambda item: (item.dataset, item.predicate))
    data = {name: [getattr(item, name) for item in rows] for name in columns("rowset")}
    data["keys"] = [list(item.keys) for item in rows]
    return pl.DataFrame(data, schema=columns("rowset"))
