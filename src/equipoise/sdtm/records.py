# SPDX-License-Identifier: Apache-2.0
"""What all SDTM domains share: key columns, sequence numbers, ISO dates."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from equipoise.protocol.model import Protocol

Cell = pl.Series | str | float | None


def study_id(protocol: Protocol) -> str:
    """STUDYID of simulated data: the suffix says so wherever the data go."""
    return f"{protocol.identity.id}-SIMULATED"


def subject_ids(protocol: Protocol, patients: pl.DataFrame) -> pl.DataFrame:
    """SUBJID and USUBJID of each row of `patients`."""
    numbers = patients["patient"]
    labels = [f"{number:04d}" for number in range(_largest(numbers) + 1)]
    subjid = pl.Series("SUBJID", labels).gather(numbers)
    names = [f"{protocol.identity.id}-SIM-{label}" for label in labels]
    return pl.DataFrame([subjid, pl.Series("USUBJID", names).gather(numbers)])


def domain_table(
    protocol: Protocol,
    domain: str,
    patients: pl.DataFrame,
    subject: pl.Series,
    cells: dict[str, Cell],
) -> pl.DataFrame:
    """A domain with its key columns, one row per element of `subject` (row numbers of patients).

    A cell that is not a column is the same in every row.
    """
    frame = pl.DataFrame(
        [patients["replicate"].gather(subject).alias("REPID"), patients["USUBJID"].gather(subject)]
    ).with_columns(pl.lit(study_id(protocol)).alias("STUDYID"), pl.lit(domain).alias("DOMAIN"))
    rest = [
        cell.alias(name) if isinstance(cell, pl.Series) else _constant(name, cell)
        for name, cell in cells.items()
    ]
    return frame.select("REPID", "STUDYID", "DOMAIN", "USUBJID").with_columns(rest)


def _constant(name: str, value: str | float | None) -> pl.Expr:
    return pl.lit(value, dtype=pl.String if value is None else None).alias(name)


def sequence(subject: pl.Series) -> pl.Series:
    """1, 2, ... within each subject; rows of a subject stand together."""
    number = subject.to_numpy()
    begins = np.flatnonzero(np.diff(number, prepend=-1))
    lengths = np.diff(begins, append=len(number))
    return pl.Series(np.arange(len(number)) - np.repeat(begins, lengths) + 1)


def iso(dates: pl.Series) -> pl.Series:
    """Dates as ISO 8601 text; missing stays missing."""
    low, high = dates.min(), dates.max()
    if not isinstance(low, dt.date) or not isinstance(high, dt.date):
        return pl.Series(dates.name, [None] * len(dates), dtype=pl.String)
    labels = pl.date_range(low, high, eager=True).dt.to_string("%Y-%m-%d")
    days = dates.to_physical() - (low - dt.date(1970, 1, 1)).days
    return labels.gather(days).alias(dates.name)


def flags(protocol: Protocol, prefix: str, rows: pl.DataFrame) -> dict[str, Cell]:
    """--EVAL, --EVALID and --ACPTFL of each row, as the protocol names its readers.

    A reader whose accepted reads alone count has one read here, and it is accepted.

    Parameters    rows : evaluator, the place of its reader in the protocol; accepted, where an
                  adjudicator chose (absent: none did)
    """
    columns: dict[str, Cell] = {}
    code, readers = rows["evaluator"], protocol.readers
    for suffix, alone in (("EVAL", None), ("EVALID", "READER 1"), ("ACPTFL", "Y")):
        values = [
            reader.where.get(f"RS{suffix}") or (alone if reader.accepted_only else None)
            for reader in readers
        ]
        columns[f"{prefix}{suffix}"] = pl.Series(values, dtype=pl.String).gather(code)
    if "accepted" in rows.columns and rows["accepted"].any():
        flag = pl.when(rows["accepted"]).then(pl.lit("Y")).otherwise(columns[f"{prefix}ACPTFL"])
        columns[f"{prefix}ACPTFL"] = pl.select(flag).to_series()
    return columns


def millimetres(tenths: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Sizes in tenths of a millimetre as text with one decimal, and as the number it stands for."""
    labels = pl.Series([f"{size // 10}.{size % 10}" for size in range(_largest(tenths) + 1)])
    return labels.gather(tenths), labels.cast(pl.Float64).gather(tenths)


def _largest(whole: pl.Series) -> int:
    """The largest of a series of whole numbers; 0 of none."""
    found = whole.max()
    assert found is None or isinstance(found, int)
    return found or 0
