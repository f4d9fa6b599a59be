# SPDX-License-Identifier: Apache-2.0
"""Response as each evaluator recorded it."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.records import domain_table, flags, iso, sequence

TESTS = {
    "target": ("TRGRESP", "Target Response"),
    "non_target": ("NTRGRESP", "Non-target Response"),
    "new_lesion": ("NEWLIND", "New Lesion Indicator"),
    "overall": ("OVRLRESP", "Overall Response"),
}


def rs_table(protocol: Protocol, patients: pl.DataFrame, reads: pl.DataFrame) -> pl.DataFrame:
    """RS: the parts of the response and the overall response, by evaluator and visit."""
    rows = (
        pl.concat(
            [
                reads.select(
                    "subject",
                    "evaluator",
                    "scan",
                    "date",
                    "visit",
                    pl.col(column).alias("result"),
                    pl.lit(order, dtype=pl.Int64).alias("test"),
                )
                for order, column in enumerate(TESTS)
            ]
        )
        .filter(pl.col("result").is_not_null())
        .sort("subject", "evaluator", "scan", "test")
    )
    return domain_table(
        protocol,
        "RS",
        patients,
        rows["subject"],
        {
            "RSSEQ": sequence(rows["subject"]),
            "RSTESTCD": pl.Series([code for code, _ in TESTS.values()]).gather(rows["test"]),
            "RSTEST": pl.Series([name for _, name in TESTS.values()]).gather(rows["test"]),
            "RSCAT": protocol.response.criteria,
            "RSORRES": rows["result"],
            "RSSTRESC": rows["result"],
            "RSSTAT": None,
            **flags(protocol.evaluators, "RS", rows["evaluator"]),
            "VISITNUM": rows["scan"] + 2,
            "VISIT": rows["visit"],
            "RSDTC": iso(rows["date"]),
        },
    )
