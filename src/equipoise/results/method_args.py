# SPDX-License-Identifier: Apache-2.0
"""Arguments of each method, every default resolved from the protocol and its convention profile."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from equipoise.protocol.model import Analysis, Protocol
from equipoise.statistics.conventions import conventions

_SURVIVAL = {
    "conf_type": "survival_conf_type",
    "plateau": "plateau",
    "quartile_plateau": "quartile_plateau",
    "beyond": "beyond",
    "median_interval": "median_interval",
    "ties": "ties",
}


@cache
def profiles() -> dict[str, dict[str, str]]:
    """The convention profiles by name: the estimators' choices and those of `conventions.yaml`."""
    text = files("equipoise.results").joinpath("conventions.yaml").read_text(encoding="utf-8")
    stated: dict[str, dict[str, str]] = yaml.load(text, Loader=yaml.CSafeLoader)
    chosen = conventions()
    return {
        name: {ours: getattr(chosen[name], theirs) for ours, theirs in _SURVIVAL.items()} | own
        for name, own in stated.items()
    }


def convention_of(protocol: Protocol, analysis: Analysis) -> str:
    """The convention of an analysis: its own, else that of the protocol."""
    return analysis.convention or protocol.convention


def kaplan_meier_args(protocol: Protocol, analysis: Analysis) -> dict[str, Any]:
    """Arguments of a survival curve, its quantiles and landmark rates."""
    profile = profiles()[convention_of(protocol, analysis)]
    chosen = ("conf_type", "plateau", "quartile_plateau", "beyond", "median_interval")
    return {
        **{name: profile[name] for name in chosen},
        "conf_level": analysis.conf_level,
        "landmarks_months": list(analysis.landmarks_months),
        "days_per_month": protocol.days_per_month,
        "stop": "last observed time"
        if protocol.curve_least_at_risk is None
        else protocol.curve_least_at_risk,
    }


def logrank_args(analysis: Analysis) -> dict[str, Any]:
    """Arguments of a log-rank test of two arms or more."""
    return {"strata": list(analysis.strata), "sides": 2}


def cox_args(protocol: Protocol, analysis: Analysis) -> dict[str, Any]:
    """Arguments of a Cox model whose one covariate is the arm."""
    ties = profiles()[convention_of(protocol, analysis)]["ties"]
    return {**logrank_args(analysis), "ties": ties, "conf_level": analysis.conf_level, "p": "Wald"}


def proportion_args(analysis: Analysis) -> dict[str, Any]:
    """Arguments of a proportion's interval."""
    return {"interval": "Clopper-Pearson", "conf_level": analysis.conf_level}


CONTRAST_INTERVALS = {
    ("rate-difference", False): "Miettinen-Nurminen",
    ("rate-difference", True): "stratified Miettinen-Nurminen, Mantel-Haenszel weights",
    ("odds-ratio", False): "Woolf",
    ("odds-ratio", True): "Mantel-Haenszel, Robins-Breslow-Greenland",
}


def contrast_args(analysis: Analysis, method: str, strata: list[str]) -> dict[str, Any]:
    """Arguments of a difference of rates or an odds ratio."""
    interval = CONTRAST_INTERVALS[method, bool(strata)]
    return {"strata": strata, "interval": interval, "conf_level": analysis.conf_level}


def association_args(protocol: Protocol, analysis: Analysis, strata: list[str]) -> dict[str, Any]:
    """Arguments of the test of two rates: Cochran-Mantel-Haenszel with strata, chi-square without.

    The profile names the correction for continuity: 0, or 0.5 as its software has by default.
    """
    profile = profiles()[convention_of(protocol, analysis)]
    name = "cmh_correction" if strata else "chi_square_correction"
    return {
        "strata": strata,
        "test": "Cochran-Mantel-Haenszel" if strata else "chi-square",
        name: profile[name],
        "sides": 2,
    }


def summary_args(protocol: Protocol, unit: str | None) -> dict[str, Any]:
    """Arguments of the summary of a continuous baseline variable."""
    quartiles = profiles()[protocol.convention]["quartiles"]
    return {"quantile": quartiles, "decimals": 0, "unit": unit or "1", "sd": "divisor n - 1"}
