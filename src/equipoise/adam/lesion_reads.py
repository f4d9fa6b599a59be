# SPDX-License-Identifier: Apache-2.0
"""TU and TR of every evaluator as the lesions and measurements that the RECIST rules take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from equipoise.adam.cutoff import data_cutoff
from equipoise.adam.dates import first_day, imputed_part, last_day
from equipoise.adam.evaluators import named_evaluator, reading_evaluators, rows_of
from equipoise.protocol.model import Lesions, Protocol
from equipoise.recist.sdtm_lesions import (
    lesions_from_sdtm,
    measurements_from_sdtm,
    separate_dates,
    without_copies,
)
from equipoise.tables import load_contract, subject_key
from equipoise.tables.iso_date import missing_part

Tables = Mapping[str, pl.DataFrame]
_TEXT_OF_TU = ("VISIT", "TUDTC", "TULOC", "TUMETHOD", "TUTESTCD", "TULNKID")
_TEXT_OF_TR = ("VISIT", "TRDTC", "TRSTAT", "TRLNKID", "TRORRES", "TRORRESU", "TRSTRESC")
_USED = {
    "TU": (*_TEXT_OF_TU, "TUSTRESC"),
    "TR": (*_TEXT_OF_TR, "TRTESTCD", "TRSEQ", "TRSTRESN", "TRLOC"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionReads:
    """Lesion tables keyed by subject and EVALUATOR.

    EVALUATOR, and LNKID and VISIT of the measurements, are categories; a table of ADaM holds text.

    lesions       see recist.lesion_tables; measurements : likewise, dates imputed
    results       the rows of TR they come from: key, LNKID, VISIT, ADT, ADTF, TRTESTCD, SIZE (mm,
                  as a number), TRSEQ
    """

    key: list[str]
    lesions: pl.DataFrame
    measurements: pl.DataFrame
    results: pl.DataFrame


def derive_lesion_reads(
    tables: Tables, adsl: pl.DataFrame, protocol: Protocol, *, partial: Literal["first", "last"]
) -> LesionReads:
    """The reads of the subjects of ADSL by every evaluator who reads images himself.

    Parameters    tables : TU, TR and, where the protocol names it, SUPPTR; conformed
                  partial : day that a partial scan date stands for; at baseline always the first
    Notes         A baseline date imputed to its last day would come after the first dose.
    """
    key = [*subject_key(adsl), "EVALUATOR"]
    options = protocol.response.lesions
    tu = _of_evaluators(_with_text(tables["TU"], _TEXT_OF_TU), "TU", adsl, protocol)
    tr = _of_evaluators(_with_text(tables["TR"], _TEXT_OF_TR), "TR", adsl, protocol)
    tr = _with_fragments(tr, tables["TU"], adsl, protocol, key=key)
    if options.node_location == "TRLOC":
        nodes = _nodes_by_result(tr, tables, key=key)
        tu = tu.join(nodes, on=[*key, "TULNKID"], how="left", maintain_order="left")
        tu = tu.with_columns(pl.col("NODE").fill_null(value=False))
    lesions = lesions_from_sdtm(tu, key=key)
    if options.baseline_visits:
        tr, lesions = _from_baseline(tr, lesions, options, key=key)
    dated = _dated(tr, lesions, tables, protocol, partial=partial)
    measurements = measurements_from_sdtm(
        dated, lesions, key=key, longest=options.longest, short=options.short
    )
    if options.copies == "drop":
        measurements = without_copies(measurements)
    if options.visit_on_several_days == "one-per-day":
        measurements = separate_dates(measurements, key=key)
    results = dated.select(
        *key, "VISIT", "ADT", "ADTF", "TRTESTCD", "TRSEQ", LNKID="TRLNKID", SIZE=pl.col("TRSTRESN")
    )
    return LesionReads(key=key, lesions=lesions, measurements=measurements, results=results)


def _with_text(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Columns that a table may lack, as missing text; a visit without name bears its date."""
    absent = [c for c in columns if c not in frame.columns]
    day = "TUDTC" if "TUDTC" in columns else "TRDTC"
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(c) for c in absent).with_columns(
        VISIT=pl.coalesce("VISIT", day)
    )


def _with_fragments(
    tr: pl.DataFrame, tu: pl.DataFrame, adsl: pl.DataFrame, protocol: Protocol, *, key: list[str]
) -> pl.DataFrame:
    """TR with fragments under the name of their lesion, told apart by PART; as it is without any.

    Source: CDISC TU, TUTESTCD = TUSPLIT; T4 in two parts is T4.1 and T4.2.
    """
    if "TUTESTCD" not in tu.columns:
        return tr
    split = pl.col("TUTESTCD") == load_contract("TU").rules["split"]
    parts = tu.filter(split & pl.col("TULNKID").str.contains(".", literal=True))
    if parts.is_empty():
        return tr
    named = _of_evaluators(_with_text(parts, _TEXT_OF_TU), "TU", adsl, protocol, test="split")
    lesion = pl.col("TULNKID").str.replace(r"\.[^.]*$", "")
    whole = named.select(*key, TRLNKID="TULNKID", _whole=lesion).unique()
    joined = tr.join(whole, on=[*key, "TRLNKID"], how="left", maintain_order="left")
    of_part = pl.col("_whole").is_not_null()
    return joined.with_columns(
        PART=pl.when(of_part).then("TRLNKID"), TRLNKID=pl.coalesce("_whole", "TRLNKID")
    ).drop("_whole")


def _of_evaluators(
    frame: pl.DataFrame,
    domain: str,
    adsl: pl.DataFrame,
    protocol: Protocol,
    *,
    test: str = "identified",
) -> pl.DataFrame:
    named = {domain + name[2:] for e in protocol.evaluators for name in e.where}
    used = {*subject_key(adsl), *_USED[domain], *named, f"{domain}ACPTFL"}
    kept = frame.select(c for c in frame.columns if c in used)
    subjects, key = adsl.select(subject_key(adsl)), subject_key(adsl)
    if kept.select(key).join(subjects, on=key, how="anti").height:
        kept = kept.join(subjects, on=key, how="semi")
    if domain == "TU":
        wanted = load_contract("TU").rules[test]
        kept = kept.filter((pl.col("TUTESTCD") == wanted).fill_null(value=test == "identified"))
    return pl.concat(
        rows_of(evaluator, kept, domain=domain).with_columns(named_evaluator(evaluator, protocol))
        for evaluator in reading_evaluators(protocol)
    )


def _nodes_by_result(tr: pl.DataFrame, tables: Tables, *, key: list[str]) -> pl.DataFrame:
    """Lesions of which any result is located in a lymph node: key, TULNKID, NODE."""
    located = tr if "TRLOC" in tr.columns else _with_location(tr, tables["SUPPTR"])
    node = pl.col("TRLOC").str.to_uppercase().str.contains("LYMPH NODE")
    return located.group_by(*key, TULNKID="TRLNKID").agg(NODE=node.any().fill_null(value=False))


def _with_location(tr: pl.DataFrame, supplement: pl.DataFrame) -> pl.DataFrame:
    subject = subject_key(tr)
    location = supplement.filter(QNAM="TRLOC", IDVAR="TRSEQ").select(
        *subject,
        TRLOC="QVAL",
        TRSEQ=pl.col("IDVARVAL").str.strip_chars().cast(pl.Float64, strict=False).cast(pl.Int64),
    )
    return tr.join(location, on=[*subject, "TRSEQ"], how="left", maintain_order="left")


def _from_baseline(
    tr: pl.DataFrame, lesions: pl.DataFrame, options: Lesions, *, key: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Results from the declared baseline visit on, and lesions placed there."""
    chosen = pl.col("VISIT").is_in(list(options.baseline_visits))
    day = first_day(pl.col("TRDTC"))
    first = (
        tr.filter(chosen)
        .group_by(key)
        .agg(day.min().alias("_first"), pl.col("VISIT").first().alias("_visit"))
    )
    kept = tr.join(first, on=key, how="left", maintain_order="left").filter(
        (first_day(pl.col("TRDTC")) >= pl.col("_first")).fill_null(value=True)
    )
    moved = lesions.join(first.select(*key, "_visit"), on=key, how="left", maintain_order="left")
    new = pl.col("CLASS") == "NEW"
    placed = moved.with_columns(
        VISIT=pl.when(new).then("VISIT").otherwise(pl.coalesce("_visit", "VISIT"))
    )
    return kept.drop("_first", "_visit"), placed.drop("_visit")


def _dated(
    tr: pl.DataFrame,
    lesions: pl.DataFrame,
    tables: Tables,
    protocol: Protocol,
    *,
    partial: Literal["first", "last"],
) -> pl.DataFrame:
    """TR with ADT, ADTF and results in mm as text."""
    units = tr["TRORRESU"].unique().drop_nulls()
    in_other_unit = pl.col("TRORRESU").is_in(
        units.filter(units.str.to_uppercase() != "MM").implode()
    )
    tr = tr.with_columns(
        TRORRES=pl.when(in_other_unit).then("TRSTRESC").otherwise("TRORRES"),
        ADT=first_day(pl.col("TRDTC")),
        ADTF=missing_part(pl.col("TRDTC")),
    )
    if tr["ADTF"].null_count() == tr.height:
        return tr  # every date is complete
    key = [*subject_key(tr), "EVALUATOR"]
    cutoff, text = data_cutoff(tables, protocol), pl.col("TRDTC")
    last = last_day(text) if cutoff is None else last_day(text, not_after=pl.lit(cutoff))
    baseline = lesions.filter(pl.col("CLASS") != "NEW").select(*key, "VISIT").unique()
    at_baseline = pl.col("_baseline").is_not_null()
    after = (first_day(text).filter(at_baseline).max() + pl.duration(days=1)).over(key)
    day = first_day(text, not_before=after) if partial == "first" else last
    return (
        tr.join(
            baseline.with_columns(_baseline=True),
            on=[*key, "VISIT"],
            how="left",
            maintain_order="left",
        )
        .with_columns(ADT=pl.when(at_baseline).then(first_day(text)).otherwise(day))
        .with_columns(ADTF=imputed_part(text, pl.col("ADT")))
    )
