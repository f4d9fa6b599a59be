# SPDX-License-Identifier: Apache-2.0
"""Exposure: doses given, one row per drug and cycle."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.records import domain_table, iso, sequence


def ex_table(protocol: Protocol, patients: pl.DataFrame, doses: pl.DataFrame) -> pl.DataFrame:
    """EX, in order of dosing."""
    names = list(protocol.regimens)
    regimens = list(protocol.regimens.values())
    code = pl.Series([], dtype=pl.Int64)  # a protocol without regimens gives no doses
    if names:
        code = doses["regimen"].replace_strict(names, range(len(names)), return_dtype=pl.Int64)
    frequency = ["QD" if len(regimen.schedule.days) > 1 else "ONCE" for regimen in regimens]

    def by_regimen(values: list[str]) -> pl.Series:
        return pl.Series(values, dtype=pl.String).gather(code)

    return domain_table(
        protocol,
        "EX",
        patients,
        doses["subject"],
        {
            "EXSEQ": sequence(doses["subject"]),
            "EXTRT": by_regimen([regimen.drug for regimen in regimens]),
            "EXDOSE": doses["dose"],
            "EXDOSU": by_regimen([regimen.unit for regimen in regimens]),
            "EXDOSFRQ": by_regimen(frequency),
            "EXROUTE": by_regimen([regimen.route for regimen in regimens]),
            "VISIT": "CYCLE " + doses["cycle"].cast(pl.String),
            "EXSTDTC": iso(doses["first"].cast(pl.Date)),
            "EXENDTC": iso(doses["last"].cast(pl.Date)),
        },
    )
