# SPDX-License-Identifier: Apache-2.0
"""Responses derived from lesions beside those the readers recorded, assessment by assessment."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.response_records import WHY, ResponseRecords
from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key

Tables = Mapping[str, pl.DataFrame]


def compare_responses(
    derived: ResponseRecords, recorded: ResponseRecords, adsl: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame:
    """ADRSCMP: every assessment either side knows, whether they agree, and the rule that fired.

    Notes         Matched on subject, evaluator and visit; where a visit bears several recorded or
                  derived responses, on the date too. Nothing is preferred here: USED names the
                  source that the protocol chose.
    """
    subject = subject_key(adsl)
    key = [*subject, "EVALUATOR"]
    ours = derived.assessments.select(*key, "VISIT", "ADT", *WHY, DERIVED="OVRLRESP")
    theirs = recorded.assessments.join(adsl.select(subject), on=subject, how="semi").select(
        *key, "VISIT", "RSSEQ", RECORDED="OVRLRESP", _day="ADT"
    )
    both = _matched(ours, theirs, key=key).with_columns(
        pl.col("EVALUATOR").cast(pl.String),
        ADT=pl.coalesce("ADT", "_day"),
        VERDICT=_verdict(),
        USED=pl.lit("DERIVED" if protocol.response.source == "lesions" else "RECORDED"),
    )
    columns = [c.name for c in load_contract("ADRSCMP").columns]
    return (
        both.join(adsl.select(*subject, "STUDYID"), on=subject, how="left")
        .select(*(c for c in subject if c == "REPID"), *columns)
        .sort(*key, "ADT", "VISIT", "RSSEQ", nulls_last=True)
    )


def _matched(ours: pl.DataFrame, theirs: pl.DataFrame, *, key: list[str]) -> pl.DataFrame:
    """First by visit and day, which is never ambiguous; what is left over by visit alone."""
    ours, theirs = ours.with_row_index("_ours"), theirs.with_row_index("_theirs")
    exact = ours.join(
        theirs.rename({"VISIT": "_visit"}), left_on=[*key, "ADT"], right_on=[*key, "_day"]
    ).with_columns(_day=pl.col("ADT"))
    alone = ours.join(exact, on="_ours", how="anti")
    rest = theirs.join(exact, on="_theirs", how="anti")
    by_visit = alone.join(rest, on=[*key, "VISIT"], how="full", coalesce=True)
    columns = [*key, "VISIT", "ADT", "_day", *WHY, "DERIVED", "RECORDED", "RSSEQ"]
    return pl.concat([exact.select(columns), by_visit.select(columns)])


def _verdict() -> pl.Expr:
    return (
        pl.when(pl.col("RECORDED").is_null())
        .then(pl.lit("ONLY DERIVED"))
        .when(pl.col("DERIVED").is_null())
        .then(pl.lit("ONLY RECORDED"))
        .when(pl.col("DERIVED") == pl.col("RECORDED"))
        .then(pl.lit("AGREES"))
        .otherwise(pl.lit("DIFFERS"))
    )
