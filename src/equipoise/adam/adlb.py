# SPDX-License-Identifier: Apache-2.0
"""Laboratory results with their baseline, CTCAE grade and worst grade after the first dose."""

from __future__ import annotations

import polars as pl

from equipoise.adam.adae import study_day
from equipoise.adam.dates import complete_day
from equipoise.adam.toxicity_grade import grade_of, term_of, uses_baseline
from equipoise.tables import load_contract, subject_key

_RENAMED = {
    "LBTESTCD": "PARAMCD",
    "LBSTRESN": "AVAL",
    "LBSTRESU": "AVALU",
    "LBSTNRLO": "ANRLO",
    "LBSTNRHI": "ANRHI",
}
_OPTIONAL = {
    "VISIT": pl.String,
    "LBSTRESU": pl.String,
    "LBSTNRLO": pl.Float64,
    "LBSTNRHI": pl.Float64,
}


def derive_adlb(lb: pl.DataFrame, adsl: pl.DataFrame) -> pl.DataFrame:
    """One row per numeric result of LB.

    Parameters    lb : LB, conformed, as of the data cut-off; adsl : TRTSDT of its subjects
    Returns       ADLB; a grade that cannot be known is missing, a baseline that is missing is
                  said to be (BTOXGRL, BTOXGRH, ATOXBAS)
    Source: CTCAE 5.0, contracts/ctcae.yaml.   Proof: tests/rules/laboratory.yaml
    """
    key = subject_key(lb)
    by = [*key, "PARAMCD"]
    absent = {name: dtype for name, dtype in _OPTIONAL.items() if name not in lb.columns}
    results = (
        lb.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in absent.items())
        .filter(pl.col("LBSTRESN").is_not_null())
        .rename(_RENAMED)
        .join(adsl.select(*key, "TRT01A", "TRTSDT"), on=key, how="inner")
        .with_columns(ADT=complete_day(pl.col("LBDTC")), ASEQ=pl.col("LBSEQ"))
        .with_columns(ADY=study_day(pl.col("ADT")), POSTFL=_yes(pl.col("ADT") > pl.col("TRTSDT")))
    )
    graded = _with_grades(_with_baseline(results, by))
    named = graded.with_columns(
        CHG=pl.when(pl.col("POSTFL") == "Y").then(pl.col("AVAL") - pl.col("BASE")),
        WORSTLFL=_worst("ATOXGRLN", by),
        WORSTHFL=_worst("ATOXGRHN", by),
        SRCDOM=pl.lit("LB"),
        SRCVAR=pl.lit("LBSTRESN"),
        SRCSEQ=pl.col("LBSEQ"),
    )
    columns = [c.name for c in load_contract("ADLB").columns]
    return named.select(*(k for k in key if k not in columns), *columns).sort(*by, "ADT", "ASEQ")


def _yes(holds: pl.Expr) -> pl.Expr:
    return pl.when(holds).then(pl.lit("Y"))


def _with_baseline(results: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """ABLFL on the last result up to the day of the first dose; BASE from it, in its unit.

    A baseline in another unit than the result is none: nothing is converted here.
    """
    order = ["ADT", "LBDTC", "ASEQ"]
    before = results.filter(pl.col("ADT") <= pl.col("TRTSDT")).sort(order)
    last = before.group_by(by, maintain_order=True).last()
    base = last.select(
        *by,
        ABLFL=pl.lit("Y"),
        ASEQ=pl.col("ASEQ"),
        VALUE=pl.col("AVAL"),
        UNIT=pl.col("AVALU"),
        ABNORMAL=pl.col("AVAL") > pl.col("ANRHI"),
    )
    flagged = results.join(base.select(*by, "ASEQ", "ABLFL"), on=[*by, "ASEQ"], how="left")
    same = pl.col("AVALU").eq_missing(pl.col("UNIT"))
    return flagged.join(base.drop("ASEQ", "ABLFL"), on=by, how="left").with_columns(
        BASE=pl.when(same).then("VALUE"), ABNORMAL=pl.when(same).then("ABNORMAL")
    )


def _with_grades(results: pl.DataFrame) -> pl.DataFrame:
    """Grades of every result, those up to the first dose against the limits of normal alone."""
    post = (pl.col("POSTFL") == "Y").fill_null(value=False)
    own = results.with_columns(
        pl.when(post).then(pl.col(name)).alias(name) for name in ("BASE", "ABNORMAL")
    )
    graded = results.with_columns(
        own.select(
            ATOXDSCL=term_of("low"),
            ATOXDSCH=term_of("high"),
            ATOXGRLN=grade_of("low"),
            ATOXGRHN=grade_of("high"),
            ATOXBAS=pl.when(uses_baseline() & post).then(_basis()),
        )
    )
    by = [*subject_key(results), "PARAMCD"]
    return graded.with_columns(
        BTOXGRL=_of_baseline("ATOXDSCL", "ATOXGRLN", by),
        BTOXGRH=_of_baseline("ATOXDSCH", "ATOXGRHN", by),
    )


def _basis() -> pl.Expr:
    return (
        pl.when(pl.col("BASE").is_null())
        .then(pl.lit("LIMIT, BASELINE MISSING"))
        .when(pl.col("ABNORMAL"))
        .then(pl.lit("BASELINE"))
        .otherwise(pl.lit("LIMIT"))
    )


def _of_baseline(term: str, grade: str, by: list[str]) -> pl.Expr:
    value = pl.col(grade).filter(pl.col("ABLFL") == "Y").first().over(by).cast(pl.String)
    return pl.when(pl.col(term).is_not_null()).then(value.fill_null("MISSING"))


def _worst(grade: str, by: list[str]) -> pl.Expr:
    """Y on the first of the highest grades after the first dose, grade 0 included."""
    counts = (pl.col("POSTFL") == "Y").fill_null(value=False) & pl.col(grade).is_not_null()
    place = pl.struct(~counts, -pl.col(grade), "ADT", "LBDTC", "ASEQ").rank("ordinal").over(by)
    return _yes(counts & (place == 1))
