# SPDX-License-Identifier: Apache-2.0
"""Adverse events, in order of onset."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.records import domain_table, iso, sequence


def ae_table(protocol: Protocol, patients: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """AE with toxicity grades 1 to 5."""
    return domain_table(
        protocol,
        "AE",
        patients,
        events["subject"],
        {
            "AESEQ": sequence(events["subject"]),
            "AETERM": events["term"],
            "AEDECOD": events["term"],
            "AEBODSYS": events["body_system"],
            "AESOC": events["body_system"],
            "AETOXGR": events["grade"].cast(pl.String),
            "AESER": _yes_no(events["serious"]),
            "AEACN": events["action"],
            "AEREL": _yes_no(events["related"]),
            "AEOUT": events["outcome"],
            "AESDTH": _yes_no(events["grade"] == 5),
            "AESTDTC": iso(events["onset"]),
            "AEENDTC": iso(events["end"]),
        },
    )


def _yes_no(holds: pl.Series) -> pl.Series:
    return pl.Series(["N", "Y"]).gather(holds.cast(pl.Int64))
