# SPDX-License-Identifier: Apache-2.0
"""Tumour results: sizes of targets and states of other lesions at each visit."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.records import domain_table, flags, iso, millimetres, sequence

TESTS = (
    ("LDIAM", "Longest Diameter"),
    ("LPERP", "Longest Perpendicular"),
    ("TUMSTATE", "Tumor State"),
)
NOT_EVALUABLE = "NOT EVALUABLE"


def tr_table(
    protocol: Protocol, patients: pl.DataFrame, measurements: pl.DataFrame
) -> pl.DataFrame:
    """TR: one row per evaluator, visit and lesion; a node is measured by its short axis."""
    target = measurements["class"] == "TARGET"
    test = (~target).cast(pl.Int64) * 2 + (target & measurements["node"]).cast(pl.Int64)
    text, number = millimetres(measurements["tenths"])
    result = pl.select(
        pl.coalesce(text, measurements["state"], pl.lit(NOT_EVALUABLE)).alias("result")
    )["result"]
    unit = pl.select(pl.when(measurements["tenths"].is_not_null()).then(pl.lit("mm")).alias("u"))[
        "u"
    ]
    return domain_table(
        protocol,
        "TR",
        patients,
        measurements["subject"],
        {
            "TRSEQ": sequence(measurements["subject"]),
            "TRGRPID": measurements["class"],
            "TRLNKID": measurements["link"],
            "TRTESTCD": pl.Series([code for code, _ in TESTS]).gather(test),
            "TRTEST": pl.Series([name for _, name in TESTS]).gather(test),
            "TRORRES": result,
            "TRORRESU": unit,
            "TRSTRESC": result,
            "TRSTRESN": number,
            "TRSTRESU": unit,
            "TRSTAT": None,
            **flags(protocol, "TR", measurements),
            "VISITNUM": measurements["scan"] + 2,
            "VISIT": measurements["visit"],
            "TRDTC": iso(measurements["date"]),
        },
    )
