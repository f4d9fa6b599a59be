# SPDX-License-Identifier: Apache-2.0
"""The results in the shape of the R package cards: one record per number.

Source: cards, `check_ard_structure`: group1 ... with their levels, variable, variable_level,
context, stat_name, stat_label, stat, fmt_fun, warning, error. cards keeps R functions in `fmt_fun`
and lists in the levels; here the format is our code, such as pct1, and a level is its text.
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from equipoise.results.schema import GROUPINGS

Json = dict[str, Any]


def cards_json(results: pl.DataFrame) -> bytes:
    """A list of records as JSON text, in the order of `results`.

    Our columns that cards has not come last: result_id, analysis_id, unit, time, state, display.
    """
    rows = [_record(row) for row in results.iter_rows(named=True)]
    width = max((sum(key.endswith("_level") for key in row) - 1 for row in rows), default=0)
    padded = [_padded(row, width) for row in rows]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in padded)
    return f"[\n{lines}\n]\n".encode()


def _record(row: Json) -> Json:
    """The last grouping is the variable; arms and the other groupings are groups."""
    levels = [
        (row[f"g{at}_var"], row[f"g{at}_level"])
        for at in range(1, GROUPINGS + 1)
        if row[f"g{at}_var"]
    ]
    groups = [
        (name, row[column])
        for name, column in (
            ("ARM", "arm"),
            ("COMPARATOR", "comparator"),
            ("REFERENCE", "reference"),
        )
        if row[column]
    ] + levels[:-1]
    variable, level = levels[-1] if levels else (row["paramcd"] or row["dataset"], None)
    made: Json = {}
    for at, (name, value) in enumerate(groups, start=1):
        made |= {f"group{at}": name, f"group{at}_level": value}
    return made | {
        "variable": variable,
        "variable_level": level,
        "context": row["method_id"],
        "stat_name": row["stat"],
        "stat_label": row["stat_label"],
        "stat": row["value"],
        "fmt_fun": row["fmt"],
        "warning": row["warning"],
        "error": row["error"],
        "result_id": row["result_id"],
        "analysis_id": row["analysis_id"],
        "ci_of": row["ci_of"],
        "unit": row["unit"],
        "time": row["time"],
        "state": row["state"],
        "display": row["display"],
        "run_id": row["run_id"],
    }


def _padded(row: Json, width: int) -> Json:
    """Every record with as many groups, so that the list is a table."""
    empty = {
        f"group{at}{part}": row.get(f"group{at}{part}")
        for at in range(1, width + 1)
        for part in ("", "_level")
    }
    return empty | {key: value for key, value in row.items() if key not in empty}
