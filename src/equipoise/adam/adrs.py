# SPDX-License-Identifier: Apache-2.0
"""Response parameters: overall, best, confirmed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from equipoise.adam.evaluators import every_read, named_evaluator, reading_evaluators, rows_of
from equipoise.adam.new_therapy import derive_new_therapy
from equipoise.adam.reference_day import reference_variable
from equipoise.adam.response_profile import response_options
from equipoise.adam.response_records import CARRIED, TRACE, ResponseRecords
from equipoise.protocol.model import Protocol
from equipoise.recist.best_response import compute_best_response
from equipoise.recist.history import Integers, read_starts
from equipoise.recist.response_options import (
    RESPONSE_CODES,
    ResponseOptions,
)
from equipoise.tables import load_contract, subject_key
from equipoise.tables.key_codes import find_rows, sort_order, take_rows

Tables = Mapping[str, pl.DataFrame]


def derive_adrs(
    tables: Tables, adsl: pl.DataFrame, records: ResponseRecords, protocol: Protocol
) -> pl.DataFrame:
    """Overall responses and what follows from them, for every subject and evaluator.

    Parameters    tables : as of the data cut-off; TU for measurable disease, CM and PR
                  for new therapy
                  adsl : one row per subject with RANDDT and DTHDT
                  records : overall responses, from RS or from lesions
    Returns       ADRS; SRCDOM, SRCVAR and SRCSEQ on all rows; RSSEQ on recorded ones; RULE, LESIONS
                  and REASON where the lesions say why; no column of TRACE where records have none
    Source: admiralonco ADRS template as the oracle README sets it out; RECIST 1.1
    """
    subjects = adsl.select(subject_key(adsl))
    reads = every_read(adsl, protocol)
    options = response_options(protocol)
    assessments = records.assessments.join(subjects, on=subject_key(adsl), how="semi")
    found = compute_best_response(
        _counted_columns(assessments, key=reads.columns),
        _reads_with_dates(reads, records, tables, adsl, protocol, options=options),
        key=reads.columns,
        options=options,
    )
    parts = [
        _with_source(found, assessments, key=reads.columns, source_of=records.source),
        _death(reads, adsl),
        _measurable(reads, tables, protocol),
    ]
    if not set(TRACE) <= set(assessments.columns):
        parts = [part.drop(TRACE, strict=False) for part in parts]
    return order_responses(pl.concat(parts, how="diagonal_relaxed"), adsl, protocol)


def _counted_columns(assessments: pl.DataFrame, *, key: list[str]) -> pl.DataFrame:
    """What `compute_best_response` takes; it calls the order within a day RSSEQ."""
    last = [c for c in ("ADTLAST",) if c in assessments.columns]
    return assessments.select(*key, "ADT", *last, "AVALC", RSSEQ=pl.col("NUMBER"))


def _reads_with_dates(
    reads: pl.DataFrame,
    records: ResponseRecords,
    tables: Tables,
    adsl: pl.DataFrame,
    protocol: Protocol,
    *,
    options: ResponseOptions,
) -> pl.DataFrame:
    """One row per read with the dates that decide which assessments count."""
    subject = subject_key(adsl)
    dated = reads.join(_reference_days(adsl, protocol), on=subject, how="left")
    if options.stop_at_new_therapy:
        starts = dated.select(*subject, STARTDT="RANDDT").unique()
        dated = dated.join(derive_new_therapy(tables, starts, protocol), on=subject, how="left")
    if records.progression is not None:
        known = records.progression.select(*reads.columns, "PDDT")
        dated = dated.join(known, on=reads.columns, how="left")
        # Progression before the reference date is that of an assessment that does not count.
        early = (pl.col("PDDT") < pl.col("RANDDT")).fill_null(value=False)
        dated = dated.with_columns(PDDT=pl.when(~early).then("PDDT"))
    return dated


def _reference_days(adsl: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """The date that `compute_best_response` counts from; it calls it RANDDT."""
    return adsl.select(*subject_key(adsl), RANDDT=pl.col(reference_variable(protocol)))


def _with_source(
    found: pl.DataFrame, records: pl.DataFrame, *, key: list[str], source_of: tuple[str, str]
) -> pl.DataFrame:
    """Visit, imputation flag, source and reason of every parameter, from the row that decided it.

    A timepoint that progression is dated back to keeps its own response as OVR [C 14].
    """
    traced = set(TRACE) <= set(records.columns)
    source = records.select(*CARRIED, *(TRACE if traced else ()))
    told = dict(zip(("SRCDOM", "SRCVAR"), source_of if traced else (), strict=False))
    is_overall = pl.col("PARAMCD") == "OVR"
    codes = pl.col("AVALC").replace_strict(RESPONSE_CODES, default=None, return_dtype=pl.Int64)
    numbered = found.with_columns(NUMBER=pl.col("RSSEQ").cast(pl.Int64)).drop("RSSEQ")
    places = find_rows(numbered, records, on=[*key, "NUMBER"])
    return (
        pl.concat([numbered, take_rows(source, places)], how="horizontal")
        .with_columns(
            *(pl.coalesce(name, pl.lit(text)).alias(name) for name, text in told.items()),
            RSSEQ=pl.when(is_overall).then("RSSEQ"),
            AVALC=pl.when(is_overall).then("OVRLRESP").otherwise("AVALC"),
        )
        .with_columns(AVAL=pl.when(is_overall).then(codes).otherwise("AVAL"))
        .drop("NUMBER", "OVRLRESP")
    )


def _death(reads: pl.DataFrame, adsl: pl.DataFrame) -> pl.DataFrame:
    dates = adsl.select(*subject_key(adsl), ADT=pl.col("DTHDT"), ADTF=pl.col("DTHDTF"))
    return reads.join(dates, on=subject_key(adsl), how="left").with_columns(
        PARAMCD=pl.lit("DEATH"),
        SRCDOM=pl.lit("ADSL"),
        SRCVAR=pl.lit("DTHDT"),
        **_yes_no(pl.col("ADT").is_not_null()),
    )


def _measurable(reads: pl.DataFrame, tables: Tables, protocol: Protocol) -> pl.DataFrame:
    """MDIS: the evaluator named a target lesion. Targets are chosen at baseline, never later."""
    if "TU" not in tables:
        return reads.clear()
    tu = tables["TU"]
    key, is_target = subject_key(tu), pl.col("TUSTRESC") == load_contract("TU").rules["target"]
    sequence = pl.col("TUSEQ").min() if "TUSEQ" in tu.columns else pl.lit(None, dtype=pl.Int64)
    chosen = tu.filter(is_target)
    targets = pl.concat(
        rows_of(evaluator, chosen, domain="TU")
        .group_by(key)
        .agg(named_evaluator(evaluator, protocol).first(), SRCSEQ=sequence)
        for evaluator in reading_evaluators(protocol)
    ).with_columns(found=True)
    return reads.join(targets, on=reads.columns, how="left").with_columns(
        PARAMCD=pl.lit("MDIS"),
        SRCDOM=pl.lit("TU"),
        SRCVAR=pl.lit("TUSTRESC"),
        **_yes_no(pl.col("found").is_not_null()),
    )


def _yes_no(found: pl.Expr) -> dict[str, pl.Expr]:
    return {
        "AVALC": pl.when(found).then(pl.lit("Y")).otherwise(pl.lit("N")),
        "AVAL": found.cast(pl.Int64),
        "ANL01FL": pl.lit("Y"),
    }


def order_responses(rows: pl.DataFrame, adsl: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """PARAM, ASEQ and the order of the contract: evaluators as the protocol lists them."""
    key = subject_key(adsl)
    names = load_contract("ADRS").rules["parameters"]
    parameters, evaluators = sorted(names), [one.id for one in protocol.evaluators]
    labels = [
        names[parameter].replace("{by}", f"by {evaluator.label}")
        for evaluator in protocol.evaluators
        for parameter in parameters
    ]
    place = _number(rows["EVALUATOR"], evaluators) * len(parameters)
    place += _number(rows["PARAMCD"], parameters)
    number = rows.select("ADT", "RSSEQ").with_columns(
        subject=find_rows(rows, adsl, on=key), place=pl.Series(place)
    )
    order = sort_order(number, by=["subject", "place", "ADT", "RSSEQ"])
    subject, which = number["subject"].gather(order), pl.Series(place[order])
    made = (
        adsl.select(*key, "STUDYID")
        .select(pl.all().gather(subject))
        .with_columns(
            EVALUATOR=pl.Series(evaluators).gather(which // len(parameters)),
            PARAMCD=pl.Series(parameters).gather(which % len(parameters)),
            PARAM=pl.Series(labels).gather(which),
            ASEQ=np.arange(1, rows.height + 1) - read_starts(subject.to_numpy()),
        )
    )
    columns = [c.name for c in load_contract("ADRS").columns]
    rest = rows.select(c for c in columns if c in rows.columns and c not in made.columns)[order]
    whole = pl.concat([made, rest], how="horizontal")
    return whole.select(*(c for c in key if c == "REPID"), *(c for c in columns if c in whole))


def _number(column: pl.Series, names: list[str]) -> Integers:
    """Place of each text among the names, each of which it must be."""
    return column.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy().copy()
