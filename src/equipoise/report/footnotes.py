# SPDX-License-Identifier: Apache-2.0
"""What a method really did, in words, from its resolved arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

NAMES = {
    "kaplan-meier": "Kaplan-Meier estimate",
    "kaplan-meier.curve": "Kaplan-Meier curve",
    "kaplan-meier.risk": "Numbers at risk",
    "kaplan-meier.difference": "Difference of Kaplan-Meier rates",
    "kaplan-meier.subgroup": "Kaplan-Meier estimate within subgroups",
    "agreement.response": "Agreement on best response",
    "agreement.response.confirmed": "Agreement on confirmed best response",
    "agreement.progression": "Agreement on progression",
    "agreement.endpoint": "Agreement on the end of progression-free survival",
    "discrepancy.early": "Early discrepancy rate",
    "discrepancy.late": "Late discrepancy rate",
    "discrepancy.early.difference": "Difference of early discrepancy rates",
    "discrepancy.late.difference": "Difference of late discrepancy rates",
    "adherence": "Planned assessments",
    "adherence.patients": "Patients by planned assessments",
    "turnbull": "Turnbull's estimate from intervals",
    "interval-cox": "Proportional hazards model of interval-censored times",
    "moves": "Patients whose time ends otherwise",
    "cox.subgroup": "Cox model within each subgroup",
    "cox.interaction": "Test of interaction by likelihood ratio",
    "cox.proportional": "Test of proportional hazards, score form of Grambsch and Therneau",
    "cox.multivariable": "Cox model of arm and covariates together",
    "rmst": "Restricted mean time, area under the Kaplan-Meier curve",
    "follow-up": "Follow-up",
    "cox": "Cox proportional hazards model",
    "cox.unstratified": "Cox model without strata",
    "logrank": "Log-rank test",
    "logrank.unstratified": "Log-rank test without strata",
    "logrank.overall": "Log-rank test of all arms",
    "group-sequential": "Group-sequential bounds at the events observed",
    "clopper-pearson": "Exact (Clopper-Pearson) proportion",
    "clopper-pearson.subgroup": "Proportion within each subgroup",
    "rate-difference.subgroup": "Difference of rates within each subgroup",
    "clopper-pearson.confirmed": "Exact (Clopper-Pearson) proportion, confirmed responses",
    "clopper-pearson.unconfirmed": "Exact (Clopper-Pearson) proportion, unconfirmed responses",
    "rate-difference": "Difference of rates",
    "rate-difference.confirmed": "Difference of rates, confirmed responses",
    "odds-ratio.confirmed": "Odds ratio, confirmed responses",
    "association.confirmed": "Test of the rates, confirmed responses",
    "shown.change": "Patients shown by their best change",
    "shown.treatment": "Patients shown by their time on treatment",
    "rate-difference.unstratified": "Difference of rates without strata",
    "odds-ratio": "Odds ratio",
    "odds-ratio.unstratified": "Odds ratio without strata",
    "association": "Test of the rates",
    "association.unstratified": "Test of the rates without strata",
    "bor": "Best overall response",
    "bor.confirmed": "Confirmed best overall response",
    "summary": "Summary statistics",
    "count": "Count",
    "disposition": "Count",
    "deviations": "Patients with a protocol deviation",
    "stratification": "Strata as randomised and as recorded",
    "therapy": "Patients with anticancer therapy",
    "treatment-end": "How treatment ended",
    "responders": "Summary of the patients who responded",
    "deaths": "Deaths",
    "shift": "Shift of grades",
    "liver-tests": "Patients by the peaks of their liver tests",
    "exposure.duration": "Duration of exposure",
    "exposure.drug": "Exposure by drug",
    "event-rate.kinds": "Patients with a first event by person-years at risk",
    "count.kinds": "Patients with at least one event",
    "count.terms": "Patients with at least one event of the term",
    "count.grades": "Patients by worst grade",
    "rate-difference.kinds": "Difference of percentages of patients with an event",
    "rate-difference.terms": "Difference of percentages of patients with the term",
}

# Argument and value, or argument alone, to words; {} takes the value.
PHRASES: dict[tuple[str, str] | str, str] = {
    ("conf_type", "log-log"): "intervals of survival on the log(-log) scale",
    ("conf_type", "log"): "intervals of survival on the log scale",
    ("conf_type", "plain"): "intervals of survival on the plain scale",
    "conf_level": "confidence level {}",
    ("plateau", "midpoint"): (
        "a median on a plateau is its midpoint, not estimable where no event follows"
    ),
    ("plateau", "first"): "a median on a plateau is its start",
    ("plateau", "midpoint-or-first"): (
        "a median on a plateau is its midpoint, or its start where no event follows"
    ),
    ("plateau", "midpoint-to-last"): (
        "a median on a plateau is its midpoint, up to the last time where no event follows"
    ),
    ("quartile_plateau", "midpoint"): "quartiles likewise",
    ("quartile_plateau", "first"): "quartiles likewise",
    ("quartile_plateau", "midpoint-to-last"): (
        "a quartile on a plateau is its midpoint, up to the last time where no event follows"
    ),
    ("beyond", "not-estimable"): "no rate beyond the last observed time",
    ("beyond", "somebody-at-risk"): "no rate at a time when nobody is at risk",
    ("beyond", "carry-forward"): "rates beyond the last observed time carry the last value",
    ("median_interval", "test-inversion"): "median interval where the limits cross 50%",
    ("median_interval", "normal-approximation"): "median interval by normal approximation",
    "days_per_month": "one month is {} days",
    ("stop", "last observed time"): "each curve stops at its last observed time",
    "stop": "each curve stops after the last time with at least {} patients at risk",
    ("at_risk", "time >= t"): "at risk at t: everyone whose time is t or later",
    ("method", "reverse Kaplan-Meier"): "reverse Kaplan-Meier: events and censorings change places",
    "alpha": "one-sided alpha {}",
    ("spending", "lan-demets-obrien-fleming"): "spent by Lan-DeMets, O'Brien-Fleming type",
    ("spending", "lan-demets-pocock"): "spent by Lan-DeMets, Pocock type",
    ("spending", "kim-demets"): "spent by Kim-DeMets",
    ("spending", "hwang-shih-decani"): "spent by Hwang-Shih-DeCani",
    ("spending", "points"): "spent as the protocol lists",
    ("spending", "wang-tsiatis"): "bounds of Wang-Tsiatis shape",
    ("spending", "haybittle-peto"): "bounds of Haybittle-Peto",
    "parameter": "parameter {}",
    "futility": "futility bounds: beta spent by {}",
    "margin": "against a margin of {}",
    "adjusted": "estimate, interval and p-value after the stop by {}",
    "strata": "stratified by {}",
    ("sides", "2"): "two-sided",
    ("sides", "1"): "one-sided",
    ("transform", "km"): "time as one less the Kaplan-Meier estimate of all patients",
    "horizon": "up to the {}",
    ("ties", "efron"): "ties after Efron",
    ("ties", "breslow"): "ties after Breslow",
    ("ties", "exact"): "ties by the exact method",
    ("p", "Wald"): "p-value by the Wald test",
    "interval": "interval: {}",
    "rate_interval": "interval of the rate: {}",
    "kappa": "kappa {}",
    "window_days": "on time within {} days",
    "limits": "limits by {}",
    "rules": "rule set {}",
    "against": "compared with rule set {}",
    "difference_interval": "interval of the difference: {} standard errors",
    "test": "{} test",
    "multiplicity": "{} for multiplicity",
    "least_events": "not estimable with fewer than {} events, or where an arm is missing",
    "interaction": "of {}, one test per factor",
    ("cmh_correction", "0"): "no correction for continuity",
    ("cmh_correction", "0.5"): "corrected for continuity by 0.5",
    ("chi_square_correction", "0"): "no correction for continuity",
    ("chi_square_correction", "0.5"): "corrected for continuity after Yates",
    ("denominator", "randomised"): "percentages of all patients randomised",
    ("denominator", "treated"): "percentages of all patients treated",
    "denominator": "percentages of {}",
    "levels": "categories {}",
    "min_days": "confirmed by a second assessment at least {} days later",
    "max_ne": "at most {} assessment not evaluable between",
    ("sd_between", "False"): "no stable disease between",
    ("sd_between", "True"): "stable disease allowed between",
    "sd_min_days": "stable disease lasts at least {} days",
    "emergent_days_after_last_dose": "up to {} days after the last dose",
    "days_after_last_dose": "{} days after the last dose",
    "dictionary": "coded with {}",
    ("quantile", "averaged_inverted_cdf"): "quartiles averaged at steps (SAS definition 5)",
    ("quantile", "linear"): "quartiles by linear interpolation (R type 7)",
    ("quantile", "weibull"): "quartiles by weighted average (SPSS HAVERAGE, R type 6)",
    "sd": "standard deviation with {}",
    ("by", "['AEBODSYS']"): "grouped by organ class (AEBODSYS)",
    ("by", "['AEBODSYS', 'AEDECOD']"): "grouped by organ class and term (AEBODSYS, AEDECOD)",
    "by": "grouped by {}",
    "change": "{}",
    "sorted": "sorted {}",
    "time": "{}",
}
SIGNS = {">=": "≥", "<=": "≤"}
# Arguments that a reader of a footnote needs no words for.
SILENT = (
    "unit",
    "decimals",
    "landmarks_months",
    "kinds",
    "bands",
    "columns",
    "at_least_days",
    "parameters",
    "counts",
    "covariates",
    "factors",
    "kind",
    "names",
)


_ORDER = {
    name: at
    for at, name in enumerate(
        dict.fromkeys(key if isinstance(key, str) else key[0] for key in PHRASES)
    )
}


def resolved_args(
    analysis: pl.DataFrame, labels: Mapping[str, str]
) -> dict[tuple[str, str], dict[str, Any]]:
    """The arguments of every analysis and method, as `analysis` holds them, in reading order.

    Parameters    labels : words for the variables that strata name
    """
    found = {}
    for row in analysis.select("analysis_id", "method_id", "method_args").iter_rows():
        args = json.loads(row[2])
        if args.get("strata"):
            args["strata"] = [f"{labels[s]} ({s})" if s in labels else s for s in args["strata"]]
        found[row[0], row[1]] = {
            name: args[name] for name in sorted(args, key=lambda n: (_ORDER.get(n, 99), n))
        }
    return found


def method_name(method_id: str) -> str:
    """The name of a method in words."""
    return NAMES.get(method_id, method_id.replace(".", ", ").replace("-", " ").capitalize())


def argument_words(args: Mapping[str, Any]) -> list[str]:
    """Every argument in words; one without words is printed as it is, never dropped."""
    words = []
    for name, value in args.items():
        if name in SILENT or value is None:
            continue
        if name == "strata" and not value:
            words.append("no strata")
            continue
        text = _value(name, value)
        phrase = PHRASES.get((name, str(value))) or PHRASES.get(name)
        words.append(phrase.replace("{}", text) if phrase else f"{name} {text}")
    return words


def method_words(method_id: str, args: Mapping[str, Any]) -> str:
    """One sentence: the method and its arguments."""
    words = argument_words(args)
    return (
        f"{method_name(method_id)}: {'; '.join(words)}." if words else f"{method_name(method_id)}."
    )


def _value(name: str, value: Any) -> str:
    if name == "conf_level":
        return f"{100 * float(value):g}%"
    if isinstance(value, list):
        return ", ".join(SIGNS.get(str(item)[:2], str(item)[:2]) + str(item)[2:] for item in value)
    if isinstance(value, dict):
        pairs = [f"{key} {_value(key, item)}" for key, item in value.items()]
        return ("; " if any(isinstance(v, list) for v in value.values()) else ", ").join(pairs)
    return str(value)
