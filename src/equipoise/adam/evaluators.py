# SPDX-License-Identifier: Apache-2.0
"""Which rows of RS, TU and TR belong to an evaluator of the protocol."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Evaluator, Protocol
from equipoise.tables import subject_key


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


def reading_evaluators(protocol: Protocol) -> tuple[Evaluator, ...]:
    """Evaluators with reads of their own, in the protocol's order; not those who accept a read."""
    return tuple(e for e in protocol.evaluators if e.adjudication is None)


def evaluator_names(protocol: Protocol) -> pl.Enum:
    """The type of EVALUATOR while tables are derived: joining and sorting text costs far more."""
    return pl.Enum([evaluator.id for evaluator in protocol.evaluators])


def named_evaluator(evaluator: Evaluator, protocol: Protocol) -> pl.Expr:
    """EVALUATOR of rows that belong to this one."""
    return pl.lit(evaluator.id, dtype=evaluator_names(protocol)).alias("EVALUATOR")


def every_read(adsl: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """Every subject with every evaluator who reads: the subject key and EVALUATOR."""
    names = [evaluator.id for evaluator in reading_evaluators(protocol)]
    readers = pl.Series("EVALUATOR", names, dtype=evaluator_names(protocol)).to_frame()
    return adsl.select(subject_key(adsl)).join(readers, how="cross")


def readers_of(evaluator: Evaluator, protocol: Protocol) -> tuple[Evaluator, ...]:
    """Whose rows an evaluator stands on: his own, or those of the two readers he accepts from."""
    if evaluator.adjudication is None:
        return (evaluator,)
    return tuple(e for e in protocol.evaluators if e.id in evaluator.adjudication.readers)
