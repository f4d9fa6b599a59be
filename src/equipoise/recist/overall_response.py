# SPDX-License-Identifier: Apache-2.0
"""Overall response at a timepoint, and what disease means after a complete response."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.recist import new_lesions, nontarget_response
from equipoise.recist.burden import Burden
from equipoise.recist.criterion import OVERALL, Codes, Criterion, overall_table
from equipoise.recist.history import Booleans, Integers, any_before
from equipoise.recist.new_lesions import NewLesions
from equipoise.recist.nontarget_response import NonTarget

CR, PR, SD, NON, PD, NE, NED = range(len(OVERALL))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """Responses of every timepoint; arrays of one length.

    nontarget          code into NONTARGET, with the rule for nodes after CR
    code               code into OVERALL, raw (before any memory)
    reappeared         disease after an overall CR: progression whatever its size
    node_visible       a non-target node seen again after CR that leaves CR standing
    after_cr           an earlier timepoint had overall CR
    """

    nontarget: Codes
    code: Codes
    reappeared: Booleans
    node_visible: Booleans
    after_cr: Booleans


def overall_response(
    read: Integers,
    target: Codes,
    *,
    burden: Burden,
    counts: NonTarget,
    new: NewLesions,
    on_study: Booleans,
    criterion: Criterion,
) -> Overall:
    """Overall response by Tables 1 and 2, then the rule for disease after CR.

    Parameters    on_study : not baseline; only there can a CR be given
    Notes         The first overall CR depends on nothing after it, so two passes over the table
                  suffice: before and after that CR; no state is carried from row to row.
    Source: RECIST 1.1 Tables 1-3; section 7 of the specification.
    """
    table = overall_table(criterion)
    everywhere = np.ones(len(read), dtype=bool)
    before = nontarget_response.nontarget_response(counts, nodes_count=everywhere)
    first = table[target, before, new.code]
    after_cr = any_before(read, (first == CR) & on_study)
    if not criterion.disease_after_cr_is_pd:
        nothing = ~everywhere
        return Overall(
            nontarget=before,
            code=first,
            reappeared=nothing,
            node_visible=nothing,
            after_cr=after_cr,
        )
    nontarget = nontarget_response.nontarget_response(counts, nodes_count=~after_cr)
    reappeared = after_cr & ((burden.abnormal > 0) | (counts.present > 0))
    code = np.where(reappeared, PD, table[target, nontarget, new.code]).astype(np.int8)
    return Overall(
        nontarget=nontarget,
        code=code,
        reappeared=reappeared,
        node_visible=after_cr & (counts.nodes > 0),
        after_cr=after_cr,
    )


def progression_components(overall: Overall, target: Codes, new: NewLesions) -> Integers:
    """Bits of what made the overall response PD: 1 target, 2 non-target, 4 new, 8 after CR."""
    bits = (
        1 * (target == 3)
        + 2 * (overall.nontarget == nontarget_response.PD)
        + 4 * (new.code == new_lesions.YES)
        + 8 * overall.reappeared
    )
    return np.where(overall.code == PD, bits, 0).astype(np.int64)
