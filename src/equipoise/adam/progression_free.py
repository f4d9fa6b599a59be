# SPDX-License-Identifier: Apache-2.0
"""How each progression-free time ends under one rule set, in the order of its precedence."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.evaluators import readers_of, rows_of
from equipoise.adam.new_therapy import derive_new_therapy
from equipoise.adam.schedule import longest_gap
from equipoise.errors import DataError, Fault
from equipoise.protocol.model import Evaluator, Protocol, RuleSet
from equipoise.tables import load_contract, subject_key

Tables = Mapping[str, pl.DataFrame]


def derive_progression_free(
    starts: pl.DataFrame,
    adrs: pl.DataFrame,
    tables: Tables,
    *,
    evaluator: Evaluator,
    rules: RuleSet,
    protocol: Protocol,
) -> pl.DataFrame:
    """Date, source and ending of the time of every subject, without its start rules.

    Parameters    starts : one row per subject: key, STARTDT, DTHDT; adrs : derived responses
                  evaluator, rules : whose reads, and which rule set decides
    Returns       key, STARTDT, ADT, SRCSEQ, ending (a name in censoring.yaml)
    Source: admiralonco ADTTE template; FDA and EMA rules as the project's conventions set them out
    """
    read = adrs.filter(pl.col("EVALUATOR") == evaluator.id)
    frame = _progressions(starts, read)
    seen = _counting_assessments(read, rules)
    frame = _last_seen(frame, seen, name="LAST", until=None)
    frame = _last_seen(frame, seen, name="BEFORE", until=pl.col("day") < pl.col("EVENTDT"))
    if rules.new_therapy == "censor":
        therapy = derive_new_therapy(
            tables, starts.select(*subject_key(starts), "STARTDT"), protocol
        )
        frame = frame.join(therapy, on=subject_key(starts), how="left")
        frame = _last_seen(frame, seen, name="THERAPY", until=pl.col("day") <= pl.col("NACTDT"))
    if rules.no_baseline == "censor":
        frame = frame.join(
            _with_baseline(tables, evaluator, protocol), on=subject_key(starts), how="left"
        )
    return _decide(frame, rules, protocol).select(
        *subject_key(starts), "STARTDT", "ADT", "SRCSEQ", "ending"
    )


def _progressions(starts: pl.DataFrame, read: pl.DataFrame) -> pl.DataFrame:
    key = subject_key(starts)
    told = read.filter(pl.col("PARAMCD") == "PD")
    progressed = told.filter(pl.col("AVALC") == "Y")
    # A subject whose read is still to be adjudicated has no progression row, and no time.
    return (
        starts.join(told.select(key), on=key, how="semi")
        .join(progressed.select(*key, PDDT=pl.col("ADT"), PDSEQ=pl.col("ASEQ")), on=key, how="left")
        .with_columns(EVENTDT=pl.min_horizontal("PDDT", "DTHDT"))
    )


def _counting_assessments(read: pl.DataFrame, rules: RuleSet) -> pl.DataFrame:
    """Assessments that can date a censoring: every counted one, or all of them but NE."""
    counted = (pl.col("PARAMCD") == "OVR") & (pl.col("ANL01FL") == "Y")
    if rules.last_assessment == "evaluable":
        counted &= pl.col("AVALC") != "NE"
    return read.filter(counted).select(*subject_key(read), day="ADT", sequence="ASEQ")


def _last_seen(
    frame: pl.DataFrame, seen: pl.DataFrame, *, name: str, until: pl.Expr | None
) -> pl.DataFrame:
    """Add {name}DT and {name}SEQ: the last assessment from the start on for which `until` holds."""
    key = subject_key(frame)
    rows = frame.join(seen, on=key, how="inner").filter(pl.col("day") >= pl.col("STARTDT"))
    last = (
        (rows if until is None else rows.filter(until))
        .sort("day", "sequence")
        .group_by(key)
        .agg(pl.col("day").last().alias(f"{name}DT"), pl.col("sequence").last().alias(f"{name}SEQ"))
    )
    return frame.join(last, on=key, how="left")


def _with_baseline(tables: Tables, evaluator: Evaluator, protocol: Protocol) -> pl.DataFrame:
    if "TU" not in tables:
        raise DataError(
            Fault(
                what="a censoring rule needs the baseline assessment; there is no table TU",
                where=f"tables {', '.join(sorted(tables))}",
                mend="give TU, or choose a rule set with no_baseline: ignore",
            )
        )
    lesions = pl.concat(
        rows_of(reader, tables["TU"], domain="TU") for reader in readers_of(evaluator, protocol)
    ).filter(pl.col("TUSTRESC").is_in(load_contract("TU").rules["baseline"]))
    return lesions.select(subject_key(lesions)).unique().with_columns(BASELINE=True)


def _decide(frame: pl.DataFrame, rules: RuleSet, protocol: Protocol) -> pl.DataFrame:
    """The first rule that applies names the ending; the date and source follow from it."""
    event = pl.col("EVENTDT")
    progressed = (pl.col("PDDT") == event).fill_null(value=False)
    ending = (
        pl.when(progressed)
        .then(pl.lit("progression"))
        .when(event.is_not_null())
        .then(pl.lit("death"))
        .when(pl.col("LASTDT").is_not_null())
        .then(pl.lit("last_assessment"))
        .otherwise(pl.lit("no_assessment"))
    )
    if rules.missed_assessments is not None:
        before = pl.col("BEFOREDT").fill_null(pl.col("STARTDT"))
        day = (before - pl.col("STARTDT")).dt.total_days()
        limit = longest_gap(day, protocol.assessments, missed=rules.missed_assessments)
        gap = ((event - before).dt.total_days() > limit).fill_null(value=False)
        ending = pl.when(gap).then(pl.lit("missed")).otherwise(ending)
    if rules.new_therapy == "censor":
        changed = pl.col("NACTDT").is_not_null() & (
            (pl.col("NACTDT") < event).fill_null(value=True)
        )
        ending = pl.when(changed).then(pl.lit("new_therapy")).otherwise(ending)
    if rules.no_baseline == "censor":
        ending = pl.when(pl.col("BASELINE").is_null()).then(pl.lit("no_baseline")).otherwise(ending)
    return _dated(frame.with_columns(ending=ending))


def _dated(frame: pl.DataFrame) -> pl.DataFrame:
    sources = {
        "progression": ("PDDT", "PDSEQ"),
        "death": ("DTHDT", None),
        "last_assessment": ("LASTDT", "LASTSEQ"),
        "missed": ("BEFOREDT", "BEFORESEQ"),
        "new_therapy": ("THERAPYDT", "THERAPYSEQ"),
    }
    day: pl.Expr = pl.lit(None, dtype=pl.Date)
    sequence: pl.Expr = pl.lit(None, dtype=pl.Int64)
    for name, (date_column, sequence_column) in sources.items():
        if date_column not in frame.columns:
            continue
        here = pl.col("ending") == name
        day = pl.when(here).then(pl.col(date_column)).otherwise(day)
        if sequence_column is not None:
            sequence = pl.when(here).then(pl.col(sequence_column)).otherwise(sequence)
    return frame.with_columns(ADT=day.fill_null(pl.col("STARTDT")), SRCSEQ=sequence)
