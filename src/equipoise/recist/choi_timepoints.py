# SPDX-License-Identifier: Apache-2.0
"""Choi responses of every timepoint from lesion sizes and densities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from equipoise.recist import nontarget_response, target_response
from equipoise.recist.assessments import READ
from equipoise.recist.choi import ChoiCriterion, choi_response
from equipoise.recist.criterion import NONTARGET, OVERALL, Codes, Criterion
from equipoise.recist.evidence import Evidence, gather_evidence
from equipoise.recist.history import Integers, read_starts
from equipoise.recist.new_lesions import YES
from equipoise.recist.size import UNITS_PER_MM
from equipoise.recist.timepoints import TP


def derive_choi(
    lesions: pl.DataFrame,
    measurements: pl.DataFrame,
    subjects: pl.DataFrame,
    *,
    visits: pl.DataFrame | None = None,
    key: Sequence[str],
    criterion: Criterion,
    choi: ChoiCriterion,
) -> pl.DataFrame:
    """Choi response beside the sums: key, VISIT, ADT, ADTLAST, ABLFL, OVRLRESP.

    Parameters    measurements : as for RECIST, with DENSITY (HU, portal phase) on target rows
                  criterion : how lesions are counted (too small to measure, normal nodes)
    """
    evidence = gather_evidence(
        lesions, measurements, subjects, visits=visits, key=key, criterion=criterion
    )
    burden, overall = evidence.burden, evidence.overall
    total, counted = _density(evidence)
    start = read_starts(evidence.read)
    no_nontarget = np.isin(overall.nontarget, [NONTARGET.index("CR"), NONTARGET.index("NA")])
    known = burden.complete & burden.baseline_complete & (counted > 0) & (counted[start] > 0)
    code = choi_response(
        burden.measured,
        burden.baseline,
        burden.nadir,
        total * counted[start],
        total[start] * counted,
        gone=(evidence.target == target_response.CR) & no_nontarget,
        progressed_otherwise=(evidence.new.code == YES)
        | (overall.nontarget == nontarget_response.PD),
        evaluable=known | (evidence.target == target_response.CR),
        criterion=choi,
    )
    return _as_table(evidence, code, subjects.select(key))


def _as_table(evidence: Evidence, code: Codes, subjects: pl.DataFrame) -> pl.DataFrame:
    keys = subjects.gather(evidence.timepoints[READ])
    names = pl.Series(OVERALL, dtype=pl.Enum(OVERALL)).gather(code.astype(np.uint32))
    baseline = pl.col("BASELINE")
    dates = evidence.timepoints.select(
        "VISIT",
        "ADT",
        "ADTLAST",
        ABLFL=pl.when(baseline).then(pl.lit("Y")),
        OVRLRESP=pl.when(~baseline).then(names),
    )
    return pl.concat([keys, dates], how="horizontal")


def _density(evidence: Evidence) -> tuple[Integers, Integers]:
    """Sum of HU in units and the lesions that have one: means compare by cross-multiplying."""
    measured = evidence.targets.filter(
        pl.col("DENSITY").cast(pl.Float64, strict=False).is_not_null(), pl.col("VALUE") > 0
    )
    tp = measured[TP].to_numpy()
    scaled = (measured["DENSITY"].cast(pl.Float64) * UNITS_PER_MM).round().to_numpy()
    n = evidence.timepoints.height
    total = np.bincount(tp, weights=scaled, minlength=n)
    return total.astype(np.int64), np.bincount(tp, minlength=n).astype(np.int64)
