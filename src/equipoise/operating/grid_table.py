# SPDX-License-Identifier: Apache-2.0
"""The long table of operating characteristics as a person reads it: one row per scenario."""

from __future__ import annotations

import polars as pl

WHOLE_TRIAL = ("reject", "futile", "events", "sample_size", "duration", "stopped_bias")
"""What a design meeting asks first: power, futility, and what the trial costs."""


def tabulate_scenarios(
    characteristics: pl.DataFrame, *, quantities: tuple[str, ...] = WHOLE_TRIAL, look: int = 0
) -> pl.DataFrame:
    """One row per scenario: its levels, then each quantity of `look` with its standard error.

    Returns       scenario, the levels, n, and for each quantity two columns: quantity, quantity_se
    """
    labels = _labels(characteristics)
    rows = characteristics.filter(look=look).select(*labels, pl.col("n").max().over("scenario"))
    table = rows.unique(maintain_order=True)
    for quantity in quantities:
        found = characteristics.filter(look=look, quantity=quantity).select(
            "scenario",
            pl.col("value").alias(quantity),
            pl.col("se").alias(f"{quantity}_se"),
        )
        table = table.join(found, on="scenario", how="left", maintain_order="left")
    return table


def plot_points(characteristics: pl.DataFrame, *, quantity: str, look: int = 0) -> pl.DataFrame:
    """One quantity across the grid, ready to draw: levels, value, value +- 2 standard errors."""
    found = characteristics.filter(look=look, quantity=quantity)
    return found.select(
        *_labels(characteristics),
        "value",
        (pl.col("value") - 2 * pl.col("se")).alias("low"),
        (pl.col("value") + 2 * pl.col("se")).alias("high"),
        "unit",
    )


def _labels(characteristics: pl.DataFrame) -> list[str]:
    return characteristics.columns[: characteristics.columns.index("quantity")]
