# SPDX-License-Identifier: Apache-2.0
"""Replicates to operating characteristics: sums per block, then means with their error."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from equipoise.rehearsal.truth import Truth
from equipoise.statistics.normal import critical_value

KEY = ["analysis_id", "method_id", "arm", "comparator", "stat"]
LIMITS = {"log_hr": ("hr.lcl", "hr.ucl", math.exp), "median": ("median.lcl", "median.ucl", float)}
LIMITS["pct"] = ("pct.lcl", "pct.ucl", float)
_SUMS = ["n", "total", "squares"]


def sum_block(
    numbers: pl.DataFrame, truths: Sequence[Truth], *, alpha: float | None
) -> pl.DataFrame:
    """Number, sum and sum of squares of every quantity in one block of replicates.

    Parameters    alpha : one-sided level of `reject`, the share of log-rank tests in favour of the
                  experimental arm; None: no such quantity
    Returns       KEY, quantity, truth, replicates, n, total, squares
    """
    parts = [numbers.with_columns(quantity=pl.lit("mean"), truth=pl.lit(None, dtype=pl.Float64))]
    if alpha is not None:
        critical = critical_value(1.0 - 2.0 * alpha)
        tests = parts[0].filter(pl.col("method_id").str.starts_with("logrank"), stat="z")
        rejects = (pl.col("value") <= -critical).cast(pl.Float64)
        parts.append(tests.with_columns(quantity=pl.lit("reject"), value=rejects))
    for truth in truths:
        parts += _against(numbers, truth)
    value = pl.col("value")
    return (
        pl.concat(parts)
        .group_by(*KEY, "quantity", "truth", maintain_order=True)
        .agg(
            replicates=pl.len().cast(pl.Int64),
            n=value.count().cast(pl.Int64),
            total=value.sum(),
            squares=(value * value).sum(),
        )
    )


def _against(numbers: pl.DataFrame, truth: Truth) -> Iterator[pl.DataFrame]:
    """How far each estimate is from the truth, and whether its interval covers it.

    A limit that is not reached does not bound the interval; where there is no estimate there is
    no interval.
    """
    low, high, scale = LIMITS[truth.stat]
    rows = numbers.filter(
        pl.col("analysis_id") == truth.analysis_id,
        pl.col("method_id") == truth.method_id,
        pl.col("arm").eq_missing(truth.arm),
        pl.col("comparator").eq_missing(truth.comparator),
    )
    estimate = rows.filter(stat=truth.stat).with_columns(truth=pl.lit(truth.value))
    yield estimate.with_columns(
        quantity=pl.lit("bias"), value=pl.col("value") - truth.value
    ).select(*numbers.columns, "quantity", "truth")
    ends = [rows.filter(stat=name).select("REPID", **{name: "value"}) for name in (low, high)]
    for end in ends:
        estimate = estimate.join(end, on="REPID", how="left", maintain_order="left")
    real = scale(truth.value)
    within = (pl.col(low).fill_null(-math.inf) <= real) & (pl.col(high).fill_null(math.inf) >= real)
    covers = pl.when(pl.col("value").is_not_null()).then(within.cast(pl.Float64))
    yield estimate.with_columns(quantity=pl.lit("coverage"), value=covers).select(
        *numbers.columns, "quantity", "truth"
    )


def join_sums(blocks: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Every quantity over all blocks: value, its Monte-Carlo error, spread, and how many gave it.

    Returns       KEY, quantity, value, se, sd, n (replicates with a value), replicates, truth
    """
    first = blocks[0]
    made, n, total, squares = (
        np.stack([block[c].to_numpy() for block in blocks]) for c in ("replicates", *_SUMS)
    )
    count = n.sum(axis=0)
    sums = np.array([[math.fsum(column) for column in part.T] for part in (total, squares)])
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums[0] / count
        sd = np.sqrt(np.maximum(sums[1] - sums[0] * mean, 0.0) / (count - 1))
        se = sd / np.sqrt(count)
    return first.select(*KEY, "quantity").with_columns(
        pl.Series("value", mean, nan_to_null=True),
        pl.Series("se", np.where(count > 1, se, np.nan), nan_to_null=True),
        pl.Series("sd", np.where(count > 1, sd, np.nan), nan_to_null=True),
        pl.Series("n", count),
        pl.Series("replicates", made.sum(axis=0)),
        first["truth"],
    )
