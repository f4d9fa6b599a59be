# SPDX-License-Identifier: Apache-2.0
"""How long and how much treatment the patients had: duration, and per drug dose and changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import (
    Group,
    arm_groups,
    arm_received,
    both,
    group_size,
    in_arm,
    quoted,
    table_of,
)
from equipoise.results.number import number, percentage
from equipoise.results.schema import Level, Result, Rowset, Scope, rowset
from equipoise.results.summaries import summarise
from equipoise.results.task import Task

DAYS_PER_YEAR = 365.25
DURATION, DRUG, PARAMETER, DOSING = "DURATION", "EXTRT", "PARAMCD", "DOSING"


@dataclass(frozen=True, slots=True)
class _Values:
    """One variable in one group: its values by patient, the condition on each, who has none."""

    table: str
    predicate: str
    group: Group
    values: pl.DataFrame  # USUBJID, AVAL
    absent: str  # why nobody has a value, where nobody has
    missing: Rowset

    def where(self, condition: str = "") -> Rowset:
        """The patients with a value for whom a condition holds."""
        rows = self.values.filter(pl.sql_expr(condition)) if condition else self.values
        return rowset(self.table, both(self.predicate, condition), rows["USUBJID"])


def exposure_duration(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Months from first to last dose of any drug, by arm received, and how many reach a length.

    No rows where ADSL has no last dose: nobody knows.
    """
    adsl, months = table_of(adam, "ADSL"), task.args["days_per_month"]
    results: list[Result] = []
    if "TRTEDT" not in adsl.columns:
        return results
    for group in _arms(task, adsl, protocol):
        size = group_size(task.scope(run_id), group)
        here = in_arm(task.scope(run_id), group)
        known = adsl.filter(
            pl.col("USUBJID").is_in(list(group.members)), pl.col("TRTEDT").is_not_null()
        )
        days = known.select(
            "USUBJID",
            "TRTSDT",
            "TRTEDT",
            AVAL=(pl.col("TRTEDT") - pl.col("TRTSDT")).dt.total_days() + 1,
        )
        found = _Values(
            table="ADSL",
            predicate=both(group.predicate, "TRTEDT IS NOT NULL"),
            group=group,
            values=days,
            absent="no last dose recorded",
            missing=rowset(
                "ADSL",
                both(group.predicate, "TRTEDT IS NULL"),
                group.members - set(days["USUBJID"]),
            ),
        )
        results += [size, *_summaries(task, here, found, "months", divisor=months, fmt="month1")]
        years = float(days["AVAL"].sum()) / DAYS_PER_YEAR
        results.append(number(here, "person_years", years, rows=found.where()))
        for order, (label, least) in enumerate(task.args["at_least_days"].items(), start=1):
            level = replace(here, levels=(Level(DURATION, label, order),))
            rows = found.where(f"TRTEDT >= TRTSDT + INTERVAL '{least - 1} days'")
            results += _count(level, rows, size)
    return results


def exposure_drug(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Per drug: cycles, dose, intensity, and patients with a reduction, delay or interruption.

    No rows where there is no ADEX, as of analysis tables given without one: nobody knows.
    """
    if "ADEX" not in adam:
        return []
    results: list[Result] = []
    adex = table_of(adam, "ADEX").filter(PARCAT1="OVERALL")
    groups = _arms(task, table_of(adam, "ADSL"), protocol)
    sizes = {group.arm: group_size(task.scope(run_id), group) for group in groups}
    results += sizes.values()
    for at, drug in enumerate(_drugs(adex, protocol), start=1):
        of_drug = adex.filter(EXTRT=drug)
        for group in groups:
            rows = of_drug.filter(pl.col("USUBJID").is_in(list(group.members)))
            if rows.height:
                scope = replace(in_arm(task.scope(run_id), group), levels=(Level(DRUG, drug, at),))
                results += _drug(task, scope, group, rows, drug, sizes[group.arm])
    return results


def _arms(task: Task, adsl: pl.DataFrame, protocol: Protocol) -> list[Group]:
    received = arm_received(adsl)
    return arm_groups(adsl, protocol, task.population, arm_variable=received, total=False)


def _drugs(adex: pl.DataFrame, protocol: Protocol) -> list[str]:
    """The drugs in the order of the protocol's arms; those that it does not plan last."""
    planned = [protocol.regimens[name].drug.upper() for a in protocol.arms for name in a.regimens]
    found = adex["EXTRT"].unique().sort().to_list()
    return [d for d in dict.fromkeys([*planned, *found]) if d in found]


def _drug(
    task: Task, scope: Scope, group: Group, rows: pl.DataFrame, drug: str, size: Result
) -> Iterator[Result]:
    """All numbers of one drug in one arm."""
    for order, (code, unit) in enumerate(task.args["parameters"].items(), start=1):
        found = _parameter(group, rows, drug, code)
        units = rows.filter(PARAMCD=code)["AVALU"].drop_nulls().unique().sort().to_list()
        here = replace(scope, levels=(*scope.levels, Level(PARAMETER, code, order)))
        yield from _summaries(task, here, found, unit or ", ".join(units) or "1")
    for order, (label, (code, condition)) in enumerate(task.args["counts"].items(), start=1):
        found = _parameter(group, rows, drug, code)
        here = replace(scope, levels=(*scope.levels, Level(DOSING, label, order)))
        if found.values.height:
            yield from _count(here, found.where(condition), size)
        else:
            none = number(here, "n", None, rows=found.where(), state="NA", reason=found.absent)
            yield from (none, percentage(none, size))


def _parameter(group: Group, rows: pl.DataFrame, drug: str, code: str) -> _Values:
    """The values of one parameter; patients of the arm who have none are named."""
    own = rows.filter(PARAMCD=code)
    known = own.filter(pl.col("AVAL").is_not_null()).select("USUBJID", "AVAL")
    reasons = own.filter(pl.col("AVAL").is_null())["REASND"].drop_nulls().unique().sort()
    condition = both(
        f"PARCAT1 = 'OVERALL' AND EXTRT = {quoted(drug)} AND PARAMCD = {quoted(code)}",
        "AVAL IS NOT NULL",
    )
    without = f"USUBJID NOT IN (SELECT USUBJID FROM ADEX WHERE {condition})"
    return _Values(
        table="ADEX",
        predicate=both(condition, group.predicate),
        group=group,
        values=known,
        absent="; ".join(reasons) or "not recorded",
        missing=rowset(
            "ADSL", both(group.predicate, without), group.members - set(known["USUBJID"])
        ),
    )


def _summaries(
    task: Task,
    scope: Scope,
    found: _Values,
    unit: str,
    *,
    divisor: float = 1.0,
    fmt: str | None = None,
) -> list[Result]:
    """How many values there are and their summary, in units of `divisor`."""
    rows = found.where()
    values = found.values["AVAL"].cast(pl.Float64).to_numpy() / divisor
    return [
        number(scope, "n", found.values.height, rows=rows),
        number(scope, "n_missing", len(found.missing.keys), rows=found.missing),
        *summarise(
            scope,
            values,
            rows=rows,
            unit=unit,
            decimals=0,
            quantile=task.args["quantile"],
            why_none=found.absent,
            fmt=fmt,
        ),
    ]


def _count(scope: Scope, rows: Rowset, size: Result) -> list[Result]:
    count = number(scope, "n", len(rows.keys), rows=rows)
    return [count, percentage(count, size)]
