# SPDX-License-Identifier: Apache-2.0
"""One value per read from a sequence of responses: progression, response, benefit, best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.recist.assessments import NOT_DONE, READ
from equipoise.recist.history import Booleans, Integers, first_row, last_row
from equipoise.recist.response_options import RESPONSE_CODES, ResponseOptions

CR, PR, SD, NON, PD, NE, MISSING = (
    RESPONSE_CODES[name] for name in ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "MISSING")
)
_ND = MISSING + 1
_CODES = RESPONSE_CODES | {NOT_DONE: _ND}
_NAMES = {code: name for name, code in _CODES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseSequence:
    """The assessments of all reads in order, as arrays of one length."""

    read: Integers
    code: Integers  # RESPONSE_CODES; 0 = not a response
    day: Integers  # first scan of the timepoint, days since 1970
    last_day: Integers  # last scan
    elapsed: Integers  # first scan minus reference date; -1 where that is unknown
    rsseq: pl.Series
    n_reads: int

    def first(self, mask: Booleans) -> Integers:
        """First row of each read where `mask` holds; -1 where it never does."""
        return first_row(self.read, mask, n_reads=self.n_reads)


def response_sequence(rows: pl.DataFrame, *, n_reads: int) -> ResponseSequence:
    """Arrays of assessments that stand in order, with READ, ADT, ADTLAST, AVALC, RANDDT, RSSEQ."""
    day = rows["ADT"].to_physical().cast(pl.Int64)
    return ResponseSequence(
        read=rows[READ].to_numpy(),
        code=rows["AVALC"].replace_strict(_CODES, default=0, return_dtype=pl.Int64).to_numpy(),
        day=day.to_numpy(),
        last_day=rows["ADTLAST"].to_physical().cast(pl.Int64).to_numpy(),
        elapsed=(day - rows["RANDDT"].to_physical()).fill_null(-1).to_numpy(),
        rsseq=rows["RSSEQ"],
        n_reads=n_reads,
    )


def progression_parameter(sequence: ResponseSequence, *, known: pl.Series | None) -> pl.DataFrame:
    """PD: whether and when a read progressed; a date known from elsewhere goes first."""
    found = sequence.first(sequence.code == PD)
    derived = _yes_or_no("PD", sequence, found, day=sequence.day)
    if known is None:
        return derived
    given = pl.Series(known.is_not_null())
    return derived.with_columns(
        ADT=pl.when(given).then(known).otherwise("ADT"),
        AVALC=pl.when(given).then(pl.lit("Y")).otherwise("AVALC"),
        AVAL=pl.when(given).then(1).otherwise("AVAL"),
    )


def last_assessment(sequence: ResponseSequence) -> pl.DataFrame:
    """LSTA: the last assessment of the analysis, NE included, even after a progression."""
    last = last_row(sequence.read, sequence.code > 0, n_reads=sequence.n_reads)
    return _parameter("LSTA", sequence, last, code=_take(sequence.code, last), day=sequence.day)


def best_parameters(
    sequence: ResponseSequence,
    *,
    complete: Booleans,
    partial: Booleans,
    names: tuple[str, str, str, str],
    options: ResponseOptions,
) -> list[pl.DataFrame]:
    """Response, benefit, best response and best-response-is-response, for one kind of response.

    Parameters    complete, partial : rows that count as CR and as PR (any, or the confirmed ones)
                  names : PARAMCD of the four, such as (RSP, CB, BOR, BCP)
    Source: section 9 of the specification; admiralonco ADRS template.
    """
    response, benefit, best, responder = names
    responds = complete | partial
    benefits = np.isin(sequence.code, [RESPONSE_CODES[name] for name in options.benefit_responses])
    late = benefits & (sequence.elapsed >= options.sd_min_days)
    row, code = _best(sequence, complete=complete, partial=partial, options=options)
    day = np.where(responds, sequence.last_day, sequence.day)
    is_response = np.isin(code, (CR, PR))
    return [
        _yes_or_no(response, sequence, sequence.first(responds), day=day),
        _yes_or_no(benefit, sequence, sequence.first(responds | late), day=day),
        _parameter(best, sequence, row, code=code, day=day),
        _yes_or_no(responder, sequence, np.where(is_response, row, -1), day=day),
    ]


def _best(
    sequence: ResponseSequence,
    *,
    complete: Booleans,
    partial: Booleans,
    options: ResponseOptions,
) -> tuple[Integers, Integers]:
    """Source row (-1 if none) and code of the best response: the first of the list that exists."""
    code, late = sequence.code, sequence.elapsed >= options.sd_min_days
    ladder = (
        (CR, complete),
        (PR, partial),
        (SD, late & np.isin(code, (CR, PR, SD))),
        (NON, late & (code == NON)),
        (PD, code == PD),
        (NE, np.isin(code, (CR, PR, SD, NON, NE))),
        (_ND, code == _ND),
    )
    row = np.full(sequence.n_reads, -1, dtype=np.int64)
    best = np.full(sequence.n_reads, NE if options.missing_as_ne else MISSING, dtype=np.int64)
    for category, mask in reversed(ladder):
        found = sequence.first(mask)
        row = np.where(found >= 0, found, row)
        best = np.where(found >= 0, category, best)
    return row, best


def _take(values: Integers, rows: Integers) -> Integers:
    """Values at `rows`; 0 where the row is -1."""
    if not len(values):
        return np.zeros(len(rows), dtype=np.int64)
    return np.where(rows >= 0, values[rows], 0)


def _yes_or_no(
    name: str, sequence: ResponseSequence, row: Integers, *, day: Integers
) -> pl.DataFrame:
    found = pl.Series(row >= 0)
    return _dated(name, sequence, row, day=day).with_columns(
        AVALC=pl.when(found).then(pl.lit("Y")).otherwise(pl.lit("N")),
        AVAL=found.cast(pl.Int64),
    )


def _parameter(
    name: str, sequence: ResponseSequence, row: Integers, *, code: Integers, day: Integers
) -> pl.DataFrame:
    value = pl.Series(code)
    return _dated(name, sequence, row, day=day).with_columns(
        AVALC=value.replace_strict(_NAMES, default=None, return_dtype=pl.String),
        AVAL=pl.when(value.is_in(list(RESPONSE_CODES.values()))).then(value),
    )


def _dated(name: str, sequence: ResponseSequence, row: Integers, *, day: Integers) -> pl.DataFrame:
    source = pl.Series(row)
    found = source >= 0
    index = source.cast(pl.UInt32, strict=False)
    date = pl.Series(_take(day, row)).cast(pl.Int32).cast(pl.Date)
    return pl.DataFrame(
        {"PARAMCD": pl.repeat(name, len(row), eager=True), "_found": found, "ADT": date}
    ).select(
        "PARAMCD",
        ADT=pl.when("_found").then("ADT"),
        ANL01FL=pl.lit("Y"),
        ANL02FL=pl.lit(None, dtype=pl.String),
        RSSEQ=sequence.rsseq.gather(index),
    )
