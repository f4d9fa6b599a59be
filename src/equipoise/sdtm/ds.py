# SPDX-License-Identifier: Apache-2.0
"""Disposition: consent, randomisation, end of each treatment, end of study."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.records import domain_table, iso, sequence

MILESTONE, DISPOSITION = "PROTOCOL MILESTONE", "DISPOSITION EVENT"


def ds_table(protocol: Protocol, patients: pl.DataFrame, doses: pl.DataFrame) -> pl.DataFrame:
    """DS. DSSCAT tells the end of a treatment (TREATMENT <drug>) from that of the study (STUDY)."""
    numbered = patients.with_row_index("subject").with_columns(pl.col("subject").cast(pl.Int64))
    parts = [_events(numbered, "consent", pl.lit("INFORMED CONSENT OBTAINED"), MILESTONE, None)]
    if protocol.randomisation is not None:
        parts.append(_events(numbered, "entry", pl.lit("RANDOMIZED"), MILESTONE, None))
    drugs = {name: regimen.drug for name, regimen in protocol.regimens.items()}
    ended = _treatment_ends(numbered, doses)
    for name in drugs:
        of_drug = ended.filter(pl.col("regimen") == name)
        parts.append(
            _events(of_drug, "date", pl.col("reason"), DISPOSITION, f"TREATMENT {drugs[name]}")
        )
    died = pl.col("died").is_not_null()
    study_end = pl.when(died).then(pl.lit("DEATH")).otherwise(pl.col("left_reason"))
    parts.append(_events(numbered, "observed_to", study_end, DISPOSITION, "STUDY"))
    rows = pl.concat(
        [part.with_columns(pl.lit(order).alias("order")) for order, part in enumerate(parts)]
    ).sort("subject", "date", "order")
    return domain_table(
        protocol,
        "DS",
        patients,
        rows["subject"],
        {
            "DSSEQ": sequence(rows["subject"]),
            "DSTERM": rows["term"],
            "DSDECOD": rows["term"],
            "DSCAT": rows["category"],
            "DSSCAT": rows["subcategory"],
            "DSSTDTC": iso(rows["date"]),
        },
    )


def _events(
    frame: pl.DataFrame, date: str, term: pl.Expr, category: str, subcategory: str | None
) -> pl.DataFrame:
    return frame.select(
        pl.col("subject"),
        pl.col(date).alias("date"),
        term.alias("term"),
        pl.lit(category).alias("category"),
        pl.lit(subcategory, dtype=pl.String).alias("subcategory"),
    ).filter(pl.col("term").is_not_null() & pl.col("date").is_not_null())


def _treatment_ends(patients: pl.DataFrame, doses: pl.DataFrame) -> pl.DataFrame:
    """The end of each drug: COMPLETED after its last cycle, else the reason treatment stopped."""
    last = doses.group_by("subject", "regimen").agg(
        pl.col("completed").any(), pl.col("last").max().cast(pl.Date)
    )
    joined = last.join(patients.select("subject", "stop", "stop_reason"), on="subject")
    return joined.select(
        "subject",
        "regimen",
        pl.when("completed").then("last").otherwise("stop").alias("date"),
        pl.when("completed").then(pl.lit("COMPLETED")).otherwise("stop_reason").alias("reason"),
    )
