# SPDX-License-Identifier: Apache-2.0
"""Arguments of each method, every default resolved from the protocol and its convention profile."""

from __future__ import annotations

from typing import Any

from equipoise.protocol.model import Analysis, Protocol


def kaplan_meier_args(protocol: Protocol, analysis: Analysis) -> dict[str, Any]:
    """Arguments of a survival curve, its quantiles and landmark rates."""
    return {
        "conf_type": "log-log",
        "conf_level": analysis.conf_level,
        "plateau": "midpoint",
        "beyond": "not-estimable",
        "median_interval": "test-inversion",
        "landmarks_months": list(analysis.landmarks_months),
        "days_per_month": protocol.days_per_month,
        "stop": "last observed time",
    }


def comparison_args(analysis: Analysis, method: str) -> dict[str, Any]:
    """Arguments of a log-rank test or a Cox model of two arms."""
    shared = {"strata": list(analysis.strata), "sides": 2}
    if method == "logrank":
        return shared
    return {**shared, "ties": "efron", "conf_level": analysis.conf_level, "p": "Wald"}


def proportion_args(analysis: Analysis) -> dict[str, Any]:
    """Arguments of a proportion's interval."""
    return {"interval": "Clopper-Pearson", "conf_level": analysis.conf_level}


def quantile_method(convention: str) -> str:
    """How quartiles of a baseline variable are taken, as numpy names it.

    Averaging at jumps is the default of SAS (QNTLDEF=5); linear interpolation that of R (type 7).
    """
    return "linear" if convention == "r-survival" else "averaged_inverted_cdf"
