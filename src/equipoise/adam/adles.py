# SPDX-License-Identifier: Apache-2.0
"""Non-target and new lesions at each scan: the state that each evaluator saw."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.lesion_reads import derive_lesion_reads
from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key


def derive_adles(
    tables: Mapping[str, pl.DataFrame], adsl: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame:
    """One row per evaluator, lesion and scan; sizes of targets are in ADTR.

    Parameters    tables : TU and TR, conformed, as of the cut-off
    Returns       ADLES: AVALC is the state as recorded
    """
    found = derive_lesion_reads(tables, adsl, protocol, partial="first")
    key = subject_key(adsl)
    lesions = found.lesions.filter(pl.col("CLASS") != "TARGET").select(
        *found.key, TRLNKID="LNKID", LESCLASS="CLASS", LOC="LOC"
    )
    known = lesions.unique(subset=[*found.key, "TRLNKID"], keep="first", maintain_order=True)
    measured = found.measurements.select(
        *found.key, "VISIT", "ADT", TRLNKID="LNKID", AVALC="STATE", AVAL="SIZE"
    )
    known, measured = (
        rows.with_columns(pl.col(pl.Enum).cast(pl.String)) for rows in (known, measured)
    )
    columns = [c.name for c in load_contract("ADLES").columns]
    return (
        measured.join(known, on=[*found.key, "TRLNKID"], how="inner")
        .join(adsl.select(*key, "STUDYID"), on=key, how="inner")
        .sort(*found.key, "TRLNKID", "ADT", "VISIT")
        .with_columns(ASEQ=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(key))
        .select(*(c for c in key if c == "REPID"), *columns)
    )
