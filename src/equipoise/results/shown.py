# SPDX-License-Identifier: Apache-2.0
"""How many patients a display of single patients shows, and why the others are not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import Group, arm_groups, both, group_size, in_arm, quoted, table_of
from equipoise.results.number import number
from equipoise.results.schema import Level, Result, rowset
from equipoise.results.task import Task

GROUPING = "SHOWN"
SHOWN = "Shown"
ONGOING = "Treatment ongoing"
NO_BASELINE = "no target lesion measured at baseline"
NOT_ASSESSED = "no target lesion assessed after baseline"
NOT_COMPLETE = "no complete sum of diameters up to progression"
NEVER_TREATED = "never treated"
NO_LAST_DOSE = "last dose not dated"


@dataclass(frozen=True, slots=True)
class Part:
    """Patients that a display shows or leaves out: a condition on one table, within a group."""

    level: str
    dataset: str
    condition: str


def shown(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients shown, and those left out by reason, of each arm; nothing without the variable."""
    if task.dataset not in adam or task.variable not in adam[task.dataset].columns:
        return []
    adsl = table_of(adam, "ADSL")
    scope = task.scope(run_id)
    results = []
    for group in arm_groups(adsl, protocol, task.population, arm_variable="ARMCD", total=False):
        results.append(group_size(scope, group))
        for order, (part, members) in enumerate(parts_of(task, adam, group), start=1):
            here = replace(in_arm(scope, group), levels=(Level(GROUPING, part.level, order),))
            rows = rowset(part.dataset, both(group.predicate, part.condition), members)
            results.append(number(here, "n", len(members), rows=rows))
    return results


def parts_of(
    task: Task, adam: Mapping[str, pl.DataFrame], group: Group
) -> list[tuple[Part, frozenset[str]]]:
    """The parts of a group with their members, those shown first."""
    parts = _of_change(task) if task.dataset == "ADTR" else _of_treatment(adam["ADSL"])
    return [(part, _members(part, adam) & group.members) for part in parts]


def _of_change(task: Task) -> list[Part]:
    """By the sums of diameters: who has none, only one at baseline, or only incomplete ones."""

    def having(condition: str) -> str:
        return f"(SELECT USUBJID FROM ADTR WHERE {both(task.where, condition)})"

    based = having("ABLFL = 'Y' AND BASE > 0")
    assessed = having("ABLFL IS NULL")
    best = having("ANL05FL = 'Y'")
    return [
        Part(SHOWN, "ADTR", both(task.where, "ANL05FL = 'Y'")),
        Part(NO_BASELINE, "ADSL", f"USUBJID NOT IN {based}"),
        Part(NOT_ASSESSED, "ADSL", f"USUBJID IN {based} AND USUBJID NOT IN {assessed}"),
        Part(
            NOT_COMPLETE,
            "ADSL",
            f"USUBJID IN {based} AND USUBJID IN {assessed} AND USUBJID NOT IN {best}",
        ),
    ]


def _of_treatment(adsl: pl.DataFrame) -> list[Part]:
    """By the first and last dose; who is still treated is one of those shown."""
    dated = "TRTSDT IS NOT NULL AND TRTEDT IS NOT NULL"
    parts = [
        Part(SHOWN, "ADSL", dated),
        Part(NEVER_TREATED, "ADSL", "TRTSDT IS NULL"),
        Part(NO_LAST_DOSE, "ADSL", "TRTSDT IS NOT NULL AND TRTEDT IS NULL"),
    ]
    if "EOTSTT" in adsl.columns:
        parts.append(Part(ONGOING, "ADSL", both(dated, f"EOTSTT = {quoted('ONGOING')}")))
    return parts


def _members(part: Part, adam: Mapping[str, pl.DataFrame]) -> frozenset[str]:
    """Who meets the condition, asked of the tables as any SQL engine would be asked."""
    tables = {"ADSL": adam["ADSL"]} | {k: v for k, v in adam.items() if k == "ADTR"}
    with pl.SQLContext(tables, eager=True) as context:
        found = context.execute(f"SELECT USUBJID FROM {part.dataset} WHERE {part.condition}")
    return frozenset(found["USUBJID"])
