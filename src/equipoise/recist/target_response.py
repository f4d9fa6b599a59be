# SPDX-License-Identifier: Apache-2.0
"""Target response at a timepoint, raw: before any memory of earlier responses."""

from __future__ import annotations

import numpy as np

from equipoise.recist.burden import NONE, Burden
from equipoise.recist.criterion import TARGET, Codes, Criterion
from equipoise.recist.history import Booleans, Integers

CR, PR, SD, PD, NE, NA = range(len(TARGET))


# Rules in the order they are tried, and the response each gives; the last holds where none does.
RULES = (
    ("NO TARGET LESION", NA),
    ("BASELINE SUM INCOMPLETE", NE),
    ("PROGRESSION PROVEN THOUGH A TARGET IS MISSING", PD),
    ("TARGET MISSING", NE),
    ("ALL TARGETS GONE OR NORMAL", CR),
    ("SUM ABOVE NADIR", PD),
    ("SUM BELOW BASELINE", PR),
    ("SUM BETWEEN THE LIMITS", SD),
)


def target_rule(burden: Burden, *, criterion: Criterion) -> Codes:
    """Which of RULES holds at every timepoint.

    Notes         PR  S / B <= pr_ratio;  PD  S / N >= pd_ratio and S - N >= pd_min_increase,
                  both compared by cross-multiplication of whole numbers.
                  All nodes normal and all else 0 is CR even where the sum meets PD [C 2].
    Source: RECIST 1.1 section 4.3.1; section 4 of the specification.
    """
    progressed = meets_progression(burden.measured, burden.nadir, criterion=criterion)
    proven = progressed if criterion.provable_pd else np.zeros_like(progressed)
    conditions = [
        ~burden.has_target,
        ~burden.baseline_complete,
        ~burden.complete & proven,
        ~burden.complete,
        burden.abnormal == 0,
        progressed,
        meets_response(burden.measured, burden.baseline, criterion=criterion),
    ]
    numbers = range(len(conditions))
    rule: Codes = np.select(conditions, list(numbers), default=len(RULES) - 1).astype(np.int8)
    return rule


def target_response(rule: Codes) -> Codes:
    """Code into TARGET for every timepoint."""
    codes: Codes = np.array([code for _, code in RULES], dtype=np.int8)[rule]
    return codes


def meets_progression(total: Integers, nadir: Integers, *, criterion: Criterion) -> Booleans:
    """20% and 5 mm above the nadir; from a nadir of 0 the 5 mm decide."""
    ratio = criterion.pd_ratio
    relative = total * ratio.denominator >= nadir * ratio.numerator
    absolute = total - nadir >= criterion.pd_min_increase
    return np.asarray((nadir < NONE) & relative & absolute, dtype=bool)


def meets_response(total: Integers, baseline: Integers, *, criterion: Criterion) -> Booleans:
    """30% below the baseline sum."""
    ratio = criterion.pr_ratio
    return np.asarray(total * ratio.denominator <= baseline * ratio.numerator, dtype=bool)
