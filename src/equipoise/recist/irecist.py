# SPDX-License-Identifier: Apache-2.0
"""iRECIST: progression that must be confirmed, and the best response up to its confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.recist.assessments import READ
from equipoise.recist.criterion import OVERALL, Criterion, read_rules
from equipoise.recist.evidence import Evidence, gather_evidence
from equipoise.recist.history import Booleans, Integers, any_before, first_row, read_starts
from equipoise.recist.lesion_tables import INCREASED, PROGRESSING
from equipoise.recist.size import units
from equipoise.recist.timepoints import TP

CONFIRMED = "iCPD"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Growth:
    """What can confirm a progression; arrays with one value per timepoint.

    bits           categories that meet PD: 1 target, 2 non-target, 4 new, 8 after CR
    total          target sum; -1 where incomplete
    new_total      sum of the new lesions that are measured; n_new : new lesions present
    nontarget_up   a non-target lesion grew; new_up : a new lesion that is not measured grew
    """

    bits: Integers
    total: Integers
    new_total: Integers
    n_new: Integers
    nontarget_up: Booleans
    new_up: Booleans


def derive_irecist(
    lesions: pl.DataFrame,
    measurements: pl.DataFrame,
    subjects: pl.DataFrame,
    *,
    visits: pl.DataFrame | None = None,
    key: Sequence[str],
    criterion: Criterion,
) -> pl.DataFrame:
    """Response at every timepoint in iRECIST's words: key, VISIT, ADT, ADTLAST, OVRLRESP.

    Parameters    tables : as for RECIST 1.1; the state INCREASED marks growth of a non-target or
                           of a new lesion that is not measured
    Source: irecist.yaml; section 13 of the specification.
    """
    evidence = gather_evidence(
        lesions, measurements, subjects, visits=visits, key=key, criterion=criterion
    )
    rules = read_rules("irecist.yaml")
    confirmed = _confirmed(
        evidence, _growth(evidence), least=units(rules["confirm_min_increase_mm"])
    )
    code = pl.Series(OVERALL).gather(evidence.overall.code.astype(np.uint32))
    names = code.replace_strict(rules["names"], return_dtype=pl.String)
    keys = subjects.select(key).gather(evidence.timepoints[READ])
    responses = evidence.timepoints.select("VISIT", "ADT", "ADTLAST").with_columns(
        OVRLRESP=pl.when(pl.Series(confirmed)).then(pl.lit(CONFIRMED)).otherwise(names)
    )
    after = pl.Series(~evidence.timepoints["BASELINE"].to_numpy())
    return pl.concat([keys, responses], how="horizontal").filter(after)


def compute_ibor(
    assessments: pl.DataFrame, subjects: pl.DataFrame, *, key: Sequence[str]
) -> pl.DataFrame:
    """Best response up to the first iCPD: key, AVALC.

    Parameters    assessments : key, ADT, OVRLRESP (iRECIST); subjects : one row per read: key
    Source: Seymour 2017 Table 3, as eight sequences (vectors I).
    """
    order = read_rules("irecist.yaml")["best"]["order"]
    reads = subjects.select(key).with_row_index(READ)
    rows = assessments.join(reads, on=list(key)).sort(READ, "ADT", maintain_order=True)
    read = rows[READ].cast(pl.Int64).to_numpy()
    is_confirmed = (rows["OVRLRESP"] == CONFIRMED).to_numpy()
    counted = ~any_before(read, is_confirmed)
    best = pl.Series([order[-1]] * subjects.height, dtype=pl.String)
    for name in reversed(order):
        mask = (rows["OVRLRESP"] == name).to_numpy() & counted
        found = first_row(read, mask, n_reads=subjects.height) >= 0
        best = best.to_frame("b").select(
            pl.when(pl.Series(found)).then(pl.lit(name)).otherwise("b")
        )["literal"]
    return subjects.select(key).with_columns(AVALC=best)


def _growth(evidence: Evidence) -> _Growth:
    rows, n = evidence.rows, evidence.timepoints.height
    new = rows.filter(pl.col("CLASS") == "NEW", pl.col("STATE").is_in(["UNEQUIVOCAL", INCREASED]))
    nontarget = rows.filter(pl.col("CLASS") == "NON-TARGET")
    grown = pl.col("STATE").is_in([INCREASED, PROGRESSING])

    def count(table: pl.DataFrame) -> Integers:
        return np.bincount(table[TP].to_numpy(), minlength=n).astype(np.int64)

    sizes = new["UNITS"].fill_null(0).to_numpy()
    new_total = np.bincount(new[TP].to_numpy(), weights=sizes, minlength=n).astype(np.int64)
    burden = evidence.burden
    return _Growth(
        bits=np.where(evidence.on_study, evidence.components, 0),
        total=np.where(burden.has_target & burden.complete, burden.measured, -1),
        new_total=new_total,
        n_new=count(new),
        nontarget_up=count(nontarget.filter(grown)) > 0,
        new_up=count(new.filter(pl.col("STATE") == INCREASED)) > 0,
    )


def _confirmed(evidence: Evidence, growth: _Growth, *, least: int) -> Booleans:
    """Timepoints that confirm an earlier unconfirmed progression.

    A true state machine (what counts depends on the timepoint that was left unconfirmed), so one
    pass per ordinal of the timepoint, each over all reads at once.
    """
    read = evidence.read
    ordinal = np.arange(len(read)) - read_starts(read)
    pending = np.full(int(read.max(initial=-1)) + 1, -1, dtype=np.int64)  # row of the iUPD
    confirmed = np.zeros(len(read), dtype=bool)
    not_evaluable = evidence.overall.code == OVERALL.index("NE")
    for number in range(1, int(ordinal.max(initial=0)) + 1):
        row = np.flatnonzero(ordinal == number)
        reader = read[row]
        origin = pending[reader]
        waits = origin >= 0
        now = waits & _grows(growth, row, np.maximum(origin, 0), least=least)
        confirmed[row] = now
        progressed = growth.bits[row] > 0
        starts = progressed & ~waits
        ends = now | (waits & ~progressed & ~not_evaluable[row])
        pending[reader] = np.where(starts, row, np.where(ends, -1, origin))
    return confirmed


def _grows(growth: _Growth, row: Integers, origin: Integers, *, least: int) -> Booleans:
    """Whether timepoint `row` adds what confirms the progression of timepoint `origin`."""
    bits, before = growth.bits[row], growth.bits[origin]
    target = (growth.total[row] >= 0) & (growth.total[row] - growth.total[origin] >= least)
    new = (growth.new_total[row] - growth.new_total[origin] >= least) | growth.new_up[row]
    more = growth.n_new[row] > growth.n_new[origin]
    confirmed: Booleans = (bits & ~before) > 0
    confirmed |= ((before & 1) > 0) & (growth.total[origin] >= 0) & target
    confirmed |= ((before & 2) > 0) & growth.nontarget_up[row]
    confirmed |= ((before & 4) > 0) & (new | more)
    return confirmed
