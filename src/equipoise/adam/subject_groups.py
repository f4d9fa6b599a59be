# SPDX-License-Identifier: Apache-2.0
"""Groupings and analysis sets of the protocol, as variables of ADSL."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from equipoise.errors import DataError, Fault
from equipoise.grouping import derive_groupings
from equipoise.protocol.model import AnalysisSet, Condition, Protocol


def derive_subject_groups(adsl: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """ADSL with one variable per grouping and one Y/N flag per analysis set of the protocol.

    Raises        DataError - naming every variable they need that ADSL does not have
    """
    _check_variables(adsl, protocol)
    adsl = derive_groupings(adsl, protocol.groupings)
    flags = [
        pl.when(belongs_to(chosen, adsl)).then(pl.lit("Y")).otherwise(pl.lit("N"))
        for chosen in protocol.analysis_sets
    ]
    named = zip(flags, protocol.analysis_sets, strict=True)
    return adsl.with_columns(flag.alias(chosen.flag) for flag, chosen in named)


def belongs_to(chosen: AnalysisSet, adsl: pl.DataFrame) -> pl.Expr:
    """Whether every clause holds; a clause on a missing value is not known to hold."""
    return pl.all_horizontal(
        pl.lit(value=True), *(holds(clause, adsl).fill_null(value=False) for clause in chosen.where)
    )


def holds(clause: Condition, adsl: pl.DataFrame) -> pl.Expr:
    """Whether the clause holds; null where its variable is missing."""
    value = pl.col(clause.variable)
    if clause.known is not None:
        return value.is_not_null() if clause.known else value.is_null()
    result = _in_range(value, clause.min, clause.max)
    text = as_text(clause.variable, adsl)
    if clause.one_of is not None:
        result &= text.is_in(list(clause.one_of))
    if clause.none_of is not None:
        result &= ~text.is_in(list(clause.none_of))
    return pl.when(value.is_not_null()).then(result)


def as_text(variable: str, adsl: pl.DataFrame) -> pl.Expr:
    """The value as it is written: 1 for the number 1.0."""
    value = pl.col(variable)
    if not adsl.schema[variable].is_float():
        return value.cast(pl.String)
    whole = pl.when(value == value.round()).then(value).cast(pl.Int64, strict=False)
    return pl.coalesce(whole.cast(pl.String), value.cast(pl.String))


def _in_range(value: pl.Expr, low: float | None, high: float | None) -> pl.Expr:
    inside = pl.lit(value=True)
    number = value.cast(pl.Float64, strict=False)
    if low is not None:
        inside &= (number >= low).fill_null(value=False)
    if high is not None:
        inside &= (number <= high).fill_null(value=False)
    return inside


def _check_variables(adsl: pl.DataFrame, protocol: Protocol) -> None:
    made = {grouping.variable for grouping in protocol.groupings}
    needed: list[tuple[str, str]] = [(g.of, f"grouping {g.variable}") for g in protocol.groupings]
    needed += [
        (clause.variable, f"analysis set {chosen.id}")
        for chosen in protocol.analysis_sets
        for clause in chosen.where
    ]
    faults = _absent(needed, present=set(adsl.columns) | made)
    if faults:
        raise DataError(faults)


def _absent(needed: Sequence[tuple[str, str]], *, present: set[str]) -> list[Fault]:
    users: dict[str, list[str]] = {}
    for variable, user in needed:
        if variable not in present:
            users.setdefault(variable, []).append(user)
    return [
        Fault(
            what=f"no table gives the subject variable {variable}",
            where=f"protocol: {', '.join(dict.fromkeys(used))}",
            mend=f"give {variable} in DM, or as a QNAM of SUPPDM",
        )
        for variable, used in users.items()
    ]
