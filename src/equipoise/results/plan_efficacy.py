# SPDX-License-Identifier: Apache-2.0
"""The plan of efficacy: times to event, response rates and best responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equipoise.protocol.model import Analysis, Endpoint, Protocol
from equipoise.results.groups import both, quoted
from equipoise.results.method_args import (
    association_args,
    contrast_args,
    convention_of,
    cox_args,
    kaplan_meier_args,
    logrank_args,
    proportion_args,
    summary_args,
)
from equipoise.results.response import PENDING
from equipoise.results.task import SPECIFIED, SUPPORT, Task, primary_population

RESPONDERS = ("CR", "PR")
CONTROLLED = ("CR", "PR", "SD", "NON-CR/NON-PD")
# Their patients were not randomised as such: arms are not compared unless the protocol asks.
AMONG_RESPONDERS = ("dor", "dodc")
LEAST_EVENTS = 10  # of a subgroup, both arms together, for a hazard ratio
BEST_RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "MISSING")


def plan_efficacy(protocol: Protocol) -> Iterator[Task]:
    """The analyses of the protocol, each by its methods."""
    endpoints = {item.id: item for item in protocol.endpoints}
    for index, analysis in enumerate(protocol.analyses):
        endpoint = endpoints[analysis.endpoint]
        if endpoint.kind in ("orr", "dcr"):
            yield from _response(protocol, analysis, endpoint, index)
        else:
            yield from _time_to_event(protocol, analysis, endpoint, index)


def _time_to_event(
    protocol: Protocol, analysis: Analysis, endpoint: Endpoint, index: int
) -> Iterator[Task]:
    where = both(
        f"PARAMCD = {quoted(endpoint.paramcd)}",
        f"EVALUATOR = {quoted(endpoint.evaluator)}" if endpoint.evaluator else "",
        f"RULESET = {quoted(endpoint.censoring)}" if endpoint.censoring else "",
    )
    for method_id, reason, args, module in _survival_methods(protocol, analysis):
        yield Task(
            analysis.id,
            method_id,
            label=analysis.label,
            reason=reason,
            purpose=analysis.purpose.upper(),
            protocol_ref=f"analyses.{index}",
            population=analysis.population,
            dataset="ADTTE",
            variable="AVAL",
            where=where,
            args=args,
            module=module,
            convention=convention_of(protocol, analysis),
            estimand=endpoint.estimand,
            paramcd=endpoint.paramcd,
            evaluator=endpoint.evaluator,
            ruleset=endpoint.censoring,
        )


def _survival_methods(
    protocol: Protocol, analysis: Analysis
) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Methods of one analysis: those asked for, and beside a stratified one its plain form.

    A time to response has one method, a summary of those who responded.
    """
    kinds = {item.id: item.kind for item in protocol.endpoints}
    if kinds[analysis.endpoint] == "ttr":
        summary = {k: v for k, v in summary_args(protocol, None).items() if k in ("quantile", "sd")}
        months = {"days_per_month": protocol.days_per_month}
        yield "responders", SPECIFIED, {**summary, **months}, "responders"
        return
    curve = kaplan_meier_args(protocol, analysis)
    if "kaplan-meier" in analysis.methods:
        yield "kaplan-meier", SPECIFIED, curve, "time_to_event"
        yield "kaplan-meier.curve", SPECIFIED, curve, "curve"
        yield "kaplan-meier.risk", SPECIFIED, {**curve, "at_risk": "time >= t"}, "curve"
    if "follow-up" in analysis.methods:
        yield "follow-up", SPECIFIED, {**curve, "method": "reverse Kaplan-Meier"}, "follow_up"
    if protocol.control is None:
        return
    of_all = kinds[analysis.endpoint] not in AMONG_RESPONDERS
    if "kaplan-meier" in analysis.methods and analysis.landmarks_months and of_all:
        difference = {**curve, "difference_interval": "normal, Greenwood"}
        yield "kaplan-meier.difference", SPECIFIED, difference, "landmark_difference"
    for method, args in (
        ("logrank", logrank_args(analysis)),
        ("cox", cox_args(protocol, analysis)),
    ):
        if method in analysis.methods:
            yield method, SPECIFIED, args, "comparison"
            if analysis.strata:
                yield f"{method}.unstratified", SUPPORT, {**args, "strata": []}, "comparison"
    if "cox" in analysis.methods:
        yield from _beside_the_ratio(protocol, analysis, curve)
    if analysis.subgroups and "cox" in analysis.methods:
        levels = {item.variable: list(item.levels or ()) for item in analysis.subgroups}
        within = {**cox_args(protocol, analysis), "strata": [], "levels": levels}
        model = {**within, "least_events": LEAST_EVENTS}
        unused = ("landmarks_months", "beyond", "stop", "quartile_plateau")
        times = {k: v for k, v in curve.items() if k not in unused}
        yield "kaplan-meier.subgroup", SPECIFIED, {**times, "levels": levels}, "subgroups"
        yield "cox.subgroup", SPECIFIED, model, "subgroups"
        test = {k: v for k, v in model.items() if k != "p"}
        yield "cox.interaction", SPECIFIED, {**test, "interaction": "arm x factor"}, "subgroups"
    if "logrank" in analysis.methods and len(protocol.arms) > 2:
        yield "logrank.overall", SUPPORT, logrank_args(analysis), "comparison"


def _beside_the_ratio(
    protocol: Protocol, analysis: Analysis, curve: dict[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Whether hazards are proportional, restricted means, and the model with covariates."""
    model = cox_args(protocol, analysis)
    test = {k: v for k, v in model.items() if k in ("strata", "ties")}
    yield "cox.proportional", SUPPORT, {**test, "transform": "km"}, "hazards"
    unused = ("landmarks_months", "stop", "quartile_plateau", "plateau", "median_interval")
    mean = {k: v for k, v in curve.items() if k not in unused}
    yield "rmst", SUPPORT, {**mean, "horizon": "shortest of the arms' last times"}, "hazards"
    if analysis.covariates:
        levels = {c.variable: list(c.levels) if c.levels else None for c in analysis.covariates}
        together = {**model, "strata": [], "covariates": levels}
        yield "cox.multivariable", SPECIFIED, together, "multivariable"


def _response(
    protocol: Protocol, analysis: Analysis, endpoint: Endpoint, index: int
) -> Iterator[Task]:
    confirmed = endpoint.confirmed
    planned = protocol.response.confirmed_is_primary if confirmed is None else confirmed
    for is_confirmed in (planned, not planned):
        word = "confirmed" if is_confirmed else "unconfirmed"
        paramcd = "CBOR" if is_confirmed else "BOR"
        is_planned = is_confirmed == planned
        counted = {
            "levels": list(RESPONDERS if endpoint.kind == "orr" else CONTROLLED),
            "denominator": "all patients of the population",
        }
        methods = [*_rate_methods(protocol, analysis, "" if is_planned else f".{word}")]
        if is_planned:
            methods += _rates_within(protocol, analysis)
        for method_id, reason, args, module in methods:
            yield Task(
                analysis.id,
                method_id,
                label=f"{analysis.label} ({word})",
                reason=reason,
                purpose=analysis.purpose.upper(),
                protocol_ref=f"analyses.{index}",
                population=analysis.population,
                dataset="ADRS",
                variable="AVALC",
                where=_response_rows(paramcd, endpoint.evaluator),
                args={**args, **counted},
                module=module,
                convention=convention_of(protocol, analysis),
                estimand=endpoint.estimand,
                paramcd=paramcd,
                evaluator=endpoint.evaluator,
            )


def _rate_methods(
    protocol: Protocol, analysis: Analysis, suffix: str
) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """The rate of each arm, and of two arms or more their comparison with the control.

    A stratified comparison of the planned rate has its plain form beside it.
    """
    planned = SUPPORT if suffix else SPECIFIED
    yield f"clopper-pearson{suffix}", planned, proportion_args(analysis), "response"
    if protocol.control is None:
        return
    forms = [(suffix, planned, list(analysis.strata))]
    if analysis.strata and not suffix:
        forms.append((".unstratified", SUPPORT, []))
    for form, reason, strata in forms:
        for method in ("rate-difference", "odds-ratio"):
            args = contrast_args(analysis, method, strata)
            yield f"{method}{form}", reason, args, "response_comparison"
        test = association_args(protocol, analysis, strata)
        yield f"association{form}", reason, test, "response_comparison"


def _rates_within(
    protocol: Protocol, analysis: Analysis
) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Rates and differences within the subgroups, unstratified."""
    if protocol.control is None or not analysis.subgroups:
        return
    factors = {item.variable: list(item.levels or ()) for item in analysis.subgroups}
    yield "clopper-pearson.subgroup", SPECIFIED, {"factors": factors}, "response_subgroups"
    gap = contrast_args(analysis, "rate-difference", [])
    yield "rate-difference.subgroup", SPECIFIED, {**gap, "factors": factors}, "response_subgroups"


def _response_rows(paramcd: str, evaluator: str | None) -> str:
    return both(
        f"PARAMCD = {quoted(paramcd)}", f"EVALUATOR = {quoted(evaluator)}" if evaluator else ""
    )


def plan_best_response(protocol: Protocol) -> Iterator[Task]:
    """Best responses by each evaluator, confirmed and not."""
    for index, evaluator in enumerate(protocol.evaluators):
        for method_id, paramcd, word in (
            ("bor", "BOR", "confirmation not required"),
            ("bor.confirmed", "CBOR", "confirmed"),
        ):
            yield Task(
                f"BOR.{evaluator.id}",
                method_id,
                label=f"Best overall response, {evaluator.label} ({word})",
                reason=SPECIFIED,
                purpose="DESCRIPTIVE",
                protocol_ref=f"evaluators.{index}",
                population=primary_population(protocol),
                dataset="ADRS",
                variable="AVALC",
                where=_response_rows(paramcd, evaluator.id),
                args={
                    "levels": [*BEST_RESPONSES, *([PENDING] if evaluator.adjudication else [])],
                    "denominator": "all patients of the population",
                    **protocol.response.confirmation.model_dump(),
                    "sd_min_days": protocol.response.sd_min_days,
                },
                module="response",
                convention=protocol.convention,
                paramcd=paramcd,
                evaluator=evaluator.id,
            )
