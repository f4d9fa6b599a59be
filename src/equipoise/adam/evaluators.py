# SPDX-License-Identifier: Apache-2.0
"""Which rows of RS, TU and TR belong to an evaluator of the protocol."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Evaluator


def rows_of(evaluator: Evaluator, frame: pl.DataFrame, *, domain: str) -> pl.DataFrame:
    """The evaluator's rows: its `where`, given for RS, holds for TU and TR by variable suffix.

    A variable that the table lacks selects nothing, unless the evaluator does not name it.
    """
    clauses = {domain + name[2:]: value for name, value in evaluator.where.items()}
    if evaluator.accepted_only:
        clauses[f"{domain}ACPTFL"] = "Y"
    selected = pl.lit(value=True)
    for name, value in clauses.items():
        if name not in frame.columns:
            return frame.clear()
        selected &= (pl.col(name) == value).fill_null(value=False)
    return frame.filter(selected)
