# SPDX-License-Identifier: Apache-2.0
"""Peaks of liver tests after the first dose against the upper limit of normal, alone and together.

Source: FDA guidance on drug-induced liver injury, 2009: aminotransferases above 3 times and
bilirubin above 2 times the upper limit of normal mark the quadrants of an eDISH plot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.adverse_events import received_groups
from equipoise.results.groups import Group, both, in_arm, table_of
from equipoise.results.number import number
from equipoise.results.schema import Level, Result, Rowset, rowset
from equipoise.results.tally import tally
from equipoise.results.task import Task

LIVER = "LIVER"
AMINOTRANSFERASES = "PARAMCD IN ('ALT', 'AST')"
BILIRUBIN = "PARAMCD = 'BILI'"
READ = ("PARAMCD", "POSTFL", "AVAL", "ANRHI")
POST = "POSTFL = 'Y' AND AVAL IS NOT NULL AND ANRHI IS NOT NULL"
# Rows of the table: conditions on single results, all of which some result of a patient must meet.
ROWS = {
    "ALT or AST above 3 times the limit": (f"{AMINOTRANSFERASES} AND AVAL > 3 * ANRHI",),
    "ALT or AST above 5 times the limit": (f"{AMINOTRANSFERASES} AND AVAL > 5 * ANRHI",),
    "ALT or AST above 10 times the limit": (f"{AMINOTRANSFERASES} AND AVAL > 10 * ANRHI",),
    "Bilirubin above 2 times the limit": (f"{BILIRUBIN} AND AVAL > 2 * ANRHI",),
    "ALT or AST above 3 times and bilirubin above 2 times the limit": (
        f"{AMINOTRANSFERASES} AND AVAL > 3 * ANRHI",
        f"{BILIRUBIN} AND AVAL > 2 * ANRHI",
    ),
}


def liver_tests(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Patients by arm received and in total; percentages of those with both tests after the dose.

    The two peaks of a row need not be of one day. No rows where ADLB has not both tests, or no
    values and limits of them.
    """
    if "ADLB" not in adam or not set(READ) <= set(adam["ADLB"].columns):
        return []
    tested = (AMINOTRANSFERASES, BILIRUBIN)
    adlb = adam["ADLB"].filter(pl.sql_expr(POST))
    if any(adlb.filter(pl.sql_expr(test)).is_empty() for test in tested):
        return []
    adsl = table_of(adam, "ADSL")
    results: list[Result] = []
    for group in received_groups(adam, protocol, task.population):
        scope = in_arm(task.scope(run_id), group)
        known = _having(adlb, adsl, group, tested)
        size = number(scope, "N", len(known.keys), rows=known)
        results.append(size)
        for order, (label, conditions) in enumerate(ROWS.items(), start=1):
            here = replace(scope, levels=(Level(LIVER, label, order),))
            results += tally(here, _having(adlb, adsl, group, (*tested, *conditions)), size)
    return results


def _having(
    adlb: pl.DataFrame, adsl: pl.DataFrame, group: Group, conditions: tuple[str, ...]
) -> Rowset:
    """The patients of the group who have, for every condition, some result that meets it."""
    members, parts = set(group.members), [group.predicate]
    for condition in dict.fromkeys(conditions):
        members &= set(adlb.filter(pl.sql_expr(condition))["USUBJID"])
        parts.append(f"USUBJID IN (SELECT USUBJID FROM ADLB WHERE {both(POST, condition)})")
    return rowset("ADSL", both(*parts), adsl.filter(pl.col("USUBJID").is_in(members))["USUBJID"])
