# SPDX-License-Identifier: Apache-2.0
"""Recipes for the survival entries of CAMIS: entry in, named numbers out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import yaml
from tests.oracles import oracle_file

from equipoise.statistics import conventions
from equipoise.statistics import weighted_logrank as weighted
from equipoise.statistics.concordance import concordance
from equipoise.statistics.cox import cox, fit_cox
from equipoise.statistics.cox_rows import likelihood
from equipoise.statistics.cumulative_incidence import cumulative_incidence, incidence_aalen
from equipoise.statistics.gray import gray_test
from equipoise.statistics.landmark import number_at_risk
from equipoise.statistics.logrank import logrank
from equipoise.statistics.max_combo import max_combo
from equipoise.statistics.normal import two_sided_p
from equipoise.statistics.permutation_logrank import permutation_logrank
from equipoise.statistics.rmst_regression import rmst_regression
from equipoise.statistics.stratified_max_combo import (
    max_combo_stratum_estimates,
    max_combo_stratum_z,
)

SETTLED = yaml.safe_load(Path(__file__).with_name("max_combo_r.yaml").read_text())["whas500"][
    "stratum_z"
]["p"][0]
FH = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))


def profile(entry):
    return conventions.convention("sas94" if entry["software"] == "SAS" else "r-survival")


def whas(entry):
    """Time in the entry's unit (years are days / 365.25 rounded to two decimals), event, AFB."""
    data = pl.read_csv(oracle_file("camis/data/whas500.csv"))
    inputs = entry["inputs"]
    for key in ("subset", "subset_or_strata", "filter"):
        if "==" in str(inputs.get(key, "")):
            column, value = inputs[key].split("==")
            data = data.filter(pl.col(column) == int(value))
    time = data["LENFOL"].to_numpy().astype(float)
    if inputs["units"] == "years":
        time = np.floor(time / 365.25 * 100 + 0.5 + 1e-9) / 100
    stratum = data[inputs["strata"]].to_numpy() if "strata" in inputs else None
    return time, data["FSTAT"].to_numpy(), data["AFB"].to_numpy(), stratum


def curve(entry):
    inputs, using = entry["inputs"], profile(entry)
    if isinstance(inputs["time"], list):
        time, event = np.array(inputs["time"], float), np.array(inputs["status"])
    else:
        time, event, _, _ = whas(entry)
    km = conventions.survival_curve(time, event, using=using, conf_level=0.95)
    out = {
        "events": event.sum(),
        "censored": (event == 0).sum(),
        "time_min": time.min(),
        "time_max": time.max(),
    }
    for name, p in (("q25", 0.25), ("median", 0.5), ("q75", 0.75)):
        part = conventions.survival_quantile(km, p, using=using)
        out |= {name: part.estimate, f"{name}_lcl": part.lower, f"{name}_ucl": part.upper}
    previous = 0.0
    for t in inputs.get("landmarks", []):
        at = conventions.survival_at(km, t, using=using)
        steps = km.time[(km.time <= t) & (km.n_event > 0)]
        out |= {
            f"surv_t{t}": at.survival,
            f"fail_t{t}": 1 - at.survival,
            f"se_t{t}": at.std_err,
            f"lcl_t{t}": at.lower,
            f"ucl_t{t}": at.upper,
            f"n_failed_t{t}": at.n_event,
            f"n_left_t{t}": sas_left(km, t),
            f"n_risk_t{t}": at.n_risk,
            f"n_event_interval_t{t}": at.n_event - previous,
            f"last_event_time_t{t}": steps[-1] if steps.size else np.nan,
        }
        previous = at.n_event
    return out


def sas_left(km, t):
    """Number left after the events of the last step at or before t, its censorings still there."""
    at = int(np.flatnonzero((km.time <= t) & (km.n_event > 0))[-1])
    last = int(np.searchsorted(km.time, t, side="right")) - 1
    return km.n_risk[last] - km.n_event[last] if last >= at else np.nan


def at_risk(entry):
    time, event, _, _ = whas(entry)
    times = entry["inputs"]["times"]
    counts = number_at_risk(time, event, times)
    return {f"at_risk_d{t}": n for t, n in zip(times, counts.n_risk, strict=True)}


def test_numbers(test):
    """A test of AFB; R's z is of AFB = 1, which is the second label here too."""
    out = {
        "chisq": test.chi2,
        "df": test.df,
        "p": test.p,
        "z": abs(test.z),
        "u": test.observed[1] - test.expected[1],
        "v_u": test.variance[1, 1],
    }
    for i in range(2):
        o, e = test.observed[i], test.expected[i]
        out |= {f"obs_afb{i}": o, f"exp_afb{i}": e, f"oe2e_afb{i}": (o - e) ** 2 / e}
    return out


def log_rank(entry):
    time, event, arm, stratum = whas(entry)
    return test_numbers(logrank(time, event, arm, stratum=stratum))


def rank_test(name):
    def recipe(entry):
        time, event, arm, stratum = whas(entry)
        return test_numbers(getattr(weighted, name)(time, event, arm, stratum=stratum))

    return recipe


def survdiff_rho(entry):
    time, event, arm, _ = whas(entry)
    rho = float(entry["id"].split("rho")[1].split(".")[0])
    return test_numbers(weighted.fleming_harrington(time, event, arm, rho=rho, gamma=0))


def fleming_harrington(entry):
    rho, gamma = (float(v) for v in entry["id"].split("fh_")[1].split("_"))
    time, event, arm, _ = whas(entry)
    return test_numbers(weighted.fleming_harrington(time, event, arm, rho=rho, gamma=gamma))


def modestly(entry):
    time, event, arm, _ = whas(entry)
    return test_numbers(weighted.modestly_weighted(time, event, arm, s_star=0.5))


def coin(entry):
    kind = entry["id"].split("coin.")[1]

    def before(n, d):  # the Peto curve just before each event time
        return np.cumprod(np.concatenate([[1.0], 1 - d / (n + 1)]))[: n.size]

    weights = {
        "Peto-Peto": weighted.survival_before,
        "Andersen-Borgan-Gill-Keiding": lambda n, d: before(n, d) * n / (n + 1),
        "Tarone-Ware": lambda n, d: np.sqrt(n),
        "Gehan-Breslow": lambda n, d: n,
        "fh_1_1": weighted.fleming_harrington_weights(1, 1),
        "fh_1_0": weighted.fleming_harrington_weights(1, 0),
    }
    time, event, arm, _ = whas(entry)
    return test_numbers(permutation_logrank(time, event, arm, weigh=weights[kind]))


def combo(entry):
    time, event, arm, stratum = whas(entry)
    got = max_combo(time, event, arm, weights=FH, stratum=stratum)
    out = {"zmax": abs(got.z).max(), "p_combo": got.p, "p": got.p}
    for (rho, gamma), z in zip(FH, got.z, strict=True):
        name = f"fh{rho:.0f}{gamma:.0f}"
        out |= {f"z_{name}": -z, f"p_{name}": two_sided_p(z)}
    # the printed p come from random draws: the entry's own note gives the tolerance
    return out | {"slack": {"p": 1e-4, "p_combo": 5e-5}}


def combo_other(entry):
    """Strata combined by z (2) and by estimates (3); the printed p come from random points."""
    time, event, arm, stratum = whas(entry)
    out = {"slack": {"p3": 1e-4}}
    for name, method in (("2", max_combo_stratum_z), ("3", max_combo_stratum_estimates)):
        got = method(time, event, arm, weights=FH, stratum=stratum)
        out |= {f"zmax{name}": abs(got.z).max(), f"p{name}": got.p}
    # 50 000 points do not settle this integral: test_max_combo holds p to its settled value
    settled = abs(out["p2"] - SETTLED) < 5e-6
    return out | {"p2": ("D8", settled)}


def hazard(entry):
    time, event, arm, stratum = whas(entry)
    ties = "breslow" if "breslow" in entry["id"] else "efron"
    if "sas" in entry["id"]:
        assert conventions.convention("sas94").ties == ties
    fit = cox(time, event, 1 - arm, ties=ties, conf_level=0.95, stratum=stratum)
    out = {"beta": fit.coef[0], "se": fit.se[0], "chisq": fit.wald.statistic, "p": fit.p[0]}
    if entry["software"] == "SAS":
        fitted = fit_cox(time, event, 1 - arm, ties=ties, conf_level=0.95, stratum=stratum)
        beta, wald, _ = where_sas_stops(fitted)
        out |= {"beta": beta[0], "chisq": wald}
    return out | {"hr": fit.hr[0], "hr_lcl": fit.lower[0], "hr_ucl": fit.upper[0]}


def where_sas_stops(fit):
    """Coefficients, Wald chi-square and its parts at the Newton step where PHREG stops (D9).

    PHREG starts at 0 and stops once g' H^-1 g / (|l| + 1e-6) is below GCONV = 1e-8; our
    coefficients, exact to rounding, must lie within its fourth decimal.
    """
    beta = np.zeros(fit.beta.size)
    value, score, info = likelihood(fit.rows, beta)
    while score @ np.linalg.solve(info, score) > 1e-8 * (abs(value) + 1e-6):
        beta = beta + np.linalg.solve(info, score)
        value, score, info = likelihood(fit.rows, beta)
    wald, parts = beta @ info @ beta, beta**2 / np.diag(np.linalg.inv(info))
    assert np.abs(beta - fit.result.coef).max() < 1e-4
    assert abs(wald - fit.result.wald.statistic) < 1e-3
    return beta, wald, parts


def bmt():
    data = pl.read_csv(oracle_file("camis/data/bmt.csv"))
    return (
        data["T"].to_numpy() / 365.25,
        data["Status"].to_numpy(),
        data["Group"].to_numpy(),
        (data["WaitTime"].to_numpy() > 200).astype(int),
    )


def incidence(entry):
    time, cause, group, _ = bmt()
    mine = group == int(entry["inputs"]["subset"].split("==")[1])
    curve = cumulative_incidence(time[mine], cause[mine])
    interest = entry["inputs"]["event_of_interest"]
    own = curve.time[curve.events[:, curve.causes.index(interest)] > 0]
    out = {}
    for t in entry["inputs"]["times"]:
        got = incidence_aalen(curve, interest, t, conf_type="log-log", conf_level=0.95)
        name = f"t{t:g}".replace(".", "")
        steps = own[own <= t]
        out |= {
            f"step_{name}": steps[-1] if steps.size else 0.0,
            f"cif_{name}": got.estimate,
            f"se_{name}": got.std_err,
            f"lcl_{name}": got.lower,
            f"ucl_{name}": got.upper,
        }
    return out


def gray(entry):
    time, cause, group, _ = bmt()
    got = gray_test(time, cause, group, cause_of_interest=entry["inputs"]["event_of_interest"])
    return {"statistic": got.statistic, "df": got.df, "p": got.p}


def cause_specific(cause_of_interest):
    time, cause, group, stratum = bmt()
    x = np.column_stack([group == 2, group == 3]).astype(float)
    return fit_cox(
        time, cause == cause_of_interest, x, ties="breslow", conf_level=0.95, stratum=stratum
    ), stratum


def hazard_of_relapse(entry):
    fit, stratum = cause_specific(1)
    got, events = fit.result, (bmt()[1] == 1)
    out = {"n": got.n, "events": got.n_event, "m2ll_null": -2 * got.loglik_null}
    for level in (0, 1):
        out[f"stratum{level}_n"] = (stratum == level).sum()
        out[f"stratum{level}_events"] = events[stratum == level].sum()
    out |= {"m2ll": -2 * got.loglik, "aic": -2 * got.loglik + 4}
    out["sbc"] = -2 * got.loglik + 2 * np.log(got.n_event)
    for name in ("lrt", "score", "wald"):
        test = getattr(got, name)
        out |= {name: test.statistic, f"{name}_p": test.p}
    beta, wald, parts = where_sas_stops(fit)
    out["wald"] = wald
    for i, name in enumerate(("low", "high")):
        out |= coefficient(got, i, name)
        out |= {f"chisq_{name}": parts[i], f"beta_{name}": beta[i]}
    return out


def coefficient(got, i, name):
    return {
        f"beta_{name}": got.coef[i],
        f"se_{name}": got.se[i],
        f"z_{name}": got.z[i],
        f"p_{name}": got.p[i],
        f"hr_{name}": got.hr[i],
        f"hr_inv_{name}": 1 / got.hr[i],
        f"hr_lcl_{name}": got.lower[i],
        f"hr_ucl_{name}": got.upper[i],
    }


def hazard_of_both(entry):
    time, cause, group, wait = bmt()
    n = time.size
    # both causes in one model: a stratum per cause and waiting time, covariates per cause
    x = np.zeros((2 * n, 4))
    for k in (0, 1):
        x[k * n : (k + 1) * n, 2 * k : 2 * k + 2] = np.column_stack([group == 2, group == 3])
    died = np.concatenate([cause == 1, cause == 2])
    stratum = np.concatenate([wait, wait + 2])
    options = {"ties": "breslow", "conf_level": 0.95, "stratum": stratum}
    fit = fit_cox(np.tile(time, 2), died, x, **options)
    got = fit.result
    pairs = concordance(fit)
    out = {"n": n, "events": got.n_event, "concordance": pairs.c, "concordance_se": pairs.std_err}
    for name in ("lrt", "score", "wald"):
        test = getattr(got, name)
        out |= {name: test.statistic, f"{name}_p": test.p}
    names = ("low_relapse", "high_relapse", "low_death", "high_death")
    for i, name in enumerate(names):
        out |= coefficient(got, i, name)
    return out


def mean_regression(entry):
    data = pl.read_csv(oracle_file("camis/data/lung_cancer.csv"), null_values=["NA"])
    arm, sex = data["trt01pn"].to_numpy(), data["sex"].to_numpy()
    age = data["age"].to_numpy().astype(float)
    x = np.column_stack([arm == 1, sex == 1, age]).astype(float)
    link = "log" if entry["id"].endswith("log") else "linear"
    got = rmst_regression(
        data["time"].to_numpy(),
        data["cnsr"].to_numpy() == 0,
        x,
        tau=entry["inputs"]["tau"],
        link=link,
        censoring_stratum=arm,
        conf_level=0.95,
    )
    out = {}
    for i, name in enumerate(("int", "trt1", "sex1", "age")):
        out |= {f"beta_{name}": got.coef[i], f"se_{name}": got.se[i]}
        out |= {f"lcl_{name}": got.lower[i], f"ucl_{name}": got.upper[i]}
        out |= {f"chisq_{name}": got.wald[i], f"p_{name}": two_sided_p(np.sqrt(got.wald[i]))}
    for name, i in (("trt", 1), ("sex", 2), ("age", 3)):
        out[f"type3_chisq_{name}"] = got.wald[i]
    out |= {
        "exp_trt1": np.exp(got.coef[1]),
        "exp_lcl_trt1": np.exp(got.lower[1]),
        "exp_ucl_trt1": np.exp(got.upper[1]),
    }
    z = 1.959963984540054
    for level, is_active in ((1, 1.0), (2, 0.0)):
        row = np.array([1.0, is_active, 0.5, age.mean()])  # sex averaged half and half
        mean, error = row @ got.coef, np.sqrt(row @ got.covariance @ row)
        low, high = mean - z * error, mean + z * error
        out |= {f"lsm_{level}": mean, f"lsm_{level}_se": error, f"lsm_{level}_z": mean / error}
        out |= {f"lsm_{level}_lcl": low, f"lsm_{level}_ucl": high}
        out |= {f"lsmexp_{level}": np.exp(mean)}
        out |= {f"lsmexp_{level}_lcl": np.exp(low), f"lsmexp_{level}_ucl": np.exp(high)}
    return out


RECIPES = [
    (r"^km\.atrisk", at_risk),
    (r"^km\.", curve),
    (r"^logrank\.", log_rank),
    (r"^(wilcoxon\.|wlr\.\w+\.(wilcoxon|gehan)$)", rank_test("gehan")),
    (r"^survdiff\.rho", survdiff_rho),
    (r"^wlr\.\w+\.peto$", rank_test("peto_peto")),
    (r"^wlr\.\w+\.modpeto$", rank_test("modified_peto_peto")),
    (r"^wlr\.\w+\.tarone", rank_test("tarone_ware")),
    (r"^wlr\.r\.coin", coin),
    (r"^wlr\.\w+\.fh_", fleming_harrington),
    (r"^mwlrt", modestly),
    (r"^maxcombo\.r\.strat\.m2", combo_other),
    (r"^maxcombo\.", combo),
    (r"^cox\.", hazard),
    (r"^cif\.", incidence),
    (r"^gray\.", gray),
    (r"^csh\.sas", hazard_of_relapse),
    (r"^csh\.r\.both", hazard_of_both),
    (r"^rmstreg\.", mean_regression),
]
