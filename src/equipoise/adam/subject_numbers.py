# SPDX-License-Identifier: Apache-2.0
"""Subjects as whole numbers while tables are derived: joining and sorting text costs far more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from equipoise.tables.contract import REPLICATE

Tables = Mapping[str, pl.DataFrame]
SUBJECT = "USUBJID"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedSubjects:
    """Tables whose USUBJID is a number, in the order of REPID and USUBJID, and what it stands for.

    tables      without REPID: a subject of another replicate has another number
    names       USUBJID in order; replicates : REPID in order, None where there are none
    """

    tables: dict[str, pl.DataFrame]
    names: pl.Series
    replicates: pl.Series | None

    def named(self, table: pl.DataFrame) -> pl.DataFrame:
        """A derived table with USUBJID, and REPID before all else, as they were."""
        number, size = table[SUBJECT], max(len(self.names), 1)
        found = table.with_columns(self.names.gather(number % size).alias(SUBJECT))
        if self.replicates is None:
            return found
        return found.insert_column(0, self.replicates.gather(number // size).alias(REPLICATE))


def number_subjects(tables: Tables) -> NumberedSubjects | None:
    """The tables with numbers for subjects; None where some row belongs to no subject of DM."""
    demographics = tables["DM"]
    names = demographics[SUBJECT].unique().drop_nulls().sort()
    replicates = None
    if REPLICATE in demographics.columns:
        replicates = demographics[REPLICATE].unique().drop_nulls().sort()
    numbered = dict[str, pl.DataFrame]()
    for name, table in tables.items():
        if SUBJECT not in table.columns:
            numbered[name] = table
            continue
        if (REPLICATE in table.columns) != (replicates is not None):
            return None
        found = table.with_columns(_numbers(table, names, replicates))
        if found[SUBJECT].null_count():
            return None
        if found[SUBJECT].is_sorted():  # tables mostly are; groups are then runs of rows
            found = found.with_columns(pl.col(SUBJECT).set_sorted())
        numbered[name] = found.drop(REPLICATE, strict=False)
    return NumberedSubjects(tables=numbered, names=names, replicates=replicates)


def _numbers(table: pl.DataFrame, names: pl.Series, replicates: pl.Series | None) -> pl.Series:
    """The number of each row; looked up once for the rows of a subject that stand together."""
    who = table.select(SUBJECT if replicates is None else [REPLICATE, SUBJECT])
    begins = who.select(
        pl.any_horizontal(pl.all().ne_missing(pl.all().shift(1))) | (pl.int_range(pl.len()) == 0)
    ).to_series()
    found = who.filter(begins).select(_number(names, replicates).alias(SUBJECT)).to_series()
    return found.gather(begins.cum_sum() - 1)


def _number(names: pl.Series, replicates: pl.Series | None) -> pl.Expr:
    within = pl.col(SUBJECT).cast(pl.Enum(names), strict=False).to_physical().cast(pl.Int64)
    if replicates is None:
        return within
    order = pl.Series(range(len(replicates)), dtype=pl.Int64)
    place = pl.col(REPLICATE).replace_strict(replicates, order, default=None, return_dtype=pl.Int64)
    return place * len(names) + within
