# SPDX-License-Identifier: Apache-2.0
"""Which rule ends each progression-free time, in the order of precedence, and on what date."""

from __future__ import annotations

import polars as pl

from equipoise.adam.schedule import longest_gap, scheduled_day
from equipoise.protocol.model import Assessments, RuleSet

# Ending: the column of its date and of its source's sequence number. Of two on one day the first
# of the list is the event.
EVENTS = {
    "progression": ("PDDT", "PDSEQ"),
    "clinical_progression": ("CLINDT", "CLINSEQ"),
    "new_therapy_event": ("NACTDT", None),
    "treatment_stop_event": ("STOPDT", "STOPSEQ"),
    "death": ("DTHDT", None),
}
_CENSORINGS = {
    "last_assessment": ("LASTDT", "LASTSEQ"),
    "unverified": ("LASTDT", "LASTSEQ"),
    "missed": ("BEFOREDT", "BEFORESEQ"),
    "new_therapy": ("THERAPYDT", "THERAPYSEQ"),
    "treatment_stop": ("STOPPEDDT", "STOPPEDSEQ"),
}


def counted_events(rules: RuleSet) -> list[str]:
    """Names of what counts as an event under the rule set."""
    counts = {
        "clinical_progression": rules.clinical_progression != "ignore",
        "new_therapy_event": rules.new_therapy == "event",
        "treatment_stop_event": rules.treatment_stop == "event",
    }
    return [name for name in EVENTS if counts.get(name, True)]


def decide_endings(frame: pl.DataFrame, rules: RuleSet, assessments: Assessments) -> pl.DataFrame:
    """Add ending (a name in censoring.yaml), ADT, SRCSEQ, SOURCE, LEFTDT and RIGHTDT.

    Parameters    frame : one row per subject: STARTDT, EVENTDT, the dates and sequences of EVENTS,
                          the last assessments of _CENSORINGS, UNVERIFIED, BASELINE
    """
    ending = _event_or_none(rules)
    event = pl.col("EVENTDT")
    if rules.missed_assessments is not None:
        ending = (
            pl.when(_missed(ending, rules, assessments)).then(pl.lit("missed")).otherwise(ending)
        )
    stop, therapy = pl.col("STOPDT"), pl.col("NACTDT")
    if rules.treatment_stop == "censor":
        first = (stop < event).fill_null(value=True) & stop.is_not_null()
        ending = pl.when(first).then(pl.lit("treatment_stop")).otherwise(ending)
    if rules.new_therapy == "censor":
        first = (therapy < event).fill_null(value=True) & therapy.is_not_null()
        if rules.treatment_stop == "censor":
            first &= (therapy <= stop).fill_null(value=True)
        ending = pl.when(first).then(pl.lit("new_therapy")).otherwise(ending)
    if rules.no_baseline == "censor":
        ending = pl.when(pl.col("BASELINE").is_null()).then(pl.lit("no_baseline")).otherwise(ending)
    return _dated(frame.with_columns(ending=ending), rules, assessments)


def _event_or_none(rules: RuleSet) -> pl.Expr:
    ending = (
        pl.when(pl.col("UNVERIFIED"))
        .then(pl.lit("unverified"))
        .when(pl.col("LASTDT").is_not_null())
        .then(pl.lit("last_assessment"))
        .otherwise(pl.lit("no_assessment"))
    )
    for name in reversed(counted_events(rules)):
        here = (pl.col(EVENTS[name][0]) == pl.col("EVENTDT")).fill_null(value=False)
        ending = pl.when(here).then(pl.lit(name)).otherwise(ending)
    return ending


def _missed(ending: pl.Expr, rules: RuleSet, assessments: Assessments) -> pl.Expr:
    assert rules.missed_assessments is not None
    before = pl.col("BEFOREDT").fill_null(pl.col("STARTDT"))
    day = (before - pl.col("STARTDT")).dt.total_days()
    limit = longest_gap(day, assessments, missed=rules.missed_assessments)
    gap = ((pl.col("EVENTDT") - before).dt.total_days() > limit).fill_null(value=False)
    may = ["death"] if rules.missed_before == "death" else ["progression", "death"]
    return gap & ending.is_in(may)


def _dated(frame: pl.DataFrame, rules: RuleSet, assessments: Assessments) -> pl.DataFrame:
    day: pl.Expr = pl.lit(None, dtype=pl.Date)
    sequence: pl.Expr = pl.lit(None, dtype=pl.Int64)
    for name, (date_column, sequence_column) in (EVENTS | _CENSORINGS).items():
        here = pl.col("ending") == name
        day = pl.when(here).then(_reported(name, date_column, rules, assessments)).otherwise(day)
        if sequence_column is not None:
            sequence = pl.when(here).then(pl.col(sequence_column)).otherwise(sequence)
    therapy = pl.format("{}.{}STDTC", "NACTDOM", "NACTDOM")
    is_event = pl.col("ending").is_in(list(EVENTS))
    left = pl.when(is_event).then("BEFOREDT").otherwise(day)
    left = pl.when(pl.col("ending") == "death").then("EVENTDT").otherwise(left)
    return frame.with_columns(
        ADT=day.fill_null(pl.col("STARTDT")),
        SRCSEQ=sequence,
        SOURCE=pl.when(pl.col("ending") == "new_therapy_event").then(therapy),
        LEFTDT=left.fill_null(pl.col("STARTDT")),
        RIGHTDT=pl.when(is_event).then("EVENTDT"),
    )


def _reported(name: str, column: str, rules: RuleSet, assessments: Assessments) -> pl.Expr:
    """The date of an ending: as found, or moved to the calendar; never past the day of death."""
    found, start = pl.col(column), pl.col("STARTDT")
    move = None
    if name == "progression" and rules.progression_date != "found":
        move = "keep" if rules.progression_date == "next-scheduled" else "move"
    if name == "clinical_progression" and rules.clinical_progression == "event-when-scheduled":
        move = "keep"
    if move is None:
        return found
    day = scheduled_day((found - start).dt.total_days(), assessments, on_time=move)
    moved = start + pl.duration(days=day)
    # Nobody progresses after death, nor after the last day that was seen.
    return pl.min_horizontal(moved, pl.col("DTHDT"), pl.col("CUTOFFDT"))
