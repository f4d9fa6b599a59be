# SPDX-License-Identifier: Apache-2.0
"""Why a timepoint has its response: the lesions that decided it and the arithmetic, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from equipoise.recist.assessments import READ
from equipoise.recist.burden import NONE
from equipoise.recist.criterion import Criterion
from equipoise.recist.evidence import Evidence, gather_evidence
from equipoise.recist.history import Integers
from equipoise.recist.lesion_tables import MISSING_STATES, PROGRESSING
from equipoise.recist.new_lesions import CERTAIN
from equipoise.recist.size import UNITS_PER_MM
from equipoise.recist.target_response import RULES
from equipoise.recist.timepoints import TP

_MISSING, _ABOVE, _PROVEN, _GONE, _BELOW, _BETWEEN = 3, 5, 2, 4, 6, 7


def explain_timepoints(
    lesions: pl.DataFrame,
    measurements: pl.DataFrame,
    subjects: pl.DataFrame,
    *,
    visits: pl.DataFrame | None = None,
    key: Sequence[str],
    criterion: Criterion,
) -> pl.DataFrame:
    """One row per timepoint after baseline: key, VISIT, ADT, RULE_LESIONS, RULE_TEXT.

    Parameters    the tables `derive_lesion_response` takes
    Returns       RULE_LESIONS - lesions that decided, comma between, or null; RULE_TEXT - one
                  sentence, such as "sum 25.2 mm is 5.2 mm (26.0%) above the nadir 20 mm (T1 +5.2)"
    """
    evidence = gather_evidence(
        lesions, measurements, subjects, visits=visits, key=key, criterion=criterion
    )
    return explain_evidence(evidence, subjects, key=key, criterion=criterion)


def explain_evidence(
    evidence: Evidence, subjects: pl.DataFrame, *, key: Sequence[str], criterion: Criterion
) -> pl.DataFrame:
    """As `explain_timepoints`, of evidence that has been gathered for these `subjects`."""
    parts = _parts(evidence, criterion=criterion)
    keys = subjects.select(key).gather(evidence.timepoints[READ])
    sentence = pl.concat_str(
        ["_sum", "_target", "_missing", "_nontarget", "_new", "_again"],
        separator="; ",
        ignore_nulls=True,
    )
    explained = parts.select(
        _named_lesions(parts),
        RULE_TEXT=pl.when(sentence == "").then(pl.lit("nothing recorded")).otherwise(sentence),
    )
    dates = evidence.timepoints.select("VISIT", "ADT")
    after = pl.Series(~evidence.timepoints["BASELINE"].to_numpy())
    return pl.concat([keys, dates, explained], how="horizontal").filter(after)


def _named_lesions(parts: pl.DataFrame) -> pl.Series:
    """RULE_LESIONS: those that grew, then those that decided otherwise, each once; else null."""
    nobody = pl.lit([], dtype=pl.List(pl.String))
    some = parts.select("_grown", "_lesions").with_row_index("_row")
    some = some.filter(pl.any_horizontal(pl.col("_grown", "_lesions").is_not_null()))
    listed = pl.concat_list(pl.col("_grown", "_lesions").fill_null(nobody))
    named = some.select("_row", text=listed.list.unique(maintain_order=True).list.join(", "))
    named = named.filter(pl.col("text") != "")
    empty = pl.Series("RULE_LESIONS", [None], dtype=pl.String).new_from_index(0, parts.height)
    return empty.scatter(named["_row"], named["text"])


def _parts(evidence: Evidence, *, criterion: Criterion) -> pl.DataFrame:
    """One column per part of the sentence, one row per timepoint; null where it says nothing."""
    rows, n = evidence.rows, evidence.timepoints.height
    progressing = rows.filter(pl.col("STATE") == PROGRESSING)
    new = rows.filter(pl.col("CLASS") == "NEW", pl.col("STATE").cast(pl.String).is_in(CERTAIN))
    again = _again(evidence, criterion=criterion)
    grown = _grown(evidence)
    missing = evidence.targets.filter(pl.col("VALUE").is_null())
    progressing, new, again, missing = (
        found.select(TP, pl.col("LNKID").cast(pl.String))
        for found in (progressing, new, again, missing)
    )
    listed = pl.concat([progressing, new, again])
    every = pl.DataFrame({TP: np.arange(n)})
    table = every.with_columns(_sum_text(evidence))
    for name, found, prefix in (
        ("_nontarget", progressing, "unequivocal progression of "),
        ("_new", new, "new lesion "),
        ("_again", again, "disease after complete response: "),
        ("_missing", missing, "no value for "),
    ):
        joined = found.group_by(TP).agg(pl.col("LNKID").unique().sort().str.join(", "))
        text = joined.select(TP, (pl.lit(prefix) + pl.col("LNKID")).alias(name))
        table = table.join(text, on=TP, how="left", maintain_order="left")
    deciding = listed.group_by(TP).agg(pl.col("LNKID").unique().sort().alias("_lesions"))
    return table.join(deciding, on=TP, how="left", maintain_order="left").join(
        grown, on=TP, how="left", maintain_order="left"
    )


def _sum_text(evidence: Evidence) -> pl.Series:
    burden, rule = evidence.burden, evidence.rule
    values = pl.DataFrame(
        {
            "now": burden.measured,
            "low": np.where(burden.nadir < NONE, burden.nadir, 0),
            "base": burden.baseline,
        }
    )
    text = pl.Series("_sum", [name.lower() for name, _ in RULES]).gather(rule.astype(np.uint32))
    above, below, between = _sentences()
    for rules, sentence in (
        ([_ABOVE, _PROVEN], above),
        ([_BELOW], below),
        ([_BETWEEN], between),
    ):
        rows = np.flatnonzero(np.isin(rule, rules)).astype(np.uint32)
        text = text.scatter(rows, values[rows].select(sentence).to_series())
    return text


def _sentences() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Above the nadir, below the baseline sum, between the limits."""
    now = pl.col("now")
    rise, fall = now - pl.col("low"), pl.col("base") - now
    above = pl.format(
        "sum {} mm is {} mm ({}) above the nadir {} mm",
        _mm(now),
        _mm(rise),
        _percent(rise, pl.col("low")),
        _mm(pl.col("low")),
    )
    below = pl.format(
        "sum {} mm is {} below the baseline sum {} mm",
        _mm(now),
        _percent(fall, pl.col("base")),
        _mm(pl.col("base")),
    )
    between = pl.format(
        "sum {} mm lies between the limits of baseline {} mm and nadir {} mm",
        _mm(now),
        _mm(pl.col("base")),
        _mm(pl.col("low")),
    )
    return above, below, between


def _grown(evidence: Evidence) -> pl.DataFrame:
    """For sums above the nadir: the lesions larger than at the nadir, and by how much."""
    rises = np.flatnonzero(np.isin(evidence.rule, [_ABOVE, _PROVEN]))
    sums = evidence.timepoints.select(READ, TP).with_columns(
        _sum=pl.Series(np.where(evidence.burden.complete, evidence.burden.measured, NONE))
    )
    at_pd = sums[rises.astype(np.uint32)].select(
        READ, _pd=TP, _low=pl.Series(evidence.burden.nadir[rises])
    )
    nadir = (
        at_pd.join(sums, on=READ)
        .filter(pl.col(TP) < pl.col("_pd"), pl.col("_sum") == pl.col("_low"))
        .group_by("_pd")
        .agg(pl.col(TP).min().alias("_nadir"))
    )
    value = evidence.targets.select(TP, pl.col("LNKID").cast(pl.String), "VALUE")
    now = nadir.join(value, left_on="_pd", right_on=TP)
    then = value.rename({TP: "_nadir", "VALUE": "_then"})
    larger = now.join(then, on=["_nadir", "LNKID"]).filter(pl.col("VALUE") > pl.col("_then"))
    told = pl.format("{} +{}", "LNKID", _mm(pl.col("VALUE") - pl.col("_then")))
    return (
        larger.sort("_pd", "LNKID")
        .group_by("_pd", maintain_order=True)
        .agg(pl.col("LNKID").alias("_grown"), told.alias("_target"))
        .with_columns(_target=pl.lit("grown since the nadir: ") + pl.col("_target").list.join(", "))
        .rename({"_pd": TP})
    )


def _again(evidence: Evidence, *, criterion: Criterion) -> pl.DataFrame:
    """Lesions seen at timepoints where disease came back after CR."""
    places: Integers = np.flatnonzero(evidence.overall.reappeared)
    limit = pl.when("NODE").then(criterion.normal_node_below).otherwise(1)
    targets = evidence.targets.filter(pl.col("VALUE") >= limit).select(TP, "LNKID")
    absent = ["ABSENT", *MISSING_STATES]
    others = evidence.rows.filter(
        pl.col("CLASS") == "NON-TARGET", ~pl.col("NODE"), ~pl.col("STATE").is_in(absent)
    ).select(TP, "LNKID")
    both = pl.concat([targets, others])
    return both.join(pl.DataFrame({TP: places}), on=TP, how="semi")


def _mm(units: pl.Expr) -> pl.Expr:
    """Units as mm without superfluous zeros: 252000 is "25.2"."""
    whole, rest = units // UNITS_PER_MM, units % UNITS_PER_MM
    decimals = rest.cast(pl.String).str.zfill(4).str.strip_chars_end("0")
    text = whole.cast(pl.String)
    return pl.when(rest == 0).then(text).otherwise(text + "." + decimals)


def _percent(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """One decimal, for reading only; no rule looks at it."""
    ratio = (100 * part / whole).round(1).cast(pl.String) + "%"
    return pl.when(whole > 0).then(ratio).otherwise(pl.lit("from 0"))
