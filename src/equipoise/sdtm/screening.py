# SPDX-License-Identifier: Apache-2.0
"""Screen failures: their rows in DM, SUPPDM and DS."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.dm import DEMOGRAPHIC, suppdm_table
from equipoise.sdtm.ds import DISPOSITION, MILESTONE
from equipoise.sdtm.records import domain_table, iso, sequence, subject_ids

CODE, LABEL, DECODED = "SCRNFAIL", "Screen Failure", "SCREEN FAILURE"


def with_screen_failures(
    protocol: Protocol, tables: Mapping[str, pl.DataFrame], failures: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """The tables of the study with the rows of those who were not enrolled."""
    people = failures.hstack(subject_ids(protocol, failures))
    covariates = [name for name in people.columns if name in _recorded(protocol)]
    added = {
        "DM": _demographics(protocol, people, tables["DM"]),
        "SUPPDM": suppdm_table(protocol, people, covariates),
        "DS": _disposition(protocol, people),
    }
    both = {
        name: pl.concat([tables[name], rows.select(tables[name].columns)], how="vertical_relaxed")
        for name, rows in added.items()
    }
    keys = ["REPID", "USUBJID"]
    return {**tables, **{n: t.sort(keys, maintain_order=True) for n, t in both.items()}}


def _recorded(protocol: Protocol) -> list[str]:
    world = protocol.simulation
    return [*world.continuous, *world.categorical] if world else []


def _demographics(protocol: Protocol, people: pl.DataFrame, like: pl.DataFrame) -> pl.DataFrame:
    """DM: the day of screening, and an arm that says that there is none."""
    subject = pl.int_range(people.height, eager=True)
    known = {name: people[name] for name in DEMOGRAPHIC if name in people.columns}
    frame = domain_table(
        protocol,
        "DM",
        people,
        subject,
        {
            "SUBJID": people["SUBJID"],
            "RFICDTC": iso(people["consent"]),
            "RFPENDTC": iso(people["failed"]),
            "SITEID": people["site"].cast(pl.String).str.zfill(2),
            "AGEU": "YEARS",
            **known,
            "ARMCD": CODE,
            "ARM": LABEL,
            "ACTARMCD": CODE,
            "ACTARM": LABEL,
        },
    )
    absent = [name for name in like.columns if name not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=like.schema[name]).alias(name) for name in absent)


def _disposition(protocol: Protocol, people: pl.DataFrame) -> pl.DataFrame:
    """DS: consent, then the failure, with its reason as the reported term."""
    numbered = people.with_row_index("subject").with_columns(pl.col("subject").cast(pl.Int64))
    rows = pl.concat(
        [
            numbered.select(
                "subject",
                pl.col("consent").alias("date"),
                pl.lit("INFORMED CONSENT OBTAINED").alias("term"),
                pl.lit("INFORMED CONSENT OBTAINED").alias("decoded"),
                pl.lit(MILESTONE).alias("category"),
                pl.lit(None, dtype=pl.String).alias("subcategory"),
            ),
            numbered.select(
                "subject",
                pl.col("failed").alias("date"),
                pl.col("reason").alias("term"),
                pl.lit(DECODED).alias("decoded"),
                pl.lit(DISPOSITION).alias("category"),
                pl.lit("STUDY").alias("subcategory"),
            ),
        ]
    ).sort("subject", maintain_order=True)
    return domain_table(
        protocol,
        "DS",
        people,
        rows["subject"],
        {
            "DSSEQ": sequence(rows["subject"]),
            "DSTERM": rows["term"],
            "DSDECOD": rows["decoded"],
            "DSCAT": rows["category"],
            "DSSCAT": rows["subcategory"],
            "DSSTDTC": iso(rows["date"]),
        },
    )
