# SPDX-License-Identifier: Apache-2.0
"""Non-target response at a timepoint: a reader's judgement, never computed from sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.recist.assessments import READ
from equipoise.recist.criterion import NONTARGET, Codes, Criterion
from equipoise.recist.history import Booleans, Integers
from equipoise.recist.lesion_tables import MISSING_STATES, NON_TARGET, PROGRESSING
from equipoise.recist.timepoints import TP

CR, NON, PD, NE, NA = range(len(NONTARGET))


@dataclass(frozen=True, slots=True, kw_only=True)
class NonTarget:
    """Non-target disease of every timepoint; arrays of one length.

    has_nontarget  the read has non-target lesions
    progressing    lesions called unequivocal progression
    missing        lesions not evaluable, not done or without a row
    present        lesions present that are not nodes; nodes : nodes present
    """

    has_nontarget: Booleans
    progressing: Integers
    missing: Integers
    present: Integers
    nodes: Integers
    markers_normal: Booleans


def count_nontarget(
    measurements: pl.DataFrame,
    timepoints: pl.DataFrame,
    lesions: pl.DataFrame,
    *,
    criterion: Criterion,
) -> NonTarget:
    """Counts of non-target lesions by state. A node given by its short axis is absent below 10 mm.

    Source: RECIST 1.1 section 4.3.3; section 5 of the specification.
    """
    rows = measurements.filter(pl.col("CLASS") == NON_TARGET)
    tp, node = rows[TP].to_numpy(), rows["NODE"].to_numpy()
    state = rows["STATE"]
    is_missing = state.is_in(list(MISSING_STATES)).to_numpy()
    is_progressing = (state == PROGRESSING).to_numpy()
    limit = np.where(node, criterion.normal_node_below, 1)
    sized = (state == "MEASURED").to_numpy()
    seen = sized & (rows["UNITS"].fill_null(0).to_numpy() >= limit)
    is_present = seen | (~sized & ~is_missing & (state != "ABSENT").to_numpy())

    def count(mask: Booleans) -> Integers:
        return np.bincount(tp[mask], minlength=timepoints.height).astype(np.int64)

    read = timepoints[READ].to_numpy()
    listed = lesions.filter(pl.col("CLASS") == NON_TARGET)[READ].to_numpy()
    n_lesions = np.bincount(listed, minlength=int(read.max(initial=-1)) + 1)[read]
    return NonTarget(
        has_nontarget=n_lesions > 0,
        progressing=count(is_progressing),
        missing=n_lesions - count(~is_missing),
        present=count(is_present & ~node),
        nodes=count(is_present & node & ~is_progressing),
        markers_normal=timepoints["MARKERS"].to_numpy(),
    )


def nontarget_response(counts: NonTarget, *, nodes_count: Booleans) -> Codes:
    """Code into NONTARGET for every timepoint.

    Parameters    nodes_count : where a node present keeps the response from CR; not so after an
                                overall CR, when only its unequivocal progression counts [C 6]
    Source: RECIST 1.1 section 4.3.4; one present and one not done is NE [C 4].
    """
    left = counts.present + np.where(nodes_count, counts.nodes, 0) > 0
    conditions = [
        ~counts.has_nontarget,
        counts.progressing > 0,
        counts.missing > 0,
        left | ~counts.markers_normal,
    ]
    codes: Codes = np.select(conditions, [NA, PD, NE, NON], default=CR).astype(np.int8)
    return codes
