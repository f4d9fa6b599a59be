# SPDX-License-Identifier: Apache-2.0
"""The last day each subject is known to have been alive."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.cutoff import data_cutoff
from equipoise.adam.dates import first_day
from equipoise.protocol.model import Protocol
from equipoise.tables import subject_key

# Disposition events that do not prove life on their date: the site gave up looking.
_NOT_ALIVE = ("LOST TO FOLLOW-UP", "DEATH")


def derive_last_alive(
    tables: Mapping[str, pl.DataFrame], adsl: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame:
    """LSTALVDT: the latest of the dates that the protocol takes as proof of life (data.last_alive).

    Partial dates go to their first day, and dates after the cut-off are not seen.
    """
    key = subject_key(adsl)
    wanted = protocol.data.last_alive
    dates = [
        _proof(name, frame).select(*key, day=first_day(pl.col(column)))
        for name, frame in tables.items()
        for column in wanted
        if column in frame.columns and set(key) <= set(frame.columns)
    ]
    dates += [adsl.select(*key, day=pl.col(c)) for c in wanted if c in ("TRTSDT", "TRTEDT")]
    if not dates:
        return adsl.select(*key, LSTALVDT=pl.lit(None, dtype=pl.Date))
    cutoff = data_cutoff(tables, protocol)
    seen = True if cutoff is None else pl.col("day") <= cutoff
    latest = [days.filter(seen).group_by(key).agg(pl.col("day").max()) for days in dates]
    known = pl.concat(latest).drop_nulls("day")
    return known.group_by(key).agg(LSTALVDT=pl.col("day").max())


def _proof(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    if name != "DS":
        return frame
    return frame.filter(~pl.col("DSDECOD").is_in(_NOT_ALIVE).fill_null(value=False))
