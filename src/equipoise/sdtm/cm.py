# SPDX-License-Identifier: Apache-2.0
"""Concomitant medication: other anticancer therapy after progression."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.records import domain_table, iso, sequence

THERAPY = "SUBSEQUENT ANTICANCER THERAPY"


def cm_table(protocol: Protocol, patients: pl.DataFrame) -> pl.DataFrame:
    """CM: the first other anticancer therapy of each patient who had one."""
    rows = patients.with_row_index("subject").filter(pl.col("new_therapy").is_not_null())
    subject = rows["subject"].cast(pl.Int64)
    return domain_table(
        protocol,
        "CM",
        patients,
        subject,
        {
            "CMSEQ": sequence(subject),
            "CMTRT": THERAPY,
            "CMDECOD": THERAPY,
            "CMCAT": "ANTI-CANCER",
            "CMSTDTC": iso(rows["new_therapy"]),
        },
    )
