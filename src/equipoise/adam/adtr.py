# SPDX-License-Identifier: Apache-2.0
"""Tumour burden at each visit: every target's size, their sum and its changes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from equipoise.adam.evaluators import evaluator_names, every_read
from equipoise.adam.lesion_reads import LesionReads, derive_lesion_reads
from equipoise.adam.lesion_responses import criterion_of
from equipoise.adam.new_therapy import derive_new_therapy
from equipoise.adam.reference_day import reference_variable
from equipoise.adam.response_profile import response_options
from equipoise.adam.visit_facts import derive_visit_facts
from equipoise.protocol.model import Protocol
from equipoise.recist.assessments import READ
from equipoise.recist.burden import NONE
from equipoise.recist.evidence import Evidence, gather_evidence
from equipoise.recist.size import in_millimetres
from equipoise.recist.target_response import PD
from equipoise.recist.timepoints import TP
from equipoise.tables import load_contract, subject_key

Tables = Mapping[str, pl.DataFrame]


def derive_adtr(
    tables: Tables, adsl: pl.DataFrame, adrs: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame:
    """Sizes of targets as recorded, and the sum of diameters by the RECIST rules.

    Parameters    tables : TU and TR, conformed, as of the cut-off; adrs : when each read progressed
    Returns       ADTR. Sums count a lesion too small to measure as the criterion says; a sum with a
                  missing lesion is there with what was measured, never as nadir or baseline
    Source: admiralonco ADTR template; RECIST 1.1 section 4.3.1, specification sections 3, 4
    """
    found = derive_lesion_reads(tables, adsl, protocol, partial="first")
    reads = every_read(adsl, protocol)
    evidence = gather_evidence(
        found.lesions,
        found.measurements,
        reads,
        visits=derive_visit_facts(tables, adsl, found, protocol),
        key=found.key,
        criterion=criterion_of(protocol),
    )
    sums = _sums(evidence, reads, found)
    progressed = adrs.filter(PARAMCD="PD").select(
        *subject_key(adsl), pl.col("EVALUATOR").cast(evaluator_names(protocol)), _pd="ADT"
    )
    sums = sums.join(progressed, on=found.key, how="left", maintain_order="left")
    sums = _until_new_therapy(sums, tables, adsl, protocol)
    parts = [_sizes(found, protocol), _flagged(sums, protocol)]
    rows = pl.concat(parts, how="diagonal_relaxed").with_columns(
        pl.col("EVALUATOR").cast(pl.String)
    )
    return _in_order(rows, adsl, protocol)


def _sizes(found: LesionReads, protocol: Protocol) -> pl.DataFrame:
    """One row per target and measurement that has a value."""
    options, names = protocol.response.lesions, load_contract("ADTR").rules["parameters"]
    targets = found.lesions.filter(CLASS="TARGET").select(*found.key, "LNKID").unique()
    numbered = targets.sort(*found.key, "LNKID").with_columns(
        _k=pl.int_range(1, pl.len() + 1).over(found.key).cast(pl.String)
    )
    of_target = found.results.filter(pl.col("SIZE").is_not_null()).join(
        numbered, on=[*found.key, "LNKID"], how="inner"
    )
    tests = {options.longest: names["longest"]}
    if options.short != options.longest:
        tests[options.short] = names["short"]
    return pl.concat(
        of_target.filter(TRTESTCD=test).select(
            *found.key,
            "ADT",
            "ADTF",
            "VISIT",
            PARAMCD=pl.lit(code) + pl.col("_k"),
            PARAM=_labelled(label, "{k}", pl.col("_k")),
            AVAL="SIZE",
            ANL01FL=pl.lit("Y"),
            LSEXP="LNKID",
            LSASS="LNKID",
            TRLNKID="LNKID",
            SRCVAR=pl.lit("TRSTRESN"),
            SRCSEQ="TRSEQ",
        )
        for test, (code, label) in tests.items()
    )


def _sums(evidence: Evidence, reads: pl.DataFrame, found: LesionReads) -> pl.DataFrame:
    """One row per read and timepoint of target disease, sums in mm."""
    burden = evidence.burden
    complete = burden.has_target & burden.complete
    numbers = pl.DataFrame(
        {
            "AVAL": in_millimetres(burden.measured),
            "BASE": in_millimetres(burden.baseline),
            "NADIR": in_millimetres(np.where(burden.nadir < NONE, burden.nadir, 0)),
            "_complete": complete,
            "_based": burden.baseline_complete,
            "_low": burden.nadir < NONE,
            "_pd_shown": evidence.target == PD,
            "_rows": burden.has_target,
        }
    )
    keys = reads.gather(evidence.timepoints[READ])
    placed = pl.concat(
        [keys, evidence.timepoints.select("VISIT", "ADT", "BASELINE", TP), numbers],
        how="horizontal",
    )
    assessed = evidence.targets.filter(pl.col("VALUE").is_not_null())
    lesion = pl.col("LNKID").cast(pl.String)
    named = assessed.group_by(TP).agg(lesion.unique().sort().str.join(", ").alias("LSASS"))
    expected = (
        found.lesions.filter(CLASS="TARGET")
        .group_by(found.key)
        .agg(pl.col("LNKID").unique().sort().str.join(", ").alias("LSEXP"))
    )
    source = found.results.group_by(*found.key, "ADT").agg(pl.col("TRSEQ").min().alias("SRCSEQ"))
    return (
        placed.filter("_rows")
        .join(named, on=TP, how="inner")
        .join(expected, on=found.key, how="left")
        .join(source, on=[*found.key, "ADT"], how="left")
    )


def _until_new_therapy(
    sums: pl.DataFrame, tables: Tables, adsl: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame:
    """The day after which no sum counts: that of new therapy, where best response stops there."""
    if not response_options(protocol).stop_at_new_therapy:
        return sums.with_columns(_new=pl.lit(None, dtype=pl.Date))
    key = subject_key(adsl)
    starts = adsl.select(*key, STARTDT=reference_variable(protocol))
    first = derive_new_therapy(tables, starts, protocol).select(*key, _new="NACTDT")
    return sums.join(first, on=key, how="left", maintain_order="left")


def _flagged(sums: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """Changes from baseline and nadir, and the five analysis flags."""
    code, label = load_contract("ADTR").rules["parameters"]["sum"]
    labels = {e.id: e.label for e in protocol.evaluators}
    by = pl.col("EVALUATOR").cast(pl.String).replace_strict(labels, return_dtype=pl.String)
    key = [*subject_key(sums), "EVALUATOR"]
    complete, after = pl.col("_complete"), ~pl.col("BASELINE")
    lowest = pl.col("AVAL").filter(complete & after).min().over(key)
    nadir_row = complete & after & (pl.col("AVAL") == lowest)
    first = nadir_row & (nadir_row.cum_sum().over(key, order_by="ADT") == 1)
    before = (pl.col("ADT") < pl.col("_pd")).fill_null(value=True)
    counts = complete & after & (pl.col("BASE") > 0)
    counts &= (pl.col("ADT") <= pl.col("_pd")).fill_null(value=True)
    counts &= (pl.col("ADT") <= pl.col("_new")).fill_null(value=True)
    best = counts & (pl.col("AVAL") == pl.col("AVAL").filter(counts).min().over(key))
    best &= best.cum_sum().over(key, order_by="ADT") == 1

    def flag(holds: pl.Expr) -> pl.Expr:
        return pl.when(holds.fill_null(value=False)).then(pl.lit("Y"))

    return (
        sums.with_columns(
            BASE=pl.when("_based").then("BASE"), NADIR=pl.when(pl.col("_low") & after).then("NADIR")
        )
        .with_columns(CHG=pl.col("AVAL") - pl.col("BASE"), CHGNAD=pl.col("AVAL") - pl.col("NADIR"))
        .with_columns(
            PCHG=_percent("CHG", "BASE"),
            PCHGNAD=_percent("CHGNAD", "NADIR"),
            PARAMCD=pl.lit(code),
            PARAM=_labelled(label, "{by}", by),
            ABLFL=flag(pl.col("BASELINE")),
            ANL01FL=flag(complete),
            ANL02FL=flag(first),
            ANL03FL=flag(complete & before),
            ANL04FL=flag(complete | pl.col("_pd_shown")),
            ANL05FL=flag(best),
            SRCVAR=pl.lit("TRORRES"),
        )
    )


def _labelled(label: str, gap: str, filling: pl.Expr) -> pl.Expr:
    before, after = label.split(gap)
    return pl.lit(before) + filling + pl.lit(after)


def _percent(change: str, of: str) -> pl.Expr:
    return pl.when(pl.col(of) > 0).then(100 * pl.col(change) / pl.col(of))


def _in_order(rows: pl.DataFrame, adsl: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    key = subject_key(adsl)
    order = {e.id: i for i, e in enumerate(protocol.evaluators)}
    columns = [c.name for c in load_contract("ADTR").columns]
    return (
        rows.with_columns(
            place=pl.col("EVALUATOR").replace_strict(order, return_dtype=pl.Int64),
            SRCDOM=pl.lit("TR"),
        )
        .join(adsl.select(*key, "STUDYID"), on=key, how="left")
        .sort(*key, "place", "PARAMCD", "ADT", "SRCSEQ", nulls_last=True)
        .with_columns(ASEQ=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(key))
        .select(*(c for c in key if c == "REPID"), *columns)
    )
