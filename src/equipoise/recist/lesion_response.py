# SPDX-License-Identifier: Apache-2.0
"""From lesion measurements to the response at every timepoint, and to progression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.recist.assessments import READ
from equipoise.recist.burden import NONE, Burden
from equipoise.recist.criterion import (
    NEW,
    NONTARGET,
    OVERALL,
    TARGET,
    Codes,
    Criterion,
    overall_table,
)
from equipoise.recist.evidence import Evidence, gather_evidence
from equipoise.recist.memory import reported_responses
from equipoise.recist.progression import Progression, find_progression
from equipoise.recist.response_flags import response_flags
from equipoise.recist.response_options import ResponseOptions
from equipoise.recist.rules_fired import overall_rule, target_rule_names
from equipoise.recist.size import in_millimetres


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionResponse:
    """What the lesions of all reads say.

    timepoints   one row per read and timepoint, see docs/methods/recist-timepoint.md
    progression  one row per read: key, PDDT (date of progression; null if none), BACKDATED
    assessments  what `compute_best_response` takes: key, ADT, ADTLAST, AVALC, RSSEQ; dated-back
                 progression is already in AVALC
    """

    timepoints: pl.DataFrame
    progression: pl.DataFrame
    assessments: pl.DataFrame


def derive_lesion_response(
    lesions: pl.DataFrame,
    measurements: pl.DataFrame,
    subjects: pl.DataFrame,
    *,
    visits: pl.DataFrame | None = None,
    key: Sequence[str],
    criterion: Criterion,
    options: ResponseOptions,
) -> LesionResponse:
    """Target, non-target and overall response at every timepoint of every read.

    Parameters    lesions, measurements : see lesion_tables.join_lesions
                  subjects : one row per read: key; optional CUTOFFDT (later scans do not count)
                  visits : key and the columns of timepoints.order_timepoints, where known
                  options : how a response is confirmed, for the memory that needs it
    Raises        DataError - every fault of the tables at once
    Source: RECIST 1.1; sections 3 to 8 of the specification.
    """
    evidence = gather_evidence(
        lesions, measurements, subjects, visits=visits, key=key, criterion=criterion
    )
    return respond_to_evidence(evidence, subjects, key=key, criterion=criterion, options=options)


def respond_to_evidence(
    evidence: Evidence,
    subjects: pl.DataFrame,
    *,
    key: Sequence[str],
    criterion: Criterion,
    options: ResponseOptions,
) -> LesionResponse:
    """As `derive_lesion_response`, of evidence that has been gathered for these `subjects`."""
    progression = _progression(evidence, subjects, criterion=criterion)
    table = timepoint_responses(evidence, criterion=criterion, options=options)
    flags = response_flags(evidence, progression, criterion=criterion)
    keys = subjects.select(key).gather(evidence.timepoints[READ])
    return LesionResponse(
        timepoints=pl.concat([keys, table, flags], how="horizontal"),
        progression=_progression_table(progression, subjects.select(key)),
        assessments=_assessments(evidence, progression, keys, criterion=criterion),
    )


def assess_evidence(
    evidence: Evidence, subjects: pl.DataFrame, *, key: Sequence[str], criterion: Criterion
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The assessments and the progression of `LesionResponse`, without its timepoints."""
    progression = _progression(evidence, subjects, criterion=criterion)
    keys = subjects.select(key).gather(evidence.timepoints[READ])
    return (
        _assessments(evidence, progression, keys, criterion=criterion),
        _progression_table(progression, subjects.select(key)),
    )


def _progression(
    evidence: Evidence, subjects: pl.DataFrame, *, criterion: Criterion
) -> Progression:
    return find_progression(
        evidence.read,
        evidence.components,
        counts=evidence.on_study,
        measurements=evidence.rows,
        timepoints=evidence.timepoints,
        new=evidence.new,
        n_reads=subjects.height,
        criterion=criterion,
    )


def timepoint_responses(
    evidence: Evidence, *, criterion: Criterion, options: ResponseOptions
) -> pl.DataFrame:
    """The timepoints of `LesionResponse` without key and flags: dates, sums, responses, rules."""
    timepoints, overall = evidence.timepoints, evidence.overall
    reported = reported_responses(
        evidence.read,
        timepoints["ADTLAST"].to_physical().cast(pl.Int64).to_numpy(),
        target_code=evidence.target,
        overall_code=overall.code,
        counts=evidence.on_study,
        criterion=criterion,
        options=options,
    )
    searched = overall_table(criterion)[evidence.target, overall.nontarget, 0]
    rule = overall_rule(overall.code, evidence.target, evidence.components, on_target=searched)
    responses = pl.DataFrame(
        {
            "TRGRESP": _named(evidence.target, TARGET),
            "NTRGRESP": _named(overall.nontarget, NONTARGET),
            "NEWRESP": _named(evidence.new.code, NEW),
            "OVRLRESP": _named(overall.code, OVERALL),
            "TRGREPT": _named(reported[0], TARGET),
            "OVRLREPT": _named(reported[1], OVERALL),
            "TRGRULE": target_rule_names(evidence.rule),
            "RULE": rule,
        }
    )
    after = pl.col("ABLFL").is_null()
    return pl.concat(
        [
            timepoints.select(
                "VISIT", "ADT", "ADTLAST", ABLFL=pl.when("BASELINE").then(pl.lit("Y"))
            ),
            _sums(evidence.burden),
            responses,
        ],
        how="horizontal",
    ).with_columns(pl.when(after).then(pl.col(responses.columns)))


def _sums(burden: Burden) -> pl.DataFrame:
    """Sums in mm, null where they are not defined."""
    complete = burden.has_target & burden.complete
    return pl.DataFrame(
        {
            "SUM": _length(burden.measured, complete),
            "BASESUM": _length(burden.baseline, burden.has_target & burden.baseline_complete),
            "NADIR": _length(burden.nadir, burden.has_target & (burden.nadir < NONE)),
        }
    )


def _progression_table(progression: Progression, keys: pl.DataFrame) -> pl.DataFrame:
    found = progression.row >= 0
    day = np.where(found, progression.day, 0)
    dates = pl.Series("PDDT", day).cast(pl.Int32).cast(pl.Date)
    return keys.with_columns(
        PDDT=pl.when(pl.Series(found)).then(dates), BACKDATED=pl.Series(progression.backdated)
    )


def _assessments(
    evidence: Evidence, progression: Progression, keys: pl.DataFrame, *, criterion: Criterion
) -> pl.DataFrame:
    """Raw responses as the best response takes them; progression from the row it is dated to."""
    timepoints = evidence.timepoints
    row = np.arange(timepoints.height)
    backdated = progression.backdated[evidence.read]
    from_row, to_row = progression.from_row[evidence.read], progression.row[evidence.read]
    is_pd = backdated & (row >= from_row) & (row <= to_row)
    code: Codes = np.where(is_pd, OVERALL.index("PD"), evidence.overall.code)
    last = "ADTLAST" if criterion.response_on_last_scan else "ADT"
    return keys.with_columns(
        timepoints["ADT"],
        timepoints[last].alias("ADTLAST"),
        _named(code, OVERALL).cast(pl.String).alias("AVALC"),
        pl.Series("RSSEQ", row, dtype=pl.Int64),
    ).filter(pl.Series(~timepoints["BASELINE"].to_numpy()))


def _named(codes: Codes, names: tuple[str, ...]) -> pl.Series:
    return pl.Series(names, dtype=pl.Enum(names)).gather(codes.astype(np.uint32))


def _length(values: np.ndarray[tuple[int], np.dtype[np.int64]], defined: np.ndarray) -> pl.Series:
    return pl.select(
        pl.when(pl.Series(defined)).then(pl.Series(in_millimetres(values)))
    ).to_series()
