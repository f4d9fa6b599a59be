# SPDX-License-Identifier: Apache-2.0
"""Sum of diameters, nadir and baseline sum, in exact units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.recist.assessments import READ
from equipoise.recist.criterion import Criterion
from equipoise.recist.history import Booleans, Integers, read_starts, smallest_so_far
from equipoise.recist.lesion_tables import MERGED, MISSING_STATES, TARGET, TOO_SMALL
from equipoise.recist.timepoints import TP

NONE = 2**33  # stands for "no complete sum yet": larger than any sum


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """Target disease of every timepoint, baseline included; arrays of one length.

    has_target         the read has target lesions
    measured           sum of the targets that have a value
    complete           every target has a value: `measured` is the sum of diameters
    baseline           baseline sum; baseline_complete : it is defined
    nadir              smallest complete sum before this timepoint; NONE where there is none
    abnormal           targets that keep the response from CR: not 0, or a node of 10 mm or more
    nodes_left         sum of the nodes below 10 mm
    defaulted          a target too small to measure was given the default size
    """

    has_target: Booleans
    measured: Integers
    complete: Booleans
    baseline: Integers
    baseline_complete: Booleans
    nadir: Integers
    abnormal: Integers
    nodes_left: Integers
    defaulted: Booleans


def target_values(measurements: pl.DataFrame, *, criterion: Criterion) -> pl.DataFrame:
    """One value per target and timepoint: READ, TP, LNKID, NODE, ADT, VALUE (null = missing), TSTM.

    Too small to measure is the default size; a lesion merged into another counts 0; the fragments
    of a split lesion add up, and one missing fragment makes the lesion missing.
    Source: RECIST 1.1 section 4.3.2 and appendix II.
    """
    state = pl.col("STATE")
    value = (
        pl.when(state == TOO_SMALL)
        .then(criterion.tstm)
        .when(state == MERGED)
        .then(0)
        .when(~state.is_in(list(MISSING_STATES)))
        .then("UNITS")
    )
    rows = measurements.filter(pl.col("CLASS") == TARGET).select(
        READ,
        TP,
        "LNKID",
        "NODE",
        "ADT",
        *(c for c in ("PART", "DENSITY") if c in measurements),
        VALUE=value,
        TSTM=state == TOO_SMALL,
    )
    if "PART" not in rows.columns:
        return rows
    whole = pl.when(pl.col("VALUE").is_not_null().all()).then(pl.col("VALUE").sum())
    return rows.group_by(READ, TP, "LNKID", maintain_order=True).agg(
        pl.col("NODE").first(),
        pl.col("ADT").max(),
        whole.alias("VALUE"),
        pl.col("TSTM").any(),
        *([pl.col("DENSITY").mean()] if "DENSITY" in rows.columns else []),
    )


def compute_burden(
    targets: pl.DataFrame, timepoints: pl.DataFrame, lesions: pl.DataFrame, *, criterion: Criterion
) -> Burden:
    """Sums of every timepoint from the values of its targets.

    Notes         S = sum of all targets, defined when none is missing; B = S at baseline;
                  N = smallest defined S before the timepoint, baseline included.
    Source: RECIST 1.1 section 4.3.1; section 3 of the specification.
    """
    read = timepoints[READ].to_numpy()
    n_targets = _per_read(lesions, n_reads=int(read.max(initial=-1)) + 1)[read]
    measured, n_valued, abnormal, nodes_left, defaulted = _sums(
        targets, n_timepoints=len(read), criterion=criterion
    )
    complete = n_valued == n_targets
    start = read_starts(read)
    at_baseline = timepoints["BASELINE"].to_numpy()[start] if len(read) else complete
    defined = np.where(complete, measured, NONE)
    lowest = smallest_so_far(read, defined)
    before = np.concatenate([[NONE], lowest[:-1]]) if len(read) else lowest
    return Burden(
        has_target=n_targets > 0,
        measured=measured,
        complete=complete,
        baseline=measured[start],
        baseline_complete=complete[start] & at_baseline,
        nadir=np.where(start == np.arange(len(read)), NONE, before),
        abnormal=abnormal,
        nodes_left=nodes_left,
        defaulted=defaulted,
    )


def _per_read(lesions: pl.DataFrame, *, n_reads: int) -> Integers:
    targets = lesions.filter(pl.col("CLASS") == TARGET)[READ].to_numpy()
    return np.bincount(targets, minlength=n_reads).astype(np.int64)


def _sums(
    targets: pl.DataFrame, *, n_timepoints: int, criterion: Criterion
) -> tuple[Integers, Integers, Integers, Integers, Booleans]:
    valued = targets.filter(pl.col("VALUE").is_not_null())
    tp, value = valued[TP].to_numpy(), valued["VALUE"].to_numpy()
    node = valued["NODE"].to_numpy()
    is_normal_node = node & (value < criterion.normal_node_below)
    is_abnormal = np.where(node, value >= criterion.normal_node_below, value > 0)

    def total(weight: Integers | Booleans) -> Integers:
        # bincount adds doubles: exact, because every sum of units stays far below 2**53
        sums: Integers = np.bincount(tp, weights=weight, minlength=n_timepoints).astype(np.int64)
        return sums

    return (
        total(value),
        np.bincount(tp, minlength=n_timepoints).astype(np.int64),
        total(is_abnormal),
        total(value * is_normal_node),
        total(valued["TSTM"].to_numpy()) > 0,
    )
