# SPDX-License-Identifier: Apache-2.0
"""Reporting memory: an SD-sized sum after an established partial response is reported as PR."""

from __future__ import annotations

import numpy as np

from equipoise.recist import overall_response as overall
from equipoise.recist import target_response as target
from equipoise.recist.confirmation import confirmed_complete, confirmed_partial, confirming_row
from equipoise.recist.criterion import OVERALL, Codes, Criterion
from equipoise.recist.history import Booleans, Integers, any_before, any_so_far
from equipoise.recist.response_options import RESPONSE_CODES, ResponseOptions

_CODES = np.array([RESPONSE_CODES.get(name, 0) for name in OVERALL], dtype=np.int64)


def reported_responses(
    read: Integers,
    last_day: Integers,
    *,
    target_code: Codes,
    overall_code: Codes,
    counts: Booleans,
    criterion: Criterion,
    options: ResponseOptions,
) -> tuple[Codes, Codes]:
    """Target and overall response as reported; the raw ones decide every endpoint.

    Established = an earlier CR or PR, or one that is confirmed by this timepoint where
    confirmation is required; until the first overall PD.
    Source: EORTC RECIST questions, "managing PR when measurements change slightly" (100, 70, 70,
    80, 80, 80 mm is PR five times); section 7 of the specification [C 7].
    """
    if not criterion.pr_memory:
        return target_code, overall_code
    progressed = any_so_far(read, (overall_code == overall.PD) & counts)
    if criterion.memory_needs_confirmation:
        known = _established(read, last_day, overall_code, progressed, counts, options=options)
        by_target = by_overall = known
    else:
        by_target = any_before(read, np.isin(target_code, (target.CR, target.PR)) & counts)
        by_overall = any_before(read, np.isin(overall_code, (overall.CR, overall.PR)) & counts)
    keep_target = (target_code == target.SD) & by_target & ~progressed
    keep_overall = (overall_code == overall.SD) & by_overall & ~progressed
    return (
        np.where(keep_target, target.PR, target_code).astype(np.int8),
        np.where(keep_overall, overall.PR, overall_code).astype(np.int8),
    )


def _established(
    read: Integers,
    last_day: Integers,
    overall_code: Codes,
    progressed: Booleans,
    counts: Booleans,
    *,
    options: ResponseOptions,
) -> Booleans:
    """Whether a response has been confirmed by this or an earlier timepoint."""
    rows = np.flatnonzero(counts & ~progressed)
    code = _CODES[overall_code[rows]]
    kinds = (
        (confirmed_complete, code == RESPONSE_CODES["CR"]),
        (confirmed_partial, np.isin(code, (RESPONSE_CODES["CR"], RESPONSE_CODES["PR"]))),
    )
    marked = np.zeros(len(read), dtype=bool)
    for confirmed, among in kinds:
        is_confirmed = confirmed(read[rows], last_day[rows], code, options=options)
        by = confirming_row(read[rows], last_day[rows], among=among, options=options)
        marked[rows[by[is_confirmed]]] = True
    return any_so_far(read, marked)
