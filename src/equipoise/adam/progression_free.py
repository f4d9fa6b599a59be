# SPDX-License-Identifier: Apache-2.0
"""How each progression-free time ends under one rule set, in the order of its precedence."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.cutoff import data_cutoff
from equipoise.adam.dates import day_or_none
from equipoise.adam.evaluators import readers_of, rows_of
from equipoise.adam.new_therapy import derive_new_therapy
from equipoise.adam.time_endings import EVENTS, counted_events, decide_endings
from equipoise.adam.treatment_stop import derive_treatment_stop
from equipoise.adam.verified_progression import only_verified
from equipoise.errors import DataError, Fault
from equipoise.protocol.model import Evaluator, Protocol, RuleSet
from equipoise.recist.history import last_row
from equipoise.tables import load_contract, subject_key
from equipoise.tables.key_codes import find_rows, sort_order, take_rows

Tables = Mapping[str, pl.DataFrame]
DECIDED = ["ADT", "SRCSEQ", "SOURCE", "LEFTDT", "RIGHTDT", "ending"]
_OTHER_DATES: dict[str, pl.DataType] = {
    "NACTDT": pl.Date(),
    "NACTDOM": pl.String(),
    "CLINDT": pl.Date(),
    "CLINSEQ": pl.Int64(),
    "STOPDT": pl.Date(),
    "STOPSEQ": pl.Int64(),
}
_DAY = pl.col("day")
_LAST_SEEN = {
    "LAST": _DAY.is_not_null(),
    "BEFORE": pl.col("EVENTDT") > _DAY,
    "THERAPY": pl.col("NACTDT") >= _DAY,
    "STOPPED": pl.col("STOPDT") >= _DAY,
}
"""Prefix of the columns made, and up to when an assessment counts."""


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
    Returns       key, STARTDT, ADT, SRCSEQ, SOURCE, LEFTDT, RIGHTDT, ending (in censoring.yaml)
    Source: admiralonco ADTTE template; FDA and EMA rules as the project's conventions set them out
    """
    read = adrs.filter(pl.col("EVALUATOR") == evaluator.id)
    frame = _progressions(starts, read)
    if rules.progression_by == "independent":
        frame = only_verified(frame, adrs, evaluator=evaluator, protocol=protocol)
    frame = _with_other_dates(frame, tables, rules, protocol)
    events = [EVENTS[name][0] for name in counted_events(rules)]
    frame = frame.with_columns(EVENTDT=pl.min_horizontal(events))
    frame = _with_last_seen(frame, _counting_assessments(read, rules))
    if rules.no_baseline == "censor":
        baseline = _with_baseline(tables, evaluator, protocol)
        frame = frame.join(baseline, on=subject_key(starts), how="left")
    return decide_endings(frame, rules, protocol.assessments).select(
        *subject_key(starts), "STARTDT", *DECIDED
    )


def _with_other_dates(
    frame: pl.DataFrame, tables: Tables, rules: RuleSet, protocol: Protocol
) -> pl.DataFrame:
    """Dates beside progression and death that the rule set asks for; missing where it does not."""
    key = subject_key(frame)
    starts = frame.select(*key, "STARTDT")
    if rules.new_therapy != "ignore":
        frame = frame.join(derive_new_therapy(tables, starts, protocol), on=key, how="left")
    if rules.treatment_stop != "ignore" or rules.clinical_progression != "ignore":
        frame = frame.join(derive_treatment_stop(tables, starts, protocol), on=key, how="left")
    absent = {name: kind for name, kind in _OTHER_DATES.items() if name not in frame.columns}
    return frame.with_columns(
        *(pl.lit(None, dtype=kind).alias(name) for name, kind in absent.items()),
        CUTOFFDT=day_or_none(data_cutoff(tables, protocol)),
        UNVERIFIED=pl.col("UNVERIFIED") if "UNVERIFIED" in frame.columns else pl.lit(value=False),
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


def _with_last_seen(frame: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Add date and sequence of the last assessment from the start on, for each of _LAST_SEEN."""
    places = find_rows(seen, frame, on=subject_key(frame))
    dates = frame.select("STARTDT", "EVENTDT", "NACTDT", "STOPDT")
    rows = pl.concat([seen, take_rows(dates, places)], how="horizontal").with_columns(place=places)
    rows = rows.filter(pl.col("day") >= pl.col("STARTDT"))
    rows = rows[sort_order(rows, by=["place", "day", "sequence"])]
    place = rows["place"].cast(pl.Int64).to_numpy()
    found = []
    for name, until in _LAST_SEEN.items():
        counts = rows.select(until.fill_null(value=False)).to_series().to_numpy()
        last = pl.Series(last_row(place, counts, n_reads=frame.height))
        known = rows.select(
            pl.col("day").alias(f"{name}DT"), pl.col("sequence").alias(f"{name}SEQ")
        )
        found.append(take_rows(known, last.cast(pl.UInt32, strict=False)))
    return pl.concat([frame, *found], how="horizontal")


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
