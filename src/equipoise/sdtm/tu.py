# SPDX-License-Identifier: Apache-2.0
"""Tumour identification: which lesions each evaluator follows, and new ones."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.records import domain_table, flags, iso, sequence


def tu_table(protocol: Protocol, patients: pl.DataFrame, lesions: pl.DataFrame) -> pl.DataFrame:
    """TU: one row per evaluator and lesion."""
    return domain_table(
        protocol,
        "TU",
        patients,
        lesions["subject"],
        {
            "TUSEQ": sequence(lesions["subject"]),
            "TULNKID": lesions["link"],
            "TUTESTCD": "TUMIDENT",
            "TUTEST": "Tumor Identification",
            "TUORRES": lesions["class"],
            "TUSTRESC": lesions["class"],
            "TULOC": lesions["site"],
            "TUMETHOD": "CT SCAN",
            **flags(protocol, "TU", lesions),
            "VISITNUM": lesions["scan"] + 2,
            "VISIT": lesions["visit"],
            "TUDTC": iso(lesions["date"]),
        },
    )
