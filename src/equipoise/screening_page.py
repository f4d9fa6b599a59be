# SPDX-License-Identifier: Apache-2.0
"""What `equipoise screen` prints: tables on a terminal, tab-separated text in a pipe."""

from __future__ import annotations

import sys

import click
import polars as pl

from equipoise.screening import Screened

_COLOURS = {"met": "green", "eligible": "green", "not met": "red", "not eligible": "red"}


def print_screened(screened: Screened) -> None:
    """Verdicts and criteria to the standard output."""
    rows = screened.criteria.join(screened.verdicts, on=["USUBJID", "TRIAL"], maintain_order="left")
    wide = rows.select(
        "USUBJID", "TRIAL", "VERDICT", "CRITERION", "KIND", "RESULT", "FACTS", "TEXT"
    )
    if sys.stdout.isatty():
        _print_tables(screened.verdicts, screened.criteria)
    else:
        click.echo(wide.write_csv(separator="\t", quote_style="never"), nl=False)


def _print_tables(verdicts: pl.DataFrame, criteria: pl.DataFrame) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    shown = ("CRITERION", "KIND", "TEXT", "RESULT", "FACTS")
    for subject, trial, verdict, deciding in verdicts.iter_rows():
        title = f"{escape(subject)}  {escape(trial)}: {verdict}"
        title += f" ({deciding})" if deciding else ""
        table = Table(
            title=title, title_justify="left", title_style=_COLOURS.get(verdict, "yellow")
        )
        for column in shown:
            table.add_column(column.capitalize())
        for row in criteria.filter(USUBJID=subject, TRIAL=trial).select(shown).iter_rows():
            style = _COLOURS.get(row[3], "yellow")
            cells = [escape(str(cell)) for cell in row]
            table.add_row(*cells[:3], f"[{style}]{cells[3]}[/{style}]", cells[4])
        console.print(table)
