# SPDX-License-Identifier: Apache-2.0
"""Response as each evaluator recorded it."""

from __future__ import annotations

import numpy as np
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
    # One row per read and part, read by read, without the parts that do not apply.
    read = np.repeat(np.arange(reads.height), len(TESTS))
    test = np.tile(np.arange(len(TESTS)), reads.height)
    parts = pl.concat([reads[column].alias("result") for column in TESTS])
    result = parts.gather(test * reads.height + read)
    there = result.is_not_null().to_numpy()
    rows = reads[read[there]]
    result, code = result.filter(there), pl.Series(test[there])
    return domain_table(
        protocol,
        "RS",
        patients,
        rows["subject"],
        {
            "RSSEQ": sequence(rows["subject"]),
            "RSTESTCD": pl.Series([code for code, _ in TESTS.values()]).gather(code),
            "RSTEST": pl.Series([name for _, name in TESTS.values()]).gather(code),
            "RSCAT": protocol.response.criteria,
            "RSORRES": result,
            "RSSTRESC": result,
            "RSSTAT": None,
            **flags(protocol, "RS", rows),
            "VISITNUM": rows["scan"] + 2,
            "VISIT": rows["visit"],
            "RSDTC": iso(rows["date"]),
        },
    )
