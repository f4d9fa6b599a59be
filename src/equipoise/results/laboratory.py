# SPDX-License-Identifier: Apache-2.0
"""Laboratory shifts: the grade at baseline against the worst grade after the first dose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import (
    Group,
    arm_groups,
    arm_received,
    both,
    in_arm,
    quoted,
    table_of,
)
from equipoise.results.number import number, percentage
from equipoise.results.schema import Level, Result, Scope, rowset
from equipoise.results.task import Task

TERM, BASELINE, WORST = "CTCAE", "BTOXGR", "ATOXGR"
GRADES = range(5)
MISSING, UNGRADED = "MISSING", "NOT GRADED"
# A direction's columns in ADLB: the CTCAE term, the grade, that at baseline, the flag of the worst.
DIRECTIONS = (
    ("ATOXDSCL", "ATOXGRLN", "BTOXGRL", "WORSTLFL"),
    ("ATOXDSCH", "ATOXGRHN", "BTOXGRH", "WORSTHFL"),
)


def grade_shifts(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients by baseline and worst grade, per CTCAE term and arm received.

    Percentages are of the patients with a graded result after the first dose; a baseline that is
    missing or could not be graded is a row of its own and not grade 0. No rows without ADLB.
    """
    if "ADLB" not in adam:
        return []
    adlb = table_of(adam, "ADLB")
    adsl = table_of(adam, "ADSL")
    groups = arm_groups(
        adsl, protocol, task.population, arm_variable=arm_received(adsl), total=False
    )
    results: list[Result] = []
    order = 0
    for columns in DIRECTIONS:
        term, _, _, flag = columns
        worst = adlb.filter(pl.col(flag) == "Y", pl.col(term).is_not_null())
        for (name, code), rows in sorted(worst.group_by(term, "PARAMCD")):
            order += 1
            level = Level(TERM, f"{name} ({code})", order)
            where = f"{flag} = 'Y' AND {term} = {quoted(name)} AND PARAMCD = {quoted(code)}"
            scope = replace(task.scope(run_id), subset=level.level, levels=(level,))
            for group in groups:
                results += _shift(scope, group, rows, where, columns)
    return results


def _shift(
    scope: Scope,
    group: Group,
    rows: pl.DataFrame,
    where: str,
    columns: tuple[str, str, str, str],
) -> list[Result]:
    """One term and arm: the size, then a count per baseline and worst grade."""
    _, grade, base, _ = columns
    own = rows.filter(pl.col("USUBJID").is_in(list(group.members)))
    here = in_arm(scope, group)
    predicate = both(where, group.predicate)
    size = number(here, "N", own.height, rows=rowset("ADLB", predicate, own["USUBJID"]))
    results = [size]
    known = [*(str(g) for g in GRADES), MISSING, UNGRADED]
    found = set(rows[base].fill_null(UNGRADED))
    for at, before in enumerate(b for b in known if b in found):
        ungraded = before == UNGRADED
        started = own.filter(pl.col(base).is_null() if ungraded else pl.col(base) == before)
        first = both(predicate, f"{base} IS NULL" if ungraded else f"{base} = {quoted(before)}")
        at_base = replace(here, levels=(*here.levels, Level(BASELINE, before, at + 1)))
        whole = number(at_base, "n", started.height, rows=rowset("ADLB", first, started["USUBJID"]))
        results += [whole, percentage(whole, size)]
        for worst in GRADES:
            keys = started.filter(pl.col(grade) == worst)["USUBJID"]
            rows_of = rowset("ADLB", both(first, f"{grade} = {worst}"), keys)
            level = Level(WORST, str(worst), worst + 1)
            cell = replace(at_base, levels=(*at_base.levels, level))
            count = number(cell, "n", len(keys), rows=rows_of)
            results += [count, percentage(count, size)]
    return results
