# SPDX-License-Identifier: Apache-2.0
"""The plan of sensitivity: each analysis of a time again, under every other rule set it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equipoise.protocol.model import Analysis, Endpoint, Protocol
from equipoise.results.groups import both, quoted
from equipoise.results.method_args import (
    convention_of,
    cox_args,
    kaplan_meier_args,
    logrank_args,
)
from equipoise.results.rule_sets import rule_set
from equipoise.results.task import SPECIFIED, Task

PREFIX = "SENSITIVITY"
CHANGES = ("EVENT TO CENSORED", "CENSORED TO EVENT", "DATE OR REASON")


def sensitivity_id(analysis: str, rules: str) -> str:
    """The analysis under another rule set: SENSITIVITY.PFS.R1."""
    return f"{PREFIX}.{analysis}.{rules}"


def other_rule_sets(endpoint: Endpoint) -> tuple[str, ...]:
    """The rule sets beside the endpoint's own, each once, in the protocol's order."""
    return tuple(n for n in dict.fromkeys(endpoint.sensitivity) if n != endpoint.censoring)


def plan_sensitivity(protocol: Protocol) -> Iterator[Task]:
    """Times, comparison and who moved, of every analysis and further rule set."""
    endpoints = {item.id: (at, item) for at, item in enumerate(protocol.endpoints)}
    for analysis in protocol.analyses:
        at, endpoint = endpoints[analysis.endpoint]
        if endpoint.censoring is None or endpoint.kind in ("os", "ttd"):
            continue
        for name in other_rule_sets(endpoint):
            for method_id, dataset, where, args, module in _methods(
                protocol, analysis, endpoint, name
            ):
                yield Task(
                    sensitivity_id(analysis.id, name),
                    method_id,
                    label=f"{analysis.label}, rule set {name}",
                    reason=SPECIFIED,
                    purpose="SENSITIVITY",
                    protocol_ref=f"endpoints.{at}.sensitivity",
                    population=analysis.population,
                    dataset=dataset,
                    variable="AVAL" if dataset == "ADTTE" else "CHANGE",
                    where=where,
                    args={"rules": _named(name, protocol), **args},
                    module=module,
                    convention=convention_of(protocol, analysis),
                    estimand=endpoint.estimand,
                    paramcd=endpoint.paramcd,
                    evaluator=endpoint.evaluator,
                    ruleset=name,
                )


def _named(name: str | None, protocol: Protocol) -> str:
    assert name is not None  # only times with rules of censoring are planned here
    return f"{name}: {rule_set(name, protocol).label}"


def _methods(
    protocol: Protocol, analysis: Analysis, endpoint: Endpoint, name: str
) -> Iterator[tuple[str, str, str, dict[str, Any], str]]:
    """Method, table, its rows, arguments and module."""
    which = both(
        f"PARAMCD = {quoted(endpoint.paramcd)}", f"EVALUATOR = {quoted(endpoint.evaluator)}"
    )
    times = both(which, f"RULESET = {quoted(name)}")
    for method_id, args, module in _of_times(protocol, analysis, name):
        yield method_id, "ADTTE", times, args, module
    primary = _named(endpoint.censoring, protocol)
    pair = f"RULESET1 = {quoted(endpoint.censoring)} AND RULESET2 = {quoted(name)}"
    moved = {
        "denominator": "all patients of the population",
        "against": primary,
    }
    yield "moves", "ADTTECMP", both(which, pair), moved, "rule_set_moves"


def _of_times(
    protocol: Protocol, analysis: Analysis, name: str
) -> Iterator[tuple[str, dict[str, Any], str]]:
    comparing = protocol.control is not None
    curve = kaplan_meier_args(protocol, analysis)
    if rule_set(name, protocol).times == "interval":
        days = {"days_per_month": curve["days_per_month"]}
        yield "turnbull", days, "interval_times"
        if comparing and "cox" in analysis.methods:
            model = {"strata": list(analysis.strata), "conf_level": analysis.conf_level}
            limits = {"limits": "profile likelihood", "test": "likelihood-ratio"}
            yield "interval-cox", {**model, **limits}, "interval_times"
        return
    if "kaplan-meier" in analysis.methods:
        yield "kaplan-meier", curve, "time_to_event"
    if comparing and "logrank" in analysis.methods:
        yield "logrank", logrank_args(analysis), "comparison"
    if comparing and "cox" in analysis.methods:
        yield "cox", cox_args(protocol, analysis), "comparison"
