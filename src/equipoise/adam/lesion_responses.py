# SPDX-License-Identifier: Apache-2.0
"""Overall responses derived from lesions, each with the rule that gave it and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from equipoise.adam.evaluators import every_read
from equipoise.adam.lesion_reads import LesionReads, derive_lesion_reads
from equipoise.adam.response_profile import response_options
from equipoise.adam.response_records import ResponseRecords
from equipoise.adam.visit_facts import derive_visit_facts
from equipoise.protocol.model import Protocol
from equipoise.recist.criterion import OVERALL, Criterion, read_criterion
from equipoise.recist.evidence import Evidence, gather_evidence
from equipoise.recist.explain import explain_evidence
from equipoise.recist.lesion_response import assess_evidence, timepoint_responses

Tables = Mapping[str, pl.DataFrame]


def criterion_of(protocol: Protocol) -> Criterion:
    """RECIST 1.1 with the protocol's options."""
    options = protocol.response.lesions
    return replace(
        read_criterion("recist_1_1.yaml"),
        provable_pd=options.provable_progression,
        unsearched_is_ne=options.unsearched_region == "NE",
        disease_after_cr_is_pd=options.disease_after_cr == "progression",
        pr_memory=options.response_memory,
        memory_needs_confirmation=options.memory_needs_confirmation,
        pd_on_component=options.progression_date == "component",
        response_on_last_scan=options.response_date == "last-scan",
    )


def derive_lesion_responses(
    tables: Tables, adsl: pl.DataFrame, protocol: Protocol, *, traced: bool
) -> ResponseRecords:
    """One response per read and timepoint after baseline, and when each read progressed.

    Parameters    traced : with the columns TRACE, which say where each response comes from and why
    Raises        DataError - every fault of the lesions at once
    """
    reads = every_read(adsl, protocol)
    found = derive_lesion_reads(tables, adsl, protocol, partial="last")
    criterion = criterion_of(protocol)
    evidence = gather_evidence(
        found.lesions,
        found.measurements,
        reads,
        visits=derive_visit_facts(tables, adsl, found, protocol),
        key=found.key,
        criterion=criterion,
    )
    assessed, progression = assess_evidence(evidence, reads, key=found.key, criterion=criterion)
    after = pl.Series(~evidence.timepoints["BASELINE"].to_numpy())
    own = pl.Series(OVERALL).gather(evidence.overall.code.astype(np.uint32)).alias("OVRLRESP")
    visits = evidence.timepoints.select("VISIT", own).filter(after)
    assessments = pl.concat([assessed, visits], how="horizontal")
    if traced:
        assessments = _traced(assessments, evidence, reads, found, protocol)
    return ResponseRecords(
        assessments=assessments.with_columns(
            NUMBER=pl.col("RSSEQ"), RSSEQ=pl.lit(None, dtype=pl.Int64)
        ),
        progression=progression.select(*found.key, "PDDT"),
        source=("TR", "TRORRES"),
    )


def _traced(
    assessments: pl.DataFrame,
    evidence: Evidence,
    reads: pl.DataFrame,
    found: LesionReads,
    protocol: Protocol,
) -> pl.DataFrame:
    """The assessments with TRACE: rule, lesions, reason and source of each."""
    criterion = criterion_of(protocol)
    responses = timepoint_responses(
        evidence, criterion=criterion, options=response_options(protocol)
    ).filter(pl.col("ABLFL").is_null())
    why = explain_evidence(evidence, reads, key=found.key, criterion=criterion)
    explained = pl.concat(
        [
            assessments,
            responses.select(
                pl.col("RULE").cast(pl.String), REPORTED=pl.col("OVRLREPT").cast(pl.String)
            ),
            why.select(LESIONS="RULE_LESIONS", REASON="RULE_TEXT"),
        ],
        how="horizontal",
    )
    return _with_source(_dated_back(explained), found)


def _dated_back(explained: pl.DataFrame) -> pl.DataFrame:
    """Say so where progression counts from here although this timepoint keeps its response."""
    back = pl.col("AVALC") != pl.col("OVRLRESP")
    said = pl.col("REASON") + "; a finding here was called a new lesion later: progression"
    return explained.with_columns(REASON=pl.when(back).then(said).otherwise("REASON"))


def _with_source(explained: pl.DataFrame, found: LesionReads) -> pl.DataFrame:
    """SRCSEQ: the TR row of the first lesion that decided, else the first row of that day."""
    of_day = found.results.group_by(*found.key, "ADT").agg(
        pl.col("TRSEQ").min().alias("_day"), pl.col("ADTF").first()
    )
    explained = explained.with_columns(LNKID=pl.col("LESIONS").str.split(", ").list.first())
    lesion = [*found.key, "ADT", "LNKID"]
    deciding = explained.filter(pl.col("LNKID").is_not_null()).select(lesion)
    of_lesion = (
        found.results.join(deciding, on=lesion, how="semi")
        .group_by(lesion)
        .agg(pl.col("TRSEQ").min().alias("_lesion"))
    )
    return (
        explained.join(of_day, on=[*found.key, "ADT"], how="left", maintain_order="left")
        .join(of_lesion, on=lesion, how="left", maintain_order="left")
        .with_columns(
            SRCDOM=pl.lit("TR"),
            SRCVAR=pl.lit("TRORRES"),
            SRCSEQ=pl.coalesce("_lesion", "_day"),
        )
        .drop("_day", "_lesion", "LNKID")
    )
