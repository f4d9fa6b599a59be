# SPDX-License-Identifier: Apache-2.0
"""The name of the rule that gave each overall response."""

from __future__ import annotations

import numpy as np
import polars as pl

from equipoise.recist import overall_response as overall
from equipoise.recist import target_response as target
from equipoise.recist.criterion import Codes
from equipoise.recist.history import Integers

COMPONENTS = ((1, "TARGET"), (2, "NON-TARGET"), (4, "NEW LESION"), (8, "DISEASE AFTER CR"))
TARGET_RULES = tuple(name for name, _ in target.RULES)
_PROGRESSION = tuple(
    "PROGRESSION: " + " AND ".join(name for bit, name in COMPONENTS if bits & bit)
    for bits in range(1, 16)
)
_OTHER = (
    "REGION NOT SEARCHED FOR NEW LESIONS",
    "ALL DISEASE GONE",
    "TARGET CR WITH OTHER DISEASE LEFT OR NOT EVALUATED",
    "TARGET RESPONSE",
    "NON-TARGET DISEASE ONLY",
    "NO DISEASE AT BASELINE",
)
OVERALL_RULES = (*_PROGRESSION, *_OTHER)


def overall_rule(
    code: Codes, target_code: Codes, components: Integers, *, on_target: Codes
) -> pl.Series:
    """Name of the rule behind each overall response.

    Parameters    code : overall response; target_code : target response
                  components : bits of COMPONENTS
                  on_target : the overall response had every region been searched
    """
    unsearched, gone, left, by_target, nontarget, none = range(15, 15 + len(_OTHER))
    conditions = [
        components > 0,
        (code == overall.NE) & (on_target != overall.NE),
        code == overall.CR,
        (code == overall.PR) & (target_code == target.CR),
        code == overall.NED,
        target_code == target.NA,
    ]
    others = (unsearched, gone, left, none, nontarget)
    choices = [components - 1, *(np.full(len(code), number) for number in others)]
    rule: Integers = np.select(conditions, choices, default=by_target)
    return _named(rule, OVERALL_RULES)


def target_rule_names(rule: Codes) -> pl.Series:
    """Name of the rule behind each target response."""
    return _named(rule, TARGET_RULES)


def _named(codes: Integers | Codes, names: tuple[str, ...]) -> pl.Series:
    return pl.Series(names, dtype=pl.Enum(names)).gather(np.asarray(codes, dtype=np.uint32))
