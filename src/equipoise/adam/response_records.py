# SPDX-License-Identifier: Apache-2.0
"""Overall responses of every read with their source, whether recorded or derived from lesions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from equipoise.adam.cutoff import data_cutoff
from equipoise.adam.dates import imputed_part, last_day
from equipoise.adam.evaluators import named_evaluator, reading_evaluators, rows_of
from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key

Tables = Mapping[str, pl.DataFrame]
SOURCE = ["SRCDOM", "SRCVAR", "SRCSEQ"]
WHY = ["RULE", "LESIONS", "REASON", "REPORTED"]
TRACE = ["ADTF", *SOURCE, *WHY]
"""What tells a reader where a response comes from and why; no analysis reads it."""
CARRIED = ["VISIT", "RSSEQ", "OVRLRESP"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecords:
    """What the best response is made from.

    assessments  key, EVALUATOR, NUMBER (order within a day), ADT, AVALC, optional ADTLAST; CARRIED,
               and TRACE unless it was not asked for
    progression  key, EVALUATOR, PDDT where the lesions say when; None for recorded responses
    source       table and variable the responses come from
    """

    assessments: pl.DataFrame
    progression: pl.DataFrame | None
    source: tuple[str, str]


def recorded_responses(tables: Tables, protocol: Protocol) -> ResponseRecords:
    """The overall responses of RS, by evaluator. A partial date is its last day."""
    rs = tables["RS"]
    overall = rs.filter(pl.col("RSTESTCD") == load_contract("RS").rules["overall"])
    text, cutoff = pl.col("RSDTC"), data_cutoff(tables, protocol)
    day = last_day(text) if cutoff is None else last_day(text, not_after=pl.lit(cutoff))
    visit = pl.col("VISIT") if "VISIT" in rs.columns else pl.lit(None, dtype=pl.String)
    rows = pl.concat(
        rows_of(evaluator, overall, domain="RS").select(
            *subject_key(rs),
            EVALUATOR=named_evaluator(evaluator, protocol),
            NUMBER=pl.col("RSSEQ"),
            ADT=day,
            AVALC=pl.col("RSSTRESC"),
            VISIT=visit,
            ADTF=imputed_part(text, day),
            RSSEQ=pl.col("RSSEQ"),
            OVRLRESP=pl.col("RSSTRESC"),
            SRCDOM=pl.lit("RS"),
            SRCVAR=pl.lit("RSSTRESC"),
            SRCSEQ=pl.col("RSSEQ"),
            **{name: pl.lit(None, dtype=pl.String) for name in WHY},
        )
        for evaluator in reading_evaluators(protocol)
    )
    return ResponseRecords(assessments=rows, progression=None, source=("RS", "RSSTRESC"))


def without_trace(records: ResponseRecords) -> ResponseRecords:
    """The same responses, without where they come from and why."""
    return replace(records, assessments=records.assessments.drop(TRACE, strict=False))
