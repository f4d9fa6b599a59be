# SPDX-License-Identifier: Apache-2.0
"""One clause on patient data: true, false, or null for unknown (Kleene's strong logic).

`all_horizontal` and `any_horizontal` of polars are Kleene's: false and unknown is false, true and
unknown is unknown; true or unknown is true, false or unknown is unknown. Not unknown is unknown.
"""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Condition, Criterion
from equipoise.tables.iso_date import earliest_day, latest_day

UNIT = "_UNIT"
"""The column that holds the unit of a variable: HGB_UNIT."""


def criterion_holds(criterion: Criterion, columns: list[str]) -> pl.Expr:
    """Whether what the criterion says is so; null where the data do not decide it."""
    parts = [clause_holds(clause, columns) for clause in criterion.where]
    if criterion.any_of:
        either = [
            pl.all_horizontal([clause_holds(clause, columns) for clause in group])
            for group in criterion.any_of
        ]
        parts.append(pl.any_horizontal(either))
    return pl.all_horizontal(parts) if parts else pl.lit(None, dtype=pl.Boolean)


def clause_holds(clause: Condition, columns: list[str]) -> pl.Expr:
    """Whether one clause holds; null where its variable, or a part of it, is not known.

    Parameters    columns : of the candidates, all text; a variable without a column is not known
    """
    if clause.variable not in columns:
        return pl.lit(None, dtype=pl.Boolean)
    value = pl.col(clause.variable).str.strip_chars()
    parts: list[pl.Expr] = []
    if clause.known is not None:
        # That a value is missing from the data does not show that there is none.
        parts.append(pl.when(value.is_not_null()).then(pl.lit(value=clause.known)))
    if clause.one_of is not None:
        parts.append(_is_one_of(value, clause.one_of))
    if clause.none_of is not None:
        parts.append(~_is_one_of(value, clause.none_of))
    number = _number(clause, value, columns)
    if clause.min is not None:
        parts.append(number >= clause.min)
    if clause.max is not None:
        parts.append(number <= clause.max)
    if clause.within_days_of is not None:
        parts.append(_within(clause, value, columns))
    return pl.all_horizontal(parts) if parts else pl.lit(None, dtype=pl.Boolean)


def variables_of(criterion: Criterion) -> list[str]:
    """The variables a criterion reads, each once, in order."""
    clauses = [*criterion.where, *(c for group in criterion.any_of for c in group)]
    named = []
    for clause in clauses:
        named.append(clause.variable)
        if clause.within_days_of is not None:
            named.append(clause.within_days_of.variable)
    return list(dict.fromkeys(named))


def _is_one_of(value: pl.Expr, options: tuple[str, ...]) -> pl.Expr:
    """Text without case; numbers as numbers, for 1, 1.0 and 01 are one."""
    wanted = [option.strip().upper() for option in options]
    same = value.str.to_uppercase().is_in(wanted)
    numbers = [float(option) for option in wanted if _is_number(option)]
    if not numbers:
        return same
    return same | value.cast(pl.Float64, strict=False).is_in(numbers).fill_null(value=False)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("+-").isdigit()


def _number(clause: Condition, value: pl.Expr, columns: list[str]) -> pl.Expr:
    """The value as a number; null where it is none, or not in the clause's unit."""
    number = value.cast(pl.Float64, strict=False)
    number = pl.when(number.is_finite()).then(number)
    if clause.unit is None:
        return number
    unit = f"{clause.variable}{UNIT}"
    if unit not in columns:
        return pl.lit(None, dtype=pl.Float64)
    same = pl.col(unit).str.strip_chars().str.to_lowercase() == clause.unit.lower()
    return pl.when(same).then(number)


def _within(clause: Condition, value: pl.Expr, columns: list[str]) -> pl.Expr:
    """Whether the date lies in the days up to the other; a partial date decides where any day does.

    True where every day it can mean is inside, false where none is, null between.
    """
    window = clause.within_days_of
    if window is None or window.variable not in columns:
        return pl.lit(None, dtype=pl.Boolean)
    other = pl.col(window.variable).str.strip_chars()
    least = (earliest_day(other) - latest_day(value)).dt.total_days()
    most = (latest_day(other) - earliest_day(value)).dt.total_days()
    inside = (least >= 0) & (most <= window.days)
    outside = (most < 0) | (least > window.days)
    return pl.when(inside).then(pl.lit(value=True)).when(outside).then(pl.lit(value=False))
