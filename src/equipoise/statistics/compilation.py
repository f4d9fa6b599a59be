# SPDX-License-Identifier: Apache-2.0
"""Run every compiled kernel once on a tiny trial, so that all of them are in the cache."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from equipoise.statistics.concordance import concordance
from equipoise.statistics.cox import cox, fit_cox
from equipoise.statistics.kaplan_meier import kaplan_meier, kaplan_meier_by_group
from equipoise.statistics.logrank import logrank
from equipoise.statistics.many_trials import hazard_ratios, logranks, sort_trials
from equipoise.statistics.proportional_hazards import proportional_hazards_test
from equipoise.statistics.sorted_keys import MANY_ROWS


def run_every_kernel() -> float:
    """Call every method that owns a kernel; seconds taken."""
    began = perf_counter()
    time = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0])
    event = np.array([1, 1, 0, 1, 1, 0, 1, 1])
    arm = np.array([0, 1, 0, 1, 0, 1, 0, 1])
    entry = np.zeros(8)
    kaplan_meier(time, event, conf_type="log", conf_level=0.95)
    kaplan_meier(time, event, conf_type="log", conf_level=0.95, entry=entry)
    kaplan_meier_by_group(time, event, arm, conf_type="log", conf_level=0.95)
    logrank(time, event, arm)
    logrank(time, event, np.arange(8) % 3)
    cox(time, event, arm, ties="exact", conf_level=0.95)
    fit = fit_cox(time, event, arm, ties="efron", conf_level=0.95, robust=True)
    proportional_hazards_test(fit, transform="km")
    concordance(fit)
    both = sort_trials(time, event, arm, offsets=[0, 4, 8])
    logranks(both, strata=1)
    hazard_ratios(both, ties="efron", strata=1)
    _many_rows()
    return perf_counter() - began


def _many_rows() -> None:
    """The kernels of large data: sorted by digits when times differ, else counted."""
    event = np.arange(MANY_ROWS) % 2
    arm = np.arange(MANY_ROWS) % 3 % 2
    kaplan_meier(1.0 + np.arange(MANY_ROWS), event, conf_type="log", conf_level=0.95)
    few = 1.0 + np.arange(MANY_ROWS) % 5
    kaplan_meier(few, event, conf_type="log", conf_level=0.95)
    logrank(few, event, arm)
    logrank(few, event, np.arange(MANY_ROWS) % 3)
    both = sort_trials(few, event, arm, offsets=[0, MANY_ROWS])
    hazard_ratios(both, ties="efron", strata=1)
