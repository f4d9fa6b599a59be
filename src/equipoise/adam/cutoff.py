# SPDX-License-Identifier: Apache-2.0
"""The trial as it stood on the data cut-off: records after it are not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.tables.iso_date import earliest_day

SIMULATED = ("-SIMULATED", "-TWIN")
"""How STUDYID ends where no patient ever lived."""

# The date that makes a record exist, by table; a record without it, or with none, stays.
_OCCURS = {
    "AE": ("AESTDTC",),
    "CM": ("CMSTDTC",),
    "DS": ("DSSTDTC",),
    "EX": ("EXSTDTC",),
    "LB": ("LBDTC",),
    "DV": ("DVSTDTC",),
    "PR": ("PRSTDTC",),
    "RS": ("RSDTC",),
    "TR": ("TRDTC",),
    "TU": ("TUDTC",),
}
# Dates that happen later than the record begins: after the cut-off they are not known yet.
_LATER = {
    "AE": ("AEENDTC",),
    "CM": ("CMENDTC",),
    "DM": ("DTHDTC", "RFENDTC", "RFXENDTC", "RFPENDTC"),
    "PR": ("PRENDTC",),
}


def data_cutoff(tables: Mapping[str, pl.DataFrame], protocol: Protocol) -> date | None:
    """The protocol's data cut-off; that of its simulation where nobody ever lived; or none."""
    text = protocol.data.cutoff
    if text is None and protocol.simulation is not None and _is_simulated(tables):
        text = protocol.simulation.cutoff
    return None if text is None else date.fromisoformat(text)


def apply_cutoff(
    tables: Mapping[str, pl.DataFrame], cutoff: date | None
) -> dict[str, pl.DataFrame]:
    """The tables without what happened after the cut-off.

    A record begins on the first day its date can mean. An end after the cut-off is not known yet;
    a course of treatment that runs past the cut-off is cut there.
    """
    if cutoff is None:
        return dict(tables)
    return {name: _cut(name, frame, cutoff) for name, frame in tables.items()}


def _cut(name: str, frame: pl.DataFrame, cutoff: date) -> pl.DataFrame:
    last = pl.lit(cutoff)
    for occurs in _with_later(frame, _OCCURS.get(name, ()), cutoff):
        frame = frame.filter((earliest_day(pl.col(occurs)) <= last).fill_null(value=True))
    later = _with_later(frame, _LATER.get(name, ()), cutoff)
    frame = frame.with_columns(_unless_after(c, last) for c in later)
    if name == "EX" and _with_later(frame, ["EXENDTC"], cutoff):
        after = (earliest_day(pl.col("EXENDTC")) > last).fill_null(value=False)
        cut = pl.when(after).then(pl.lit(cutoff.isoformat())).otherwise("EXENDTC")
        frame = frame.with_columns(EXENDTC=cut)
    if name == "DM" and {"DTHFL", "DTHDTC"} <= set(frame.columns):
        frame = frame.with_columns(DTHFL=pl.when(pl.col("DTHDTC").is_not_null()).then("DTHFL"))
    return frame


def _with_later(frame: pl.DataFrame, columns: Iterable[str], cutoff: date) -> list[str]:
    """Which of these columns may hold a date after the cut-off.

    ISO dates sort as text: what does not sort after the cut-off does not begin after it.
    """
    here = [c for c in columns if c in frame.columns]
    after = frame.select((pl.col(c) > f"{cutoff}~").any() for c in here)
    return [c for c in here if after[c][0]]


def _unless_after(column: str, last: pl.Expr) -> pl.Expr:
    after = (earliest_day(pl.col(column)) > last).fill_null(value=False)
    return pl.when(~after).then(pl.col(column)).alias(column)


def _is_simulated(tables: Mapping[str, pl.DataFrame]) -> bool:
    studies = tables["DM"]["STUDYID"].unique() if "DM" in tables else pl.Series([], dtype=pl.String)
    return any(studies.str.ends_with(name).any() for name in SIMULATED)
