# SPDX-License-Identifier: Apache-2.0
"""CTCAE grade of a laboratory result, by the cuts of contracts/ctcae.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl
import yaml

_DIGITS = 10
"""Significant digits compared: 3 x 1.1 is 3.3, whatever binary says."""


@cache
def toxicity_terms(direction: str) -> tuple[Mapping[str, Any], ...]:
    """The terms of CTCAE for low or for high results."""
    text = files("equipoise").joinpath("contracts", "ctcae.yaml").read_text("utf-8")
    terms = yaml.load(text, Loader=yaml.CSafeLoader)["terms"]
    return tuple(term for term in terms if term["direction"] == direction)


def term_of(direction: str) -> pl.Expr:
    """The term that PARAMCD falls under; null where CTCAE has none."""
    names = {test: term["term"] for term in toxicity_terms(direction) for test in term["tests"]}
    return pl.col("PARAMCD").replace_strict(names, default=None, return_dtype=pl.String)


def grade_of(direction: str) -> pl.Expr:
    """Grade 0 to 4 by PARAMCD, AVAL, AVALU, ANRLO, ANRHI, BASE and ABNORMAL.

    Null where CTCAE has no term, or where a cut that could raise the grade is not known: a limit
    of normal, or a unit no cut is given in. ABNORMAL : the baseline lay beyond the limit; null
    without a baseline, which counts as a normal one.
    """
    grade = pl.lit(None, dtype=pl.Int64)
    for term in toxicity_terms(direction):
        here = pl.col("PARAMCD").is_in(term["tests"])
        grade = pl.when(here).then(_grade(term)).otherwise(grade)
    return pl.when(pl.col("AVAL").is_not_null()).then(grade)


def uses_baseline() -> pl.Expr:
    """Whether the grade of a high result depends on how the baseline was."""
    tests = [test for t in toxicity_terms("high") if "abnormal" in t for test in t["tests"]]
    return pl.col("PARAMCD").is_in(tests)


def _grade(term: Mapping[str, Any]) -> pl.Expr:
    low = term["direction"] == "low"
    steps = [(grade, _step(cut, low=low, at=at)) for grade, cut, at in _cuts(term)]
    found = pl.max_horizontal(pl.when(step).then(grade) for grade, step in steps)
    found = found.fill_null(0).cast(pl.Int64)
    open_to = pl.max_horizontal(pl.when(step.is_null()).then(grade) for grade, step in steps)
    return pl.when((open_to <= found).fill_null(value=True)).then(found)


def _step(cut: pl.Expr, *, low: bool, at: pl.Expr) -> pl.Expr:
    value, cut = (side.round_sig_figs(_DIGITS) for side in (pl.col("AVAL"), cut))
    return (value < cut if low else value > cut) | ((value == cut) & at)


Cut = tuple[int, pl.Expr, pl.Expr]
"""Grade; cut in the result's unit, null where it is not known; whether the cut itself counts."""


def _cuts(term: Mapping[str, Any]) -> Iterator[Cut]:
    limit = pl.col("ANRLO" if term["direction"] == "low" else "ANRHI")
    never = pl.lit(float("-inf" if term["direction"] == "low" else "inf"))
    at = {grade: pl.lit(value=grade in term.get("at", ())) for grade in range(5)}
    if "limit" in term:
        yield term["limit"], limit, at[0]
    for grade, times in term.get("limits", {}).items():
        yield grade, limit * times, at[grade]
    for grade, times in term.get("baseline", {}).items():
        yield grade, (pl.col("BASE") * times).fill_null(never), at[grade]
    abnormal = pl.col("ABNORMAL").fill_null(value=False)
    for grade, times in term.get("normal", {}).items():
        of_baseline = pl.col("BASE") * term["abnormal"][grade]
        cut = pl.when(abnormal).then(of_baseline).otherwise(limit * times)
        yield grade, cut, abnormal & at[grade]
    scales = term.get("absolute", ())
    for grade in scales[0]["cuts"] if scales else ():
        yield grade, _absolute(scales, grade), at[grade]


def _absolute(scales: Sequence[Mapping[str, Any]], grade: int) -> pl.Expr:
    """The cut in the result's own unit; null for a unit that no scale names."""
    cuts = {
        unit.lower(): scale["cuts"][grade] / factor
        for scale in scales
        for unit, factor in scale["units"].items()
    }
    unit = pl.col("AVALU").str.to_lowercase()
    return unit.replace_strict(cuts, default=None, return_dtype=pl.Float64)
