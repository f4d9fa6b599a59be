# SPDX-License-Identifier: Apache-2.0
"""Find one number in the results table by what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

Row = dict[str, Any]
_KEYS = ("analysis_id", "method_id", "stat", "arm", "comparator", "time", "ci_of")
_LEVELS = ("g1_level", "g2_level", "g3_level", "g4_level")


@dataclass(frozen=True, slots=True)
class Lookup:
    """The results by analysis, method, stat, arm, comparator, time, limit and innermost level."""

    rows: dict[tuple[Any, ...], Row]

    def find(
        self,
        analysis: str,
        method: str,
        stat: str,
        *,
        arm: str | None = None,
        comparator: str | None = None,
        time: float | None = None,
        level: str | None = None,
        ci_of: str | None = None,
    ) -> Row | None:
        """The row, or None where the trial has no such number."""
        return self.rows.get((analysis, method, stat, arm, comparator, time, ci_of, level))

    def limits(self, estimate: Row) -> tuple[Row, Row] | None:
        """The lower and upper limit of an estimate, or None where it has none."""
        lower, upper = (
            self.find(
                estimate["analysis_id"],
                estimate["method_id"],
                stat,
                arm=estimate["arm"],
                comparator=estimate["comparator"],
                time=estimate["time"],
                level=innermost_level(estimate),
                ci_of=estimate["result_id"],
            )
            for stat in ("lcl", "ucl")
        )
        return (lower, upper) if lower and upper else None


def innermost_level(row: Row) -> str | None:
    """The level of the last grouping that the row has."""
    return next((row[name] for name in reversed(_LEVELS) if row[name] is not None), None)


def make_lookup(results: pl.DataFrame) -> Lookup:
    """The lookup of a results table; curves are left out, nobody looks for one of their steps."""
    rows = results.filter(~pl.col("method_id").str.contains("curve|risk")).to_dicts()
    return Lookup({(*(row[key] for key in _KEYS), innermost_level(row)): row for row in rows})
