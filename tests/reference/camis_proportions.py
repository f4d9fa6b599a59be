# SPDX-License-Identifier: Apache-2.0
"""Recipes for the proportion and CMH entries of CAMIS: entry in, named numbers out."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
from tests.oracles import oracle_file

from equipoise.statistics import contingency, two_proportion_ratios, two_proportions
from equipoise.statistics import exact_odds_ratio as exact
from equipoise.statistics import proportion as one
from equipoise.statistics import proportion_intervals as more
from equipoise.statistics import score_intervals as score
from equipoise.statistics import stratified_proportions as strat
from equipoise.statistics.binomial_test import binomial_test, proportion_score_test
from equipoise.statistics.exact_two_proportions import exact_unconditional
from equipoise.statistics.normal import chi_square

LEVEL = {"conf_level": 0.95}


def limits(got):
    return {"lcl": float(got.lower), "ucl": float(got.upper)}


def single(entry):
    inputs, name = entry["inputs"], entry["id"].split(".")[-1]
    if "arm" in inputs or ".act." in entry["id"]:
        arm = inputs.get("arm", "act")
        x, n = inputs[f"x_{arm}"], inputs[f"n_{arm}"]
    else:
        x, n = inputs["x"], inputs["n"]
    p0 = inputs.get("p0", 0.5)
    corrected = proportion_score_test(x, n, p0=p0, correction=0.5 / n)
    plain = proportion_score_test(x, n, p0=p0, correction=0.0)
    tests = binomial_test(x, n, p0=p0)
    sas = entry["software"] == "SAS"
    out = {"prop": x / n, "ase": plain.std_err, "ase_h0": plain.std_err_null, "z": plain.z}
    out |= {"p_two": plain.p_two_sided, "chisq": plain.z**2}
    if name == "wilson_hand":
        low, high = one.wilson_limits(np.array(x), np.array(n), inputs["z"])
        return {"lcl": float(low), "ucl": float(high)}
    if name in ("exact", "clopper_pearson") or name.isdigit():
        out["p_two"] = tests.p_doubled if sas else tests.p_two_sided
    if name == "midp":
        out |= {"p_right": tests.mid_p_greater, "p_left": tests.mid_p_less}
        out["p_two"] = tests.mid_p_two_sided
        if not sas:  # exactci solves its limits to 4-5 decimals only
            out["slack"] = {"lcl": 2e-5, "ucl": 2e-5}
    if name == "wilson_cc":
        out |= {"chisq": corrected.z**2, "p": corrected.p_two_sided}
    methods = {
        "agresti_coull": one.agresti_coull,
        "jeffreys": one.jeffreys,
        "wald": one.wald,
        "wald_cc": one.wald_corrected,
        "wilson": one.wilson,
        "wilson_cc": one.wilson_corrected,
        "clopper_pearson": one.clopper_pearson,
        "exact": one.clopper_pearson,
        "midp": one.mid_p,
        "midp8": one.mid_p,  # the page states agreement to 1e-8 with another program
        "blaker": more.blaker,
        "likelihood_ratio": more.likelihood_ratio,
        "scas": more.skewness_corrected_score,
    }
    if name == "midp8":
        out["slack"] = {"lcl": 1e-8, "ucl": 1e-8}
    if name in methods:
        out |= limits(methods[name](x, n, **LEVEL))
    return out


def counts(entry):
    i = entry["inputs"]
    return two_proportions.two_counts(i["x_act"], i["n_act"], i["x_pbo"], i["n_pbo"])


def risks(c):
    out = {}
    rows = {"p1": (c.x1, c.n1), "p2": (c.x2, c.n2), "tot": (c.x1 + c.x2, c.n1 + c.n2)}
    for name, (x, n) in rows.items():
        plain, sure = one.wald(x, n, **LEVEL), one.clopper_pearson(x, n, **LEVEL)
        out |= {name: x / n, f"{name}_ase": np.sqrt(x / n * (1 - x / n) / n)}
        out |= {f"{name}_lcl": plain.lower, f"{name}_ucl": plain.upper}
        out |= {f"{name}_exlcl": sure.lower, f"{name}_exucl": sure.upper}
    got = two_proportions.difference_wald(c, **LEVEL)
    out |= {"diff": got.estimate, "diff_ase": two_proportions.wald_error(c)}
    return out | {"diff_lcl": got.lower, "diff_ucl": got.upper}


def scored(scale, form):
    return lambda c: score.score_interval(c, scale=scale, form=form, **LEVEL)


def form(variance=True, skew=False, continuity=0.0):
    return score.ScoreForm(
        variance_factor=variance, skewness=skew, continuity=continuity, bias=False
    )


def unconditional(scale, ordering):
    return lambda c: exact_unconditional(c, scale=scale, ordering=ordering, **LEVEL)


def plain(name, **options):
    module = two_proportions if name.startswith("difference") else two_proportion_ratios
    return lambda c: getattr(module, name)(c, **LEVEL, **options)


RD, RR, OR = "difference", "ratio", "odds ratio"
METHODS = {
    "rd.wald": plain("difference_wald"),
    "rd.agresti_caffo": plain("difference_agresti_caffo"),
    "rd.mee": scored(RD, form(variance=False)),
    "rd.mn": scored(RD, form()),
    "rd.newcombe_cc": plain("difference_newcombe_corrected"),
    "rd.wald_cc": plain("difference_wald_corrected", correction=0.5),
    "rd.cc_wald": plain("difference_wald_corrected", correction=0.5),
    "rd.cc25_wald": plain("difference_wald_corrected", correction=0.25),
    "rd.exact_cz": unconditional(RD, "score"),
    "rd.exact_ss": unconditional(RD, "raw"),
    "rd.exact_am": unconditional(RD, "score two-sided"),
    "rd.mover_wilson": plain("difference_newcombe"),
    "rd.mover_jeffreys": plain("difference_mover_jeffreys", correction=0.0),
    "rd.cc_mover_jeffreys": plain("difference_mover_jeffreys", correction=0.5),
    "rd.cc25_mover_jeffreys": plain("difference_mover_jeffreys", correction=0.25),
    "rd.cc_scas": scored(RD, form(skew=True, continuity=0.5)),
    "rd.cc25_scas": scored(RD, form(skew=True, continuity=0.25)),
    "rd.cc_gart_nam": scored(RD, form(variance=False, skew=True, continuity=0.5)),
    "rd.cc_mn": scored(RD, form(continuity=0.5)),
    "rd.cc25_mn": scored(RD, form(continuity=0.25)),
    "rd.cc25_mee": scored(RD, form(variance=False, continuity=0.25)),
    "rd.hauck_anderson": plain("difference_hauck_anderson"),
    "rd.blj": plain("difference_brown_li"),
    "rd.hal": plain("difference_haldane"),
    "rd.jp": plain("difference_jeffreys_perks"),
    "rr.likelihood_ratio": lambda c: score.ratio_likelihood(c, **LEVEL),
    "rr.wald_modified": plain("ratio_katz_adjusted"),
    "rr.koopman": scored(RR, form(variance=False)),
    "rr.mn": scored(RR, form()),
    "rr.scas": scored(RR, form(skew=True)),
    "rr.mover_wilson": plain("ratio_mover_wilson"),
    "rr.katz_log": plain("ratio_katz"),
    "rr.price_bonett": plain("ratio_price_bonett"),
    "rr.inverse_sinh": plain("ratio_inverse_sinh"),
    "rr.exact_cz": unconditional(RR, "score"),
    "rr.exact_ss": unconditional(RR, "raw"),
    "rr.exact_am": unconditional(RR, "score two-sided"),
    "or.mn_score": scored(OR, form()),
    "or.mn": scored(OR, form()),
    "or.scas": scored(OR, score.SCAS),
    "or.wald_modified": plain("odds_ratio_gart"),
    "or.gart_adjusted": plain("odds_ratio_gart"),
    "or.mover_jeffreys": plain("odds_ratio_mover_jeffreys"),
    "or.adj_inverse_sinh_06_04": plain("odds_ratio_inverse_sinh"),
    "or.exact": lambda c: exact.odds_ratio_exact(c, **LEVEL),
    "or.cornfield_midp": lambda c: exact.odds_ratio_mid_p(c, **LEVEL),
    "or.baptista_pike_midp": lambda c: exact.odds_ratio_baptista_pike(c, **LEVEL),
}
# gsDesign stops its solver early; the entries' own notes give the exact roots
LOOSE = {"rr.r.gsdesign.mn": 4e-5, "or.r.gsdesign.mn": 1.2e-4}


def two_arms(entry):
    c = counts(entry)
    parts = entry["id"].split(".")
    if parts[-1] == "risks":
        return risks(c)
    got = METHODS[f"{parts[0]}.{parts[-1]}"](c)
    out = limits(got) | {
        "rr": c.p1 / c.p2,
        "odds_ratio": two_proportions.sample_odds_ratio(c),
    }
    if entry["id"] == "rr.sas.exact_ss":
        out["ucl"] = ("D10", out["ucl"] == np.inf)  # SAS prints where its search ends
    loose = LOOSE.get(entry["id"], 0.0)
    return out | {"slack": dict.fromkeys(("lcl", "ucl"), loose)}


def non_inferiority(entry):
    c, margin = counts(entry), entry["inputs"]["margin"]
    got = score.farrington_manning(c, margin=margin, conf_level=0.90)
    mn = scored(RD, form())(c)
    out = {"diff": c.p1 - c.p2, "ase": got.std_err, "z": got.z, "p": got.p, "ni_limit": -margin}
    out |= {"lcl90": got.lower, "ucl90": got.upper, "mn_lcl": mn.lower, "mn_ucl": mn.upper}
    return out


def stratified_one(entry):
    x, n = entry["inputs"]["x"], entry["inputs"]["n"]
    weights = np.ones(len(x)) if "equal" in entry["id"] else np.array(n, float)
    if "wilson" in entry["id"]:
        return limits(strat.stratified_wilson(x, n, weights=weights, **LEVEL))
    got = more.stratified_score(x, n, weights=weights, **LEVEL)
    return limits(got) | {"est": got.estimate}


def adcibc(entry):
    data = pl.read_csv(oracle_file("camis/data/adcibc.csv"), infer_schema_length=None)
    if "TRTPN!=54" in entry["inputs"].get("filter", ""):
        data = data.filter((pl.col("TRTPN") != 54) & (pl.col("AGEGR1") != ">80"))
    return data


def cmh(entry):
    data, inputs = adcibc(entry), entry["inputs"]
    axes, scores = [], []
    for key in "XYK":
        column = data[inputs[key]]
        levels = sorted(column.unique().to_list())
        axes.append(np.array([levels.index(v) for v in column.to_list()]))
        numeric = column.dtype.is_numeric()
        scores.append(levels if numeric else list(range(1, len(levels) + 1)))
    shape = [len(levels) for levels in scores]
    table = np.zeros(shape)
    np.add.at(table, tuple(axes), 1)
    got = contingency.generalised_cmh(table, row_scores=scores[0], column_scores=scores[1])
    out = {}
    for name, test in (
        ("cor", got.correlation),
        ("rmeans", got.row_means),
        ("general", got.general),
    ):
        out |= {f"{name}_chisq": test.statistic, f"{name}_df": test.df, f"{name}_p": test.p}
    return out


def strata(entry):
    data = adcibc(entry)
    rows = []
    for level in sorted(data["AGEGR1"].unique().to_list(), key=lambda v: (v[0] != "<", v)):
        part = data.filter(pl.col("AGEGR1") == level)
        placebo = part.filter(pl.col("TRTP") == "Placebo")
        active = part.filter(pl.col("TRTP") != "Placebo")
        female = [(arm["SEX"] == "F").sum() for arm in (placebo, active)]
        rows.append((female[0], placebo.height, female[1], active.height))
    x1, n1, x2, n2 = np.array(rows).T
    return strat.strata_counts(x1, n1, x2, n2)


def mantel_haenszel_r(entry):
    s = strata(entry)
    test, ratio = strat.cochran_mantel_haenszel(s, correction=0.5), common(entry)
    out = {"chisq": test.statistic, "p": test.p, "mh_or": ratio["mh_or"]}
    return out | {"or_lcl": ratio["mh_or_lcl"], "or_ucl": ratio["mh_or_ucl"]}


def common(entry):
    s = strata(entry)
    other = strat.Strata(s.n1 - s.x1, s.n1, s.n2 - s.x2, s.n2)
    parts = {
        "mh_or": strat.mantel_haenszel_odds_ratio(s, **LEVEL),
        "logit_or": strat.logit_odds_ratio(s, **LEVEL),
        "mh_rr1": strat.mantel_haenszel_ratio(s, **LEVEL),
        "logit_rr1": strat.logit_ratio(s, **LEVEL),
        "mh_rr2": strat.mantel_haenszel_ratio(other, **LEVEL),
        "logit_rr2": strat.logit_ratio(other, **LEVEL),
    }
    out = {}
    for name, got in parts.items():
        out |= {name: got.estimate, f"{name}_lcl": got.lower, f"{name}_ucl": got.upper}
    return out


def homogeneity(method):
    def recipe(entry):
        got = method(strata(entry))
        return {"chisq": got.statistic, "df": got.df, "p": got.p}

    return recipe


def youngest(entry):
    s = strata(entry)
    return two_proportions.two_counts(*(int(v[0]) for v in (s.x1, s.n1, s.x2, s.n2)))


def common_difference(method):
    def recipe(entry):
        got = method(strata(entry), **LEVEL)
        z = got.estimate / got.std_err
        out = {"est": got.estimate, "se": got.std_err, "z": z, "p": chi_square(z * z, 1).p}
        return out | limits(got)

    return recipe


RECIPES = [
    (r"^(prop1|binom)\.", single),
    (r"^prop_strat\.", stratified_one),
    (r"noninf", non_inferiority),
    (r"^(rd|rr|or)\.", two_arms),
    (r"^cmh\.\w+\.s\d+$", cmh),
    (r"mantelhaen", mantel_haenszel_r),
    (r"woolf", homogeneity(strat.woolf_homogeneity)),
    (r"breslow_day", homogeneity(strat.breslow_day)),
    (r"common_or_rr", common),
    (r"riskdiff\.lt65", lambda entry: risks(youngest(entry))),
    (r"riskdiff_mn", lambda entry: limits(METHODS["rd.mn"](youngest(entry)))),
    (r"common_rd_mh", common_difference(strat.mantel_haenszel_difference)),
    (r"common_rd_summary", common_difference(strat.summary_score_difference)),
]
assert all(re.compile(pattern) for pattern, _ in RECIPES)
