# SPDX-License-Identifier: Apache-2.0
"""A rehearsal on the terminal: one line per number, with its Monte-Carlo error."""

from __future__ import annotations

import sys

import click
import polars as pl

_MEANS = ("median", "hr", "pct", "n_event")
_COLUMNS = ("analysis_id", "method_id", "arm", "stat", "quantity", "value", "se", "truth", "n")


def shown_rows(table: pl.DataFrame) -> pl.DataFrame:
    """The rows a reader looks for first, the arm that is compared in the column `arm`."""
    stat, quantity = pl.col("stat"), pl.col("quantity")
    return table.filter((quantity != "mean") | stat.is_in(_MEANS)).with_columns(
        arm=pl.coalesce("arm", "comparator")
    )


def print_rehearsal(table: pl.DataFrame) -> None:
    """A table on a terminal, tab-separated values elsewhere."""
    rows = shown_rows(table).select(_COLUMNS)
    if not sys.stdout.isatty():
        labelled = rows.with_columns(data=pl.lit("SIMULATED"))
        click.echo(labelled.write_csv(separator="\t"), nl=False)
        return
    from rich.console import Console
    from rich.table import Table

    shown = Table(title="Simulated trials, not patient data", title_justify="left")
    for heading in ("Analysis", "Method", "Arm", "Number", "Quantity", "Value", "Truth", "Trials"):
        number = heading in ("Value", "Truth", "Trials")
        shown.add_column(heading, justify="right" if number else "left")
    for analysis, method, arm, stat, quantity, value, se, truth, n in rows.iter_rows():
        shown.add_row(
            analysis, method, arm, stat, quantity, _with_error(value, se), _number(truth), str(n)
        )
    Console().print(shown)


def _with_error(value: float | None, se: float | None) -> str:
    return "NE" if value is None else f"{_number(value)} ({_number(se)})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
