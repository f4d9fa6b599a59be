# SPDX-License-Identifier: Apache-2.0
"""The start of the first new anticancer therapy after randomisation."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.dates import first_day
from equipoise.errors import DataError, Fault
from equipoise.protocol.model import Protocol
from equipoise.tables import subject_key


def derive_new_therapy(
    tables: Mapping[str, pl.DataFrame], starts: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame:
    """NACTDT and its table NACTDOM: first start, after STARTDT, of new anticancer therapy.

    Parameters    tables : CM or PR, conformed; starts : one row per subject with STARTDT
    Raises        DataError - when neither table has a column that data.new_therapy names
    """
    key = subject_key(starts)
    found = [
        rows.select(*key, day=first_day(pl.col(f"{domain}STDTC")), NACTDOM=pl.lit(domain))
        for domain, rows in therapy_records(tables, protocol)
    ]
    if not found:
        named = ", ".join(protocol.data.new_therapy)
        raise DataError(
            Fault(
                what="a censoring rule needs new anticancer therapy, and no table records it",
                where=f"tables {', '.join(sorted(tables))}; columns looked for: {named}",
                mend="give CM or PR, or name the column and values under data.new_therapy",
            )
        )
    return (
        pl.concat(found)
        .join(starts, on=key, how="inner")
        .filter(pl.col("day") > pl.col("STARTDT"))
        .group_by(key)
        .agg(NACTDT=pl.col("day").min(), NACTDOM=pl.col("NACTDOM").sort_by("day").first())
    )


def therapy_records(
    tables: Mapping[str, pl.DataFrame], protocol: Protocol
) -> list[tuple[str, pl.DataFrame]]:
    """Domain and rows of each table that has a column data.new_therapy names; maybe none."""
    return [
        (column[:2], tables[column[:2]].filter(pl.col(column).is_in(list(values))))
        for column, values in protocol.data.new_therapy.items()
        if column[:2] in tables and column in tables[column[:2]].columns
    ]
