# SPDX-License-Identifier: Apache-2.0
"""Progression that the independent review saw too."""

from __future__ import annotations

import polars as pl

from equipoise.errors import Fault, ProtocolError
from equipoise.protocol.model import Evaluator, Protocol
from equipoise.tables import subject_key


def only_verified(
    frame: pl.DataFrame, adrs: pl.DataFrame, *, evaluator: Evaluator, protocol: Protocol
) -> pl.DataFrame:
    """Drop PDDT and PDSEQ where the independent evaluator found no progression by that visit.

    Returns       the frame with UNVERIFIED: a progression was dropped
    Notes         By that visit = on a day up to one window of the calendar later. What the
                  independent evaluator finds himself needs nobody else.
    Raises        ProtocolError - the protocol declares no independent evaluator, or several
    """
    independent = [e.id for e in protocol.evaluators if e.independent]
    if evaluator.id in independent:
        return frame.with_columns(UNVERIFIED=pl.lit(value=False))
    if len(independent) != 1:
        raise ProtocolError(
            Fault(
                what="a rule set needs the independent review, and the protocol declares "
                + (", ".join(independent) or "none"),
                where="protocol: evaluators",
                mend="add `independent: true` to the one evaluator who verifies progression",
            )
        )
    key = subject_key(frame)
    seen = adrs.filter(
        pl.col("EVALUATOR") == independent[0], pl.col("PARAMCD") == "PD", pl.col("AVALC") == "Y"
    ).select(*key, _seen="ADT")
    until = pl.col("PDDT") + pl.duration(days=protocol.assessments.window_days)
    verified = (pl.col("_seen") <= until).fill_null(value=False)
    return (
        frame.join(seen, on=key, how="left", maintain_order="left")
        .with_columns(UNVERIFIED=pl.col("PDDT").is_not_null() & ~verified)
        .with_columns(pl.when(verified).then(c).alias(c) for c in ("PDDT", "PDSEQ"))
        .drop("_seen")
    )
