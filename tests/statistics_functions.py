# SPDX-License-Identifier: Apache-2.0
"""The public functions of equipoise.statistics, and which of them are parts of others."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import equipoise.statistics

# modules that hold checks, compiled passes and arithmetic: no method of the profession
TOOLS = {
    "compilation", "cox_kernels", "cox_newton", "cox_robust", "cox_rows", "many_kernels", "normal",
    "observations", "radix_sort", "roots", "sorted_keys", "states", "survival_kernels",
    "tallied_keys",
}  # fmt: skip
# functions that only serve a method on the same page
PARTS = {
    "contingency.as_table", "cox_residuals.increments", "cox_residuals.risk_sums",
    "cox_residuals.to_caller_order", "cumulative_incidence.as_causes", "curve_limits.limits",
    "exact_odds_ratio.conditional_odds_ratio", "exact_odds_ratio.exact_interval",
    "exact_odds_ratio.support", "exact_two_proportions.p_value", "logrank.finish",
    "interval_censored.as_intervals", "interval_censored.find_intervals",
    "interval_censored.fit_jumps", "logrank.sum_risk_table", "max_combo.joint_test",
    "max_combo.stratum_scores",
    "max_combo.tabulate_two_groups", "multivariate_normal.factor", "proportion.binomial_pmf",
    "proportion.check_counts", "proportion.proportion", "proportion.wilson_corrected_limits",
    "proportion.wilson_limits", "score_intervals.odds_ratio_bias", "score_intervals.restricted",
    "score_intervals.restricted_difference", "score_intervals.restricted_odds_ratio",
    "score_intervals.restricted_ratio", "score_intervals.score_parts", "score_intervals.score_z",
    "stratified_proportions.strata_counts", "two_proportion_ratios.mover_ratio",
    "two_proportions.count_arrays", "two_proportions.jeffreys_medians",
    "two_proportions.jeffreys_pair", "two_proportions.pair_limits",
    "two_proportions.ratio_or_limit", "two_proportions.sample_odds_ratio",
    "two_proportions.square_and_add", "two_proportions.two_counts", "two_proportions.wald_error",
    "weighted_logrank.fleming_harrington_weights", "weighted_logrank.modestly_weighted_weights",
    "weighted_logrank.survival_before", "weighted_logrank.weigh_strata",
}  # fmt: skip


def public_functions():
    """Name `module.function` of every public function written in the package."""
    names = set()
    for module in pkgutil.iter_modules(equipoise.statistics.__path__):
        loaded = importlib.import_module(f"equipoise.statistics.{module.name}")
        names |= {
            f"{module.name}.{name}"
            for name, item in vars(loaded).items()
            if inspect.isfunction(inspect.unwrap(item) if callable(item) else item)
            and getattr(item, "__module__", "") == loaded.__name__
            and not name.startswith("_")
        }
    return names


def methods():
    """The public functions that are methods of the profession."""
    return {
        name for name in public_functions() if name.split(".")[0] not in TOOLS and name not in PARTS
    }
