# SPDX-License-Identifier: Apache-2.0
"""Findings a reviewer should see at a timepoint; none of them changes a response."""

from __future__ import annotations

import numpy as np
import polars as pl

from equipoise.recist import target_response
from equipoise.recist.criterion import Criterion
from equipoise.recist.evidence import Evidence
from equipoise.recist.normal_nodes import driven_by_normal_nodes
from equipoise.recist.progression import Progression

PROVEN = 2  # place of "progression proven though a target is missing" in target_response.RULES


def response_flags(
    evidence: Evidence, progression: Progression, *, criterion: Criterion
) -> pl.DataFrame:
    """One boolean column per finding, one row per timepoint.

    TSTM_DEFAULT              a target too small to measure stands for the default size
    NODAL_CR_NONZERO_SUM      CR although the sum is not 0: the rest are normal nodes
    PROVABLE_PD_WITH_MISSING  PD although a target is missing
    BASELINE_INCOMPLETE       a target without baseline value: no target response, ever
    PD_DRIVEN_BY_NORMAL_NODE  PD that nodes below 10 mm carry
    REAPPEARANCE_AFTER_CR     disease after an overall CR
    NODE_VISIBLE_AFTER_CR     a non-target node seen again that leaves CR standing
    NEW_NODE_10_TO_15_MM      the only new lesions are small nodes: EORTC advises equivocal
    BACKDATED_PD              progression dated back to where the lesion was first recorded
    AFTER_PD                  computed, never used: progression came before
    """
    burden, overall, target = evidence.burden, evidence.overall, evidence.target
    row = np.arange(len(evidence.read))
    first = progression.row[evidence.read]
    flags = {
        "TSTM_DEFAULT": burden.defaulted,
        "NODAL_CR_NONZERO_SUM": (target == target_response.CR) & (burden.measured > 0),
        "PROVABLE_PD_WITH_MISSING": evidence.rule == PROVEN,
        "BASELINE_INCOMPLETE": burden.has_target & ~burden.baseline_complete,
        "PD_DRIVEN_BY_NORMAL_NODE": driven_by_normal_nodes(
            target, burden, evidence.targets, criterion=criterion
        ),
        "REAPPEARANCE_AFTER_CR": overall.reappeared,
        "NODE_VISIBLE_AFTER_CR": overall.node_visible,
        "NEW_NODE_10_TO_15_MM": evidence.new.only_small_nodes,
        "BACKDATED_PD": progression.backdated[evidence.read] & (row == first),
        "AFTER_PD": (first >= 0) & (row > first),
    }
    return pl.DataFrame(flags)
