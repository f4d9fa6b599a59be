# SPDX-License-Identifier: Apache-2.0
"""Which subjects' times end otherwise under another censoring rule set, and by which rules."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key

_ENDS = ("ADT", "CNSR", "RULE", "EVNTDESC")


def derive_rule_set_moves(adtte: pl.DataFrame, protocol: Protocol) -> pl.DataFrame | None:
    """ADTTECMP: subjects who move from the primary to a sensitivity rule set of one endpoint.

    Returns       None where no endpoint names a sensitivity set; subjects who stay have no row
    """
    parts = [
        _moves(adtte.filter(ENDPOINT=endpoint.id), endpoint.censoring, other)
        for endpoint in protocol.endpoints
        for other in endpoint.sensitivity
        if endpoint.censoring is not None and other != endpoint.censoring
    ]
    if not parts:
        return None
    key = subject_key(adtte)
    return (
        pl.concat(parts)
        .select(
            *(c for c in key if c == "REPID"),
            *(c.name for c in load_contract("ADTTECMP").columns),
        )
        .sort(*key, "PARAMCD", "EVALUATOR", "RULESET2", nulls_last=True)
    )


def _moves(times: pl.DataFrame, primary: str, other: str) -> pl.DataFrame:
    key = subject_key(times)
    one, two = (
        times.filter(RULESET=name).rename({c: f"{c}{i}" for c in (*_ENDS, "RULESET")})
        for i, name in ((1, primary), (2, other))
    )
    ends = [f"{c}2" for c in (*_ENDS, "RULESET")]
    both = one.join(two.select(*key, "STARTDT", *ends), on=[*key, "STARTDT"], how="inner")
    was, is_now = pl.col("CNSR1") == 0, pl.col("CNSR2") == 0
    change = (
        pl.when(was & ~is_now)
        .then(pl.lit("EVENT TO CENSORED"))
        .when(~was & is_now)
        .then(pl.lit("CENSORED TO EVENT"))
        .otherwise(pl.lit("DATE OR REASON"))
    )
    moved = pl.any_horizontal(pl.col(f"{c}1") != pl.col(f"{c}2") for c in ("ADT", "CNSR", "RULE"))
    return both.filter(moved).with_columns(
        DAYS=(pl.col("ADT2") - pl.col("ADT1")).dt.total_days(), CHANGE=change
    )
