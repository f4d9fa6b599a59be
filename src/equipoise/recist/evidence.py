# SPDX-License-Identifier: Apache-2.0
"""Everything the rules say about the timepoints of all reads, before it becomes a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from equipoise.errors import DataError
from equipoise.recist.assessments import READ
from equipoise.recist.burden import Burden, compute_burden, target_values
from equipoise.recist.criterion import Codes, Criterion
from equipoise.recist.history import Booleans, Integers
from equipoise.recist.lesion_tables import join_lesions, named_faults
from equipoise.recist.new_lesions import NewLesions, find_new_lesions
from equipoise.recist.nontarget_response import count_nontarget
from equipoise.recist.overall_response import Overall, overall_response, progression_components
from equipoise.recist.target_response import target_response, target_rule
from equipoise.recist.timepoints import order_timepoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Arrays have one value per row of `timepoints`, baseline included.

    rows        measurements with READ and TP; targets : one value per target and timepoint
    rule        into target_response.RULES; target : into criterion.TARGET
    components  bits of what made a timepoint PD, see overall_response
    on_study    not baseline, and not after the cut-off
    """

    timepoints: pl.DataFrame
    rows: pl.DataFrame
    targets: pl.DataFrame
    read: Integers
    burden: Burden
    rule: Codes
    target: Codes
    new: NewLesions
    overall: Overall
    components: Integers
    on_study: Booleans


def gather_evidence(
    lesions: pl.DataFrame,
    measurements: pl.DataFrame,
    subjects: pl.DataFrame,
    *,
    visits: pl.DataFrame | None,
    key: Sequence[str],
    criterion: Criterion,
) -> Evidence:
    """Apply the rules of one timepoint to all timepoints of all reads."""
    listed, rows, timepoints = _place_in_time(lesions, measurements, subjects, visits, key=key)
    targets = target_values(rows, criterion=criterion)
    burden = compute_burden(targets, timepoints, listed, criterion=criterion)
    rule = target_rule(burden, criterion=criterion)
    target = target_response(rule)
    new = find_new_lesions(rows, timepoints)
    read = timepoints[READ].to_numpy()
    on_study = _on_study(timepoints, subjects)
    overall = overall_response(
        read,
        target,
        burden=burden,
        counts=count_nontarget(rows, timepoints, listed, criterion=criterion),
        new=new,
        on_study=on_study,
        criterion=criterion,
    )
    return Evidence(
        timepoints=timepoints,
        rows=rows,
        targets=targets,
        read=read,
        burden=burden,
        rule=rule,
        target=target,
        new=new,
        overall=overall,
        components=progression_components(overall, target, new),
        on_study=on_study,
    )


def _place_in_time(
    lesions: pl.DataFrame,
    measurements: pl.DataFrame,
    subjects: pl.DataFrame,
    visits: pl.DataFrame | None,
    *,
    key: Sequence[str],
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lesions with READ, measurements with READ and TP, and the timepoints in order."""
    reads = subjects.select(key).with_row_index(READ).with_columns(pl.col(READ).cast(pl.Int64))
    listed, rows = join_lesions(lesions, measurements, reads, key=key)
    known = None if visits is None else _known_visits(visits, reads, key=key)
    timepoints, numbered = order_timepoints(rows, known)
    return listed, numbered, timepoints


def _known_visits(visits: pl.DataFrame, reads: pl.DataFrame, *, key: Sequence[str]) -> pl.DataFrame:
    """What is known of visits, with READ; each visit once and of a read that is there."""
    rows = visits.with_row_index("_row").join(
        reads, on=list(key), how="left", maintain_order="left"
    )
    identity = [*key, "VISIT"]
    checks = (
        (
            rows.filter(pl.col(READ).is_null()),
            "belongs to a read that is not in the table of subjects",
            "Add the subject, or leave the visit out.",
        ),
        (
            rows.filter(rows.select(identity).is_duplicated()),
            "is listed more than once",
            "Keep one row per visit and read.",
        ),
    )
    faults = [
        fault
        for broken, what, mend in checks
        for fault in named_faults(broken, "VISITS", what, mend, key=key)
    ]
    if faults:
        raise DataError(faults)
    return rows.drop(*key, "_row")


def _on_study(timepoints: pl.DataFrame, subjects: pl.DataFrame) -> Booleans:
    after: Booleans = ~timepoints["BASELINE"].to_numpy()
    if "CUTOFFDT" not in subjects.columns:
        return after
    cutoff = subjects["CUTOFFDT"].gather(timepoints[READ])
    late: Booleans = (timepoints["ADT"] > cutoff).fill_null(value=False).to_numpy()
    return after & ~late
