# SPDX-License-Identifier: Apache-2.0
"""Who is analysed: the members of an analysis set, by arm, and the condition that selects them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from equipoise.errors import Fault, ResultError
from equipoise.protocol.model import AnalysisSet, Protocol
from equipoise.results.number import number
from equipoise.results.schema import Result, Rowset, Scope, rowset

TOTAL = "ALL"
ENROLLED = "ENROLLED"


@dataclass(frozen=True, slots=True)
class Group:
    """One arm of a population, or its total: its id, its members, and the condition on ADSL."""

    arm: str
    predicate: str
    members: frozenset[str]


def quoted(text: object) -> str:
    """`text` as an SQL string."""
    return "'" + str(text).replace("'", "''") + "'"


def both(*conditions: str) -> str:
    """The SQL condition that all of `conditions` hold; empty ones are left out."""
    return " AND ".join(part for part in conditions if part)


def analysis_set(protocol: Protocol, population: str) -> AnalysisSet:
    """The analysis set of that id."""
    return next(item for item in protocol.analysis_sets if item.id == population)


def enrolled_condition(protocol: Protocol) -> str:
    """Who is in the trial: the randomised, or where nobody is randomised, the treated."""
    return "RANDDT IS NOT NULL" if protocol.randomisation else "TRTSDT IS NOT NULL"


def population_condition(protocol: Protocol, population: str) -> str:
    """The SQL condition on ADSL that selects a population of the protocol, or ENROLLED."""
    if population == ENROLLED:
        return enrolled_condition(protocol)
    return f"{analysis_set(protocol, population).flag} = 'Y'"


def arm_groups(
    adsl: pl.DataFrame, protocol: Protocol, population: str, *, arm_variable: str, total: bool
) -> list[Group]:
    """The population's arms in the protocol's order, then its total if asked for.

    Parameters    arm_variable : ARMCD for the arm planned, ACTARMCD for the arm received
    """
    condition = population_condition(protocol, population)
    rows = rows_where(adsl, "ADSL", both(condition, f"{arm_variable} IS NOT NULL"))
    groups = [
        Group(
            arm.id,
            both(condition, f"{arm_variable} = {quoted(arm.id)}"),
            frozenset(rows.filter(pl.col(arm_variable) == arm.id)["USUBJID"]),
        )
        for arm in protocol.arms
    ]
    if total:
        ids = ", ".join(quoted(arm.id) for arm in protocol.arms)
        members = frozenset().union(*(group.members for group in groups))
        groups.append(Group(TOTAL, both(condition, f"{arm_variable} IN ({ids})"), members))
    return groups


def membership(groups: list[Group]) -> pl.DataFrame:
    """One row per subject and group it belongs to: `USUBJID`, `arm`; a total has every subject."""
    pairs = [(subject, group.arm) for group in groups for subject in sorted(group.members)]
    return pl.DataFrame(pairs, schema={"USUBJID": pl.String, "arm": pl.String}, orient="row")


def in_arm(scope: Scope, group: Group) -> Scope:
    """The scope of one group's numbers."""
    return replace(scope, arm=group.arm)


def members_of(group: Group) -> Rowset:
    """The rows of ADSL that are the group."""
    return rowset("ADSL", group.predicate, group.members)


def group_size(scope: Scope, group: Group, *, warning: str | None = None) -> Result:
    """N of the group: the denominator of its percentages."""
    return number(
        in_arm(scope, group), "N", len(group.members), rows=members_of(group), warning=warning
    )


def rows_where(
    frame: pl.DataFrame, name: str, condition: str, *, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """The rows of a table for which an SQL condition holds.

    Parameters    columns : those wanted, None for all
    Raises ResultError where the condition names a variable the table lacks.
    """
    expr = pl.sql_expr(condition)
    absent = sorted(set(expr.meta.root_names()) - set(frame.columns))
    if absent:
        raise ResultError(
            Fault(
                what=f"{name} lacks {', '.join(absent)}",
                where=f"{name}, to select rows where {condition}",
                mend=f"give {name} the variable, or take out of the protocol what asks for it",
            )
        )
    found = frame.lazy().filter(expr)
    return (found if columns is None else found.select(columns)).collect()


def arm_received(adsl: pl.DataFrame) -> str:
    """The variable of the arm received; that of the arm planned where none is recorded."""
    return "ACTARMCD" if "ACTARMCD" in adsl.columns else "ARMCD"


def table_of(adam: Mapping[str, pl.DataFrame], name: str) -> pl.DataFrame:
    """An ADaM table.

    Raises ResultError where it is missing, or holds replicates of a simulated trial.
    """
    if name not in adam:
        raise ResultError(
            Fault(
                what=f"the table {name} is missing",
                where=f"ADaM tables given: {', '.join(sorted(adam))}",
                mend=f"derive {name} first: equipoise derive",
            )
        )
    frame = adam[name]
    if "REPID" in frame.columns:
        raise ResultError(
            Fault(
                what="the table holds replicates of a simulated trial",
                where=f"{name}, column REPID",
                mend="analyse one replicate at a time: filter on REPID and drop the column",
            )
        )
    return frame
