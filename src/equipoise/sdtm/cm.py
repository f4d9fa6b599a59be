# SPDX-License-Identifier: Apache-2.0
"""Concomitant medication: other anticancer therapy after progression."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.records import Cell, domain_table, iso, sequence

THERAPY = "SUBSEQUENT ANTICANCER THERAPY"


def cm_table(protocol: Protocol, patients: pl.DataFrame) -> pl.DataFrame:
    """CM: the first other anticancer therapy of each patient who had one.

    Who crossed over has the treatment that the arm's `crossover` names.
    """
    rows = patients.with_row_index("subject").filter(pl.col("new_therapy").is_not_null())
    subject = rows["subject"].cast(pl.Int64)
    treatment = _treatments(protocol, rows)
    return domain_table(
        protocol,
        "CM",
        patients,
        subject,
        {
            "CMSEQ": sequence(subject),
            "CMTRT": treatment,
            "CMDECOD": treatment,
            "CMCAT": "ANTI-CANCER",
            "CMSTDTC": iso(rows["new_therapy"]),
        },
    )


def _treatments(protocol: Protocol, rows: pl.DataFrame) -> Cell:
    courses = protocol.simulation.arms if protocol.simulation else {}
    names = {arm: one.crossover.treatment for arm, one in courses.items() if one.crossover}
    if not names:
        return THERAPY
    crossed = rows["arm"].replace_strict(names, default=THERAPY, return_dtype=pl.String)
    return pl.select(pl.when(rows["crosses"]).then(crossed).otherwise(pl.lit(THERAPY))).to_series()
