# SPDX-License-Identifier: Apache-2.0
"""Every public estimator of equipoise.statistics, called on data that hold little or nothing."""

from __future__ import annotations

import numpy as np

from equipoise.statistics import contingency as tables
from equipoise.statistics import conventions as named
from equipoise.statistics import exact_odds_ratio as exact
from equipoise.statistics import proportion as one
from equipoise.statistics import proportion_intervals as more
from equipoise.statistics import score_intervals as score
from equipoise.statistics import stratified_proportions as strat
from equipoise.statistics import two_proportion_ratios as ratios
from equipoise.statistics import two_proportions as two
from equipoise.statistics import weighted_logrank as weighted
from equipoise.statistics.baseline_survival import predicted_survival
from equipoise.statistics.binomial_test import binomial_test, proportion_score_test
from equipoise.statistics.concordance import concordance
from equipoise.statistics.cox import cox, fit_cox
from equipoise.statistics.cox_profile import profile_limits
from equipoise.statistics.cox_residuals import martingale_rows, schoenfeld_rows, score_rows
from equipoise.statistics.cumulative_incidence import (
    cumulative_incidence,
    incidence_aalen,
    incidence_gray,
    state_probability,
)
from equipoise.statistics.exact_two_proportions import exact_unconditional
from equipoise.statistics.fine_gray import fine_gray
from equipoise.statistics.follow_up import follow_up
from equipoise.statistics.gray import gray_test
from equipoise.statistics.interval_cox import interval_cox
from equipoise.statistics.kaplan_meier import (
    kaplan_meier,
    kaplan_meier_by_group,
    reverse_kaplan_meier,
)
from equipoise.statistics.landmark import landmark, landmark_difference, number_at_risk
from equipoise.statistics.logrank import logrank, tabulate_risk
from equipoise.statistics.many_quantiles import many_quantiles
from equipoise.statistics.max_combo import max_combo
from equipoise.statistics.one_sample_logrank import one_sample_logrank
from equipoise.statistics.parametric_survival import parametric_survival
from equipoise.statistics.permutation_logrank import permutation_logrank
from equipoise.statistics.proportional_hazards import proportional_hazards_test
from equipoise.statistics.quantile import normal_approximation_median, quantile
from equipoise.statistics.rate import compare_rates, poisson_rate
from equipoise.statistics.rmst import restricted_area, rmst, rmst_difference
from equipoise.statistics.rmst_regression import rmst_regression
from equipoise.statistics.stratified_max_combo import (
    max_combo_stratum_estimates,
    max_combo_stratum_z,
)
from equipoise.statistics.turnbull import turnbull, turnbull_quantile

LEVEL = {"conf_level": 0.95}
FH = ((0.0, 0.0), (0.0, 1.0))

# time, event (or cause), arm: each situation in as few patients as show it
SITUATIONS = {
    "no events": ([3, 5, 6, 8, 9, 12], [0, 0, 0, 0, 0, 0], [0, 1, 0, 1, 0, 1]),
    "one subject": ([5], [1], [1]),
    "one arm": ([3, 5, 6, 8], [1, 0, 1, 1], [1, 1, 1, 1]),
    "all tied": ([7, 7, 7, 7, 7, 7], [1, 1, 0, 1, 1, 0], [0, 1, 0, 1, 0, 1]),
    "no events in one arm": ([3, 4, 5, 6, 8, 9, 10, 12], [1, 0, 1, 0, 1, 0, 1, 0], [0, 1] * 4),
    "events in order of arm": ([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]),
    "one event": ([3, 5, 6, 8, 9, 12], [0, 0, 1, 0, 0, 0], [0, 1, 0, 1, 0, 1]),
    "everybody at time 0": ([0, 0, 0, 0], [1, 0, 1, 1], [0, 1, 0, 1]),
}


def _curve(s, conf_type="log-log"):
    return kaplan_meier(s[0], s[1], conf_type=conf_type, **LEVEL)


def _two_curves(s):
    time, event, arm = (np.array(v) for v in s)
    return [
        kaplan_meier(time[arm == a], event[arm == a], conf_type="plain", **LEVEL) for a in (0, 1)
    ]


def _column(arm):
    return np.array(arm, float)[:, None]


def _fit(s, ties="efron"):
    return fit_cox(*s, ties=ties, **LEVEL)


def _intervals(s):
    """The event lies between the visit before and the time; a censoring has no end."""
    time, event = np.array(s[0], float), np.array(s[1])
    return np.maximum(time - 2.0, 0.0), np.where(event > 0, time, np.inf)


SURVIVAL = {
    turnbull: lambda s: turnbull(*_intervals(s)),
    turnbull_quantile: lambda s: turnbull_quantile(turnbull(*_intervals(s)), 0.5),
    interval_cox: lambda s: interval_cox(*_intervals(s), s[2], **LEVEL),
    many_quantiles: lambda s: many_quantiles(
        s[0], s[1], offsets=[0, len(s[0])], p=0.5, conf_type="log", plateau="midpoint", **LEVEL
    ),
    kaplan_meier: _curve,
    kaplan_meier_by_group: lambda s: kaplan_meier_by_group(*s, conf_type="log", **LEVEL),
    reverse_kaplan_meier: lambda s: reverse_kaplan_meier(s[0], s[1], conf_type="log", **LEVEL),
    follow_up: lambda s: follow_up(s[0], s[1], conf_type="log-log", plateau="midpoint", **LEVEL),
    quantile: lambda s: quantile(_curve(s), 0.5, plateau="midpoint"),
    normal_approximation_median: lambda s: normal_approximation_median(_curve(s, "plain")),
    landmark: lambda s: landmark(_curve(s), 20.0, beyond="not-estimable"),
    landmark_difference: lambda s: landmark_difference(
        *_two_curves(s), 5.0, beyond="not-estimable", **LEVEL
    ),
    number_at_risk: lambda s: number_at_risk(s[0], s[1], [0.0, 5.0, 99.0]),
    rmst: lambda s: rmst(_curve(s), tau=20.0, beyond="not-estimable"),
    restricted_area: lambda s: restricted_area(_curve(s), 20.0),
    rmst_difference: lambda s: rmst_difference(
        *_two_curves(s), tau=5.0, beyond="not-estimable", **LEVEL
    ),
    logrank: lambda s: logrank(*s),
    tabulate_risk: lambda s: tabulate_risk(*s),
    weighted.fleming_harrington: lambda s: weighted.fleming_harrington(*s, rho=0, gamma=1),
    weighted.gehan: lambda s: weighted.gehan(*s),
    weighted.tarone_ware: lambda s: weighted.tarone_ware(*s),
    weighted.peto_peto: lambda s: weighted.peto_peto(*s),
    weighted.modified_peto_peto: lambda s: weighted.modified_peto_peto(*s),
    weighted.modestly_weighted: lambda s: weighted.modestly_weighted(*s, s_star=0.5),
    weighted.trend: lambda s: weighted.trend(*s, scores=[0.0, 1.0]),
    permutation_logrank: lambda s: permutation_logrank(*s, weigh=lambda n, d: np.ones(n.size)),
    max_combo: lambda s: max_combo(*s, weights=FH),
    max_combo_stratum_z: lambda s: max_combo_stratum_z(
        *s, weights=FH, stratum=np.zeros(len(s[0]), int)
    ),
    max_combo_stratum_estimates: lambda s: max_combo_stratum_estimates(
        *s, weights=FH, stratum=np.zeros(len(s[0]), int)
    ),
    one_sample_logrank: lambda s: one_sample_logrank(s[1], np.array(s[0]) / 10, **LEVEL),
    cox: lambda s: cox(*s, ties="efron", **LEVEL),
    fit_cox: lambda s: fit_cox(*s, ties="exact", **LEVEL).result,
    profile_limits: lambda s: profile_limits(_fit(s), 0, **LEVEL),
    concordance: lambda s: concordance(_fit(s)),
    proportional_hazards_test: lambda s: proportional_hazards_test(_fit(s), transform="km"),
    predicted_survival: lambda s: predicted_survival(_fit(s), [1.0], stratum=0, **LEVEL),
    martingale_rows: lambda s: martingale_rows(_fit(s).rows, _fit(s).beta),
    score_rows: lambda s: score_rows(_fit(s).rows, _fit(s).beta),
    schoenfeld_rows: lambda s: schoenfeld_rows(_fit(s).rows, _fit(s).beta),
    parametric_survival: lambda s: parametric_survival(*s, distribution="weibull", **LEVEL),
    rmst_regression: lambda s: rmst_regression(
        s[0],
        s[1],
        _column(s[2]),
        tau=5.0,
        link="linear",
        censoring_stratum=np.zeros(len(s[0]), int),
        **LEVEL,
    ),
    cumulative_incidence: lambda s: cumulative_incidence(s[0], s[1]),
    incidence_aalen: lambda s: incidence_aalen(
        cumulative_incidence(s[0], s[1]), 1, 6.0, conf_type="log-log", **LEVEL
    ),
    incidence_gray: lambda s: incidence_gray(
        cumulative_incidence(s[0], s[1]), 1, 6.0, conf_type="log-log", **LEVEL
    ),
    state_probability: lambda s: state_probability(
        cumulative_incidence(s[0], s[1]), 1, 6.0, conf_type="log", **LEVEL
    ),
    gray_test: lambda s: gray_test(*s, cause_of_interest=1),
    fine_gray: lambda s: fine_gray(*s, cause_of_interest=1, **LEVEL),
    named.survival_readout: lambda s: named.survival_readout(
        *s, using=named.convention("sas94"), landmarks=(5.0,), **LEVEL
    ),
}

# x1 of n1 against x2 of n2, alone or as the first of two strata
COUNTS = {
    "nobody responds": (0, 12, 0, 15),
    "everybody responds": (12, 12, 15, 15),
    "none against all": (0, 12, 15, 15),
    "one arm without responders": (0, 12, 6, 15),
    "one arm all responders": (12, 12, 6, 15),
    "one subject each": (1, 1, 0, 1),
}


def _pair(c):
    return two.two_counts(*c)


def _strata(c):
    return strat.strata_counts(*([value, value] for value in c))


def _scored(scale):
    return lambda c: score.score_interval(_pair(c), scale=scale, form=score.SCAS, **LEVEL)


TWO_ARMS = {
    **{
        f: (lambda c, f=f: f(_pair(c), **LEVEL))
        for f in (
            two.difference_wald, two.difference_agresti_caffo, two.difference_hauck_anderson,
            two.difference_brown_li, two.difference_haldane, two.difference_jeffreys_perks,
            two.difference_newcombe, two.difference_newcombe_corrected, score.ratio_likelihood,
            ratios.ratio_mover_wilson, ratios.odds_ratio_mover_jeffreys, ratios.ratio_katz,
            ratios.ratio_katz_adjusted, ratios.ratio_price_bonett, ratios.ratio_inverse_sinh,
            ratios.odds_ratio_woolf, ratios.odds_ratio_gart, ratios.odds_ratio_inverse_sinh,
            exact.odds_ratio_exact, exact.odds_ratio_mid_p, exact.odds_ratio_baptista_pike,
        )
    },
    two.difference_wald_corrected: lambda c: two.difference_wald_corrected(
        _pair(c), correction=0.5, **LEVEL
    ),
    two.difference_mover_jeffreys: lambda c: two.difference_mover_jeffreys(
        _pair(c), correction=0.0, **LEVEL
    ),
    two.pearson_chi_square: lambda c: two.pearson_chi_square(_pair(c)),
    two.yates_chi_square: lambda c: two.yates_chi_square(_pair(c)),
    exact.fisher_exact: lambda c: exact.fisher_exact(_pair(c)),
    "score difference": _scored("difference"),
    "score ratio": _scored("ratio"),
    "score odds ratio": _scored("odds ratio"),
    score.farrington_manning: lambda c: score.farrington_manning(_pair(c), margin=0.1, **LEVEL),
    exact_unconditional: lambda c: exact_unconditional(
        _pair(c), scale="ratio", ordering="score", **LEVEL
    ),
    compare_rates: lambda c: compare_rates(c[0], float(c[1]), c[2], float(c[3]), **LEVEL),
    poisson_rate: lambda c: poisson_rate(c[0], float(c[1]), **LEVEL),
    tables.cohen_kappa: lambda c: tables.cohen_kappa(_table(c), **LEVEL),
    tables.chi_square_table: lambda c: tables.chi_square_table(_table(c)),
    tables.fisher_table: lambda c: tables.fisher_table(_table(c)),
    tables.trend_test: lambda c: tables.trend_test([c[0], c[2]], [c[1], c[3]], scores=[0, 1]),
    tables.mcnemar: lambda c: tables.mcnemar(c[0], 0, correction=0.0),
    tables.exact_cmh: lambda c: tables.exact_cmh(_strata(c), **LEVEL),
    tables.generalised_cmh: lambda c: tables.generalised_cmh(
        np.stack([_table(c)] * 2, axis=2), row_scores=[0, 1], column_scores=[0, 1]
    ),
    **{
        f: (lambda c, f=f: f(_strata(c), **LEVEL))
        for f in (
            strat.mantel_haenszel_odds_ratio, strat.mantel_haenszel_ratio,
            strat.logit_odds_ratio, strat.logit_ratio, strat.mantel_haenszel_difference,
            strat.mantel_haenszel_difference_unpooled, strat.stratified_score_difference,
            strat.summary_score_difference, strat.stratified_newcombe,
        )
    },
    strat.cochran_mantel_haenszel: lambda c: strat.cochran_mantel_haenszel(
        _strata(c), correction=0.0
    ),
    strat.breslow_day: lambda c: strat.breslow_day(_strata(c)),
    strat.woolf_homogeneity: lambda c: strat.woolf_homogeneity(_strata(c)),
    strat.stratified_wilson: lambda c: strat.stratified_wilson(
        [c[0], c[2]], [c[1], c[3]], weights=[1, 1], **LEVEL
    ),
    more.stratified_score: lambda c: more.stratified_score(
        [c[0], c[2]], [c[1], c[3]], weights=[1, 1], **LEVEL
    ),
    **{
        f: (lambda c, f=f: f(c[0], c[1], **LEVEL))
        for f in (
            one.clopper_pearson, one.clopper_pearson_lower, one.wilson, one.wilson_corrected,
            one.wald, one.wald_corrected, one.agresti_coull, one.jeffreys, one.mid_p,
            more.blaker, more.likelihood_ratio, more.skewness_corrected_score,
        )
    },
    binomial_test: lambda c: binomial_test(c[0], c[1], p0=0.3),
    proportion_score_test: lambda c: proportion_score_test(c[0], c[1], p0=0.3, correction=0.0),
    named.response_interval: lambda c: named.response_interval(
        c[0], c[1], using=named.convention("nest"), **LEVEL
    ),
    named.exact_p: lambda c: named.exact_p(c[0], c[1], p0=0.3, using=named.convention("sas94")),
}  # fmt: skip


def _table(c):
    return np.array([[c[0], c[1] - c[0]], [c[2], c[3] - c[2]]], float)
