# SPDX-License-Identifier: Apache-2.0
"""Response parameters: overall, best, confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from equipoise.adam.cutoff import data_cutoff
from equipoise.adam.dates import imputed_part, last_day
from equipoise.adam.evaluators import rows_of
from equipoise.adam.reference_day import reference_variable
from equipoise.protocol.model import Evaluator, Protocol
from equipoise.recist.best_response import compute_best_response
from equipoise.recist.response_options import ADMIRALONCO, ResponseOptions
from equipoise.tables import load_contract, subject_key

Tables = Mapping[str, pl.DataFrame]


def response_options(protocol: Protocol) -> ResponseOptions:
    """The protocol's choices on the admiralonco profile, which is for responses as recorded."""
    confirmation = protocol.response.confirmation
    return replace(
        ADMIRALONCO,
        sd_min_days=protocol.response.sd_min_days,
        confirm_days=confirmation.min_days,
        confirm_max_ne=confirmation.max_ne,
        accept_sd_between=confirmation.sd_between,
    )


def derive_adrs(tables: Tables, adsl: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """Recorded overall responses and what follows from them, for every subject and evaluator.

    Parameters    tables : RS and, for measurable disease, TU, conformed, as of the data cut-off
                  adsl : one row per subject with RANDDT and DTHDT
    Returns       ADRS; RSSEQ on recorded rows only, SRCDOM, SRCVAR and SRCSEQ on all
    Source: admiralonco ADRS template as the oracle README sets it out
    """
    subjects = adsl.select(subject_key(adsl))
    recorded = _recorded(tables["RS"], protocol, cutoff=data_cutoff(tables, protocol))
    reads = subjects.join(_evaluators(protocol), how="cross")
    key = reads.columns
    recorded = recorded.join(subjects, on=subject_key(adsl), how="semi")
    found = compute_best_response(
        recorded.select(*key, "ADT", "AVALC", "RSSEQ"),
        reads.join(_reference_days(adsl, protocol), on=subject_key(adsl), how="left"),
        key=key,
        options=response_options(protocol),
    )
    parts = [
        _with_source(found, recorded, key=key),
        _death(reads, adsl),
        _measurable(reads, tables, protocol),
    ]
    return _in_order(pl.concat(parts, how="diagonal_relaxed"), adsl, protocol)


def _reference_days(adsl: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """The date that `compute_best_response` counts from; it calls it RANDDT."""
    return adsl.select(*subject_key(adsl), RANDDT=pl.col(reference_variable(protocol)))


def _evaluators(protocol: Protocol) -> pl.DataFrame:
    return pl.DataFrame({"EVALUATOR": [e.id for e in protocol.evaluators]})


def _recorded(rs: pl.DataFrame, protocol: Protocol, *, cutoff: date | None) -> pl.DataFrame:
    overall = rs.filter(pl.col("RSTESTCD") == load_contract("RS").rules["overall"])
    text = pl.col("RSDTC")
    day = last_day(text) if cutoff is None else last_day(text, not_after=pl.lit(cutoff))
    visit = pl.col("VISIT") if "VISIT" in rs.columns else pl.lit(None, dtype=pl.String)
    return pl.concat(
        rows_of(evaluator, overall, domain="RS").select(
            *subject_key(rs),
            EVALUATOR=pl.lit(evaluator.id),
            ADT=day,
            ADTF=imputed_part(text, day),
            AVALC=pl.col("RSSTRESC"),
            RSSEQ=pl.col("RSSEQ"),
            VISIT=visit,
        )
        for evaluator in protocol.evaluators
    )


def _with_source(found: pl.DataFrame, recorded: pl.DataFrame, *, key: list[str]) -> pl.DataFrame:
    """Visit, imputation flag and source of every parameter, from the row that decided it."""
    source = recorded.select(*key, "RSSEQ", "ADTF", "VISIT")
    is_recorded = pl.col("PARAMCD") == "OVR"
    return (
        found.with_columns(pl.col("RSSEQ").cast(pl.Int64))
        .join(source, on=[*key, "RSSEQ"], how="left", maintain_order="left")
        .with_columns(
            SRCDOM=pl.lit("RS"),
            SRCVAR=pl.lit("RSSTRESC"),
            SRCSEQ=pl.col("RSSEQ"),
            RSSEQ=pl.when(is_recorded).then("RSSEQ"),
        )
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
    targets = pl.concat(
        _targets(evaluator, tu.filter(is_target)).group_by(*key, "EVALUATOR").agg(SRCSEQ=sequence)
        for evaluator in protocol.evaluators
    ).with_columns(found=True)
    return reads.join(targets, on=reads.columns, how="left").with_columns(
        PARAMCD=pl.lit("MDIS"),
        SRCDOM=pl.lit("TU"),
        SRCVAR=pl.lit("TUSTRESC"),
        **_yes_no(pl.col("found").is_not_null()),
    )


def _targets(evaluator: Evaluator, targets: pl.DataFrame) -> pl.DataFrame:
    return rows_of(evaluator, targets, domain="TU").with_columns(EVALUATOR=pl.lit(evaluator.id))


def _yes_no(found: pl.Expr) -> dict[str, pl.Expr]:
    return {
        "AVALC": pl.when(found).then(pl.lit("Y")).otherwise(pl.lit("N")),
        "AVAL": found.cast(pl.Int64),
        "ANL01FL": pl.lit("Y"),
    }


def _in_order(rows: pl.DataFrame, adsl: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """PARAM, ASEQ and the order of the contract: evaluators as the protocol lists them."""
    key = subject_key(adsl)
    order = {e.id: i for i, e in enumerate(protocol.evaluators)}
    labels = {e.id: e.label for e in protocol.evaluators}
    names = load_contract("ADRS").rules["parameters"]
    reader = pl.lit("by ") + pl.col("EVALUATOR").replace_strict(labels, return_dtype=pl.String)
    label = pl.col("PARAMCD").replace_strict(names, return_dtype=pl.String)
    return (
        rows.with_columns(
            PARAM=label.str.replace("{by}", reader, literal=True),
            place=pl.col("EVALUATOR").replace_strict(order, return_dtype=pl.Int64),
        )
        .join(adsl.select(*key, "STUDYID"), on=key, how="left")
        .sort(*key, "place", "PARAMCD", "ADT", "RSSEQ", nulls_last=True)
        .with_columns(ASEQ=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(key))
        .select(
            *(c for c in key if c == "REPID"),
            *(c.name for c in load_contract("ADRS").columns),
        )
    )
