# SPDX-License-Identifier: Apache-2.0
"""Every candidate against every criterion of a protocol, with the facts that decide."""

from __future__ import annotations

import polars as pl

from equipoise.eligibility.clause import UNIT, criterion_holds, variables_of
from equipoise.grouping import derive_groupings
from equipoise.protocol.model import Criterion, Protocol

_ANSWERS = {"Y": True, "YES": True, "TRUE": True, "1": True, "MET": True}
_ANSWERS |= {"N": False, "NO": False, "FALSE": False, "0": False, "NOT MET": False}


def screen_candidates(
    candidates: pl.DataFrame, protocol: Protocol
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Criteria and verdicts of each candidate.

    Parameters    candidates : one row per subject (USUBJID), every column text; a column that
                  bears the id of a criterion holds a person's answer to it: Y or N
    Returns       criteria: USUBJID TRIAL CRITERION KIND TEXT RESULT (met, not met, unknown) FACTS;
                  met: an inclusion criterion is so, an exclusion criterion is not so
                  verdicts: USUBJID TRIAL VERDICT (eligible, not eligible, unknown) DECIDED_BY
    Notes         Kleene: not eligible as soon as one criterion is not met, eligible when all are
                  met, else unknown. Where data and a person's answer disagree: unknown.
    """
    known = derive_groupings(candidates, protocol.groupings).with_columns(pl.all().cast(pl.String))
    eligibility = protocol.eligibility
    listed = [(c, "inclusion") for c in eligibility.include]
    listed += [(c, "exclusion") for c in eligibility.exclude]
    parts = [
        _evaluate(known, criterion, kind).with_columns(ORDER=pl.lit(order))
        for order, (criterion, kind) in enumerate(listed)
    ]
    place = {name: row for row, name in enumerate(candidates["USUBJID"])}
    criteria = (
        pl.concat(parts)
        .sort(pl.col("USUBJID").replace_strict(place, return_dtype=pl.Int64), "ORDER")
        .drop("ORDER")
        .with_columns(TRIAL=pl.lit(protocol.identity.id))
        .select("USUBJID", "TRIAL", "CRITERION", "KIND", "TEXT", "RESULT", "FACTS")
    )
    return criteria, derive_verdicts(criteria)


def derive_verdicts(criteria: pl.DataFrame) -> pl.DataFrame:
    """One row per subject and trial, with the criteria that decided it."""
    lost, open_ = pl.col("RESULT") == "not met", pl.col("RESULT") == "unknown"
    deciding = (
        pl.when(lost.any())
        .then(pl.col("CRITERION").filter(lost).str.join(" "))
        .when(open_.any())
        .then(pl.col("CRITERION").filter(open_).str.join(" "))
    )
    verdict = (
        pl.when(lost.any())
        .then(pl.lit("not eligible"))
        .when(open_.any())
        .then(pl.lit("unknown"))
        .otherwise(pl.lit("eligible"))
    )
    return criteria.group_by("USUBJID", "TRIAL", maintain_order=True).agg(
        VERDICT=verdict, DECIDED_BY=deciding
    )


def _evaluate(known: pl.DataFrame, criterion: Criterion, kind: str) -> pl.DataFrame:
    holds = _combined(criterion, known.columns)
    met = holds if kind == "inclusion" else ~holds
    result = (
        pl.when(met)
        .then(pl.lit("met"))
        .when(~met)
        .then(pl.lit("not met"))
        .otherwise(pl.lit("unknown"))
    )
    return known.select(
        "USUBJID",
        CRITERION=pl.lit(criterion.id),
        KIND=pl.lit(kind),
        TEXT=pl.lit(criterion.text),
        RESULT=result,
        FACTS=_facts(criterion, known.columns),
    )


def _combined(criterion: Criterion, columns: list[str]) -> pl.Expr:
    """What the data say, else what a person answered; unknown where the two disagree."""
    data = criterion_holds(criterion, columns)
    if criterion.id not in columns:
        return data
    word = pl.col(criterion.id).str.strip_chars().str.to_uppercase()
    answer = word.replace_strict(_ANSWERS, default=None, return_dtype=pl.Boolean)
    return (
        pl.when((data != answer).fill_null(value=False))
        .then(None)
        .otherwise(pl.coalesce(data, answer))
    )


def _facts(criterion: Criterion, columns: list[str]) -> pl.Expr:
    """AGE = 54, ECOG missing; HGB = 9.1 g/dL; and the person's answer where there is one."""
    told = [_fact(name, columns) for name in variables_of(criterion)]
    if criterion.id in columns:
        told.append(pl.lit(f"{criterion.id} = ") + pl.col(criterion.id))
    if not told:
        return pl.lit(_OPEN)
    facts = pl.concat_str(told, separator=", ", ignore_nulls=True)
    return pl.when(facts == "").then(pl.lit(_OPEN)).otherwise(facts)


_OPEN = "for a person to decide"


def _fact(name: str, columns: list[str]) -> pl.Expr:
    missing = pl.lit(f"{name} missing")
    if name not in columns:
        return missing
    unit = f"{name}{UNIT}"
    value = pl.col(name)
    if unit in columns:
        value = pl.concat_str(value, pl.coalesce(pl.lit(" ") + pl.col(unit), pl.lit("")))
    return pl.coalesce(pl.lit(f"{name} = ") + value, missing)
