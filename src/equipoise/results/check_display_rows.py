# SPDX-License-Identifier: Apache-2.0
"""Checks on the door of the rows that figures of single patients draw."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from equipoise.errors import Fault
from equipoise.results.display_rows import ABSENT, BEST, TREATED
from equipoise.results.schema import contract
from equipoise.results.shown import GROUPING, SHOWN


def check_display_rows(rows: pl.DataFrame, results: pl.DataFrame) -> Iterator[Fault]:
    """The marks are known, places run from 1, and as many patients are drawn as are counted."""
    marks = contract("display_rows")["columns"]["mark"]["values"]
    yield from _fault(
        f"a mark is not one of {', '.join(marks)}",
        rows.filter(~pl.col("mark").is_in(marks)),
        "see contracts/display_rows.yaml",
    )
    yield from _fault(
        "a patient is left out without a reason",
        rows.filter((pl.col("mark") == ABSENT) & pl.col("note").is_null()),
        "say in `note` why the patient is not shown",
    )
    needs = pl.col("mark").is_in([BEST, TREATED, "sum", "lesion"])
    yield from _fault(
        "a mark has no finite value to be drawn at",
        rows.filter(needs & ~pl.col("value").is_finite().fill_null(value=False)),
        "leave the patient out, with the reason in `note`",
    )
    both = (pl.col("mark") == ABSENT).n_unique().over("display_id", "USUBJID") > 1
    yield from _fault(
        "a patient is shown and left out", rows.filter(both), "one display, one or the other"
    )
    yield from _check_places(rows)
    yield from _check_numbers(rows, results)


def _check_places(rows: pl.DataFrame) -> Iterator[Fault]:
    bars = rows.filter(pl.col("mark").is_in([BEST, TREATED]))
    wanted = pl.int_range(1, pl.len() + 1)
    by = ["display_id", "arm"]
    off = bars.sort(*by, "place").filter(pl.col("place").ne_missing(wanted.over(by)))
    yield from _fault(
        "the places of an arm's patients are not 1, 2, 3 ...", off, "number them in their order"
    )


def _check_numbers(rows: pl.DataFrame, results: pl.DataFrame) -> Iterator[Fault]:
    """Patients drawn, and left out for each reason, are those that the results count."""
    keys = ["analysis_id", "arm", "level"]
    counted = results.filter(pl.col("g1_var") == GROUPING, stat="n").select(
        "analysis_id", "arm", level="g1_level", n=pl.col("value").cast(pl.Int64)
    )
    drawn = (
        rows.filter(pl.col("display_id") != "profile")
        .select(
            "USUBJID",
            "arm",
            "display_id",
            analysis_id=_analysis(),
            level=pl.when(pl.col("mark") == ABSENT).then("note").otherwise(pl.lit(SHOWN)),
        )
        .group_by("display_id", *keys)
        .agg(pl.col("USUBJID").n_unique().cast(pl.Int64).alias("drawn"))
    )
    joined = drawn.join(counted, on=keys, how="left")
    wrong = joined.filter(pl.col("drawn").ne_missing(pl.col("n")))
    wrong = wrong.with_columns(USUBJID=pl.lit(None, dtype=pl.String)).sort("display_id", *keys)
    yield from _fault(
        "a display shows or leaves out another number of patients than the results count",
        wrong,
        "take both from the same condition, results/shown.py",
    )


def _analysis() -> pl.Expr:
    """The analysis that counts whom the display shows."""
    swimmer = pl.col("display_id") == "swimmer"
    evaluator = pl.col("display_id").str.replace(r"^[a-z]+\.", "")
    return pl.when(swimmer).then(pl.lit("TREATMENT")).otherwise(pl.lit("CHANGE.") + evaluator)


def _fault(what: str, rows: pl.DataFrame, mend: str) -> Iterator[Fault]:
    if rows.height:
        first = rows.row(0, named=True)
        named = [first.get(name) for name in ("display_id", "arm", "USUBJID", "mark")]
        place = ", ".join(str(part) for part in named if part is not None)
        yield Fault(what=what, where=f"display_rows, {rows.height} rows, first {place}", mend=mend)
