# SPDX-License-Identifier: Apache-2.0
"""What planning a trial gives: tables for the page, and a paragraph for the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """`kind` as the protocol's design section; `paragraph` for its statistical section; `tables`.

    SUMMARY: item, value (text), origin `given`, `solved` or `computed`.
    LOOKS, time-to-event: one row per look; events, patients, month with its 90% interval by chance
    alone, bounds as Z, one-sided p and hazard ratio, error spent, chance of stopping under no
    effect and under the plan's effect. POWER: hazard ratio against power. TIMELINE: month against
    patients and events. CONDITIONAL: what an interim result would promise.
    FORMULAS: events by Schoenfeld, Lachin and Foulkes, and Freedman.
    REESTIMATION, ASSURANCE, MULTIPLICITY: where the protocol declares them.
    STAGES, RATES: for response designs, rules and operating characteristics by true rate.
    """

    kind: str
    tables: Mapping[str, pl.DataFrame]
    paragraph: str


def summary_table(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    """SUMMARY from (item, value, origin) rows."""
    return pl.DataFrame(rows, schema=["item", "value", "origin"], orient="row")
