# SPDX-License-Identifier: Apache-2.0
"""What each arm was to be given: one row per arm and drug, from the protocol's regimens."""

from __future__ import annotations

from typing import Any

import polars as pl

from equipoise.protocol.model import Protocol, Regimen

_SCHEMA: dict[str, Any] = {
    "ARMCD": pl.String,
    "DRUG": pl.String,
    "REGIMEN": pl.String,
    "PLANNED": pl.Float64,
    "UNIT": pl.String,
    "PER": pl.String,
    "FORMULA": pl.String,
    "PLACEBO": pl.Boolean,
    "FIRSTD": pl.Int64,
    "DOSEDAYS": pl.List(pl.Int64),
    "CYCLED": pl.Int64,
}


def derive_regimen_plan(protocol: Protocol) -> pl.DataFrame:
    """The plan per arm and drug; a drug of two regimens in one arm has none: no row says which.

    Returns       PLANNED : dose per administration, in UNIT; DOSEDAYS : dosing days of a cycle,
                  counted from its first one, FIRSTD; CYCLED : length of a cycle in days
    """
    rows = [
        {"ARMCD": arm.id, "REGIMEN": name, **_row(protocol.regimens[name])}
        for arm in protocol.arms
        for name in arm.regimens
    ]
    plan = pl.DataFrame(rows, schema=_SCHEMA)
    return plan.filter(~pl.struct("ARMCD", "DRUG").is_duplicated())


def _row(regimen: Regimen) -> dict[str, object]:
    days = sorted(set(regimen.schedule.days))
    return {
        "DRUG": regimen.drug.upper(),
        "PLANNED": regimen.dose,
        "UNIT": regimen.unit,
        "PER": regimen.per,
        "FORMULA": regimen.body_surface,
        "PLACEBO": regimen.placebo,
        "FIRSTD": days[0],
        "DOSEDAYS": [day - days[0] for day in days],
        "CYCLED": regimen.schedule.cycle_days,
    }
