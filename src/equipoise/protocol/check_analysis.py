# SPDX-License-Identifier: Apache-2.0
"""Checks of endpoints, analyses and published figures against what they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from equipoise.protocol.finding import Finding, Path, unknown, variables_of
from equipoise.protocol.model import Protocol

_TIMED = ("pfs", "os", "dor", "ttr", "ttf", "ttd", "dodc")
_UNREAD = ("os", "ttd")  # no reader of images and no censoring rules
_CENSORED = tuple(kind for kind in _TIMED if kind not in _UNREAD)
_TIME_METHODS = {"kaplan-meier", "logrank", "cox", "follow-up"}


def check_endpoints(protocol: Protocol, known_rules: Sequence[str]) -> Iterator[Finding]:
    """Endpoints have a reader, a start and censoring rules that exist."""
    readers = [evaluator.id for evaluator in protocol.evaluators]
    declared = protocol.data.adam_evaluator
    if declared is not None and declared not in readers:
        yield unknown(("data", "adam_evaluator"), "evaluator", declared, readers)
    for i, endpoint in enumerate(protocol.endpoints):
        path: Path = ("endpoints", i)
        if endpoint.kind not in _UNREAD and endpoint.evaluator is None:
            yield path, f"endpoint `{endpoint.id}` has no evaluator", "name who reads the images"
        if endpoint.evaluator is not None and endpoint.evaluator not in readers:
            yield unknown((*path, "evaluator"), "evaluator", endpoint.evaluator, readers)
        if endpoint.kind in _CENSORED and endpoint.censoring is None:
            yield (
                path,
                f"endpoint `{endpoint.id}` has no censoring rules",
                f"add `censoring`, one of: {', '.join(known_rules)}",
            )
        if endpoint.censoring is not None and endpoint.censoring not in known_rules:
            yield unknown(
                (*path, "censoring"), "censoring rule set", endpoint.censoring, known_rules
            )
        for j, name in enumerate(endpoint.sensitivity):
            if name not in known_rules:
                yield unknown((*path, "sensitivity", j), "censoring rule set", name, known_rules)
        if endpoint.kind in ("orr", "dcr", "dor", "ttr", "dodc") and endpoint.confirmed is None:
            yield (
                path,
                f"endpoint `{endpoint.id}` does not say whether responses are confirmed",
                "add `confirmed: true` or `confirmed: false`",
            )
        if endpoint.start == "randomisation" and protocol.randomisation is None:
            yield (
                (*path, "start"),
                f"endpoint `{endpoint.id}` starts at randomisation, but nobody is randomised",
                "use `start: first-dose`",
            )


def check_evaluators(protocol: Protocol) -> Iterator[Finding]:
    """Evaluators have rows to read, or two readers who do."""
    reading = [reader.id for reader in protocol.readers]
    for i, evaluator in enumerate(protocol.evaluators):
        path: Path = ("evaluators", i)
        if evaluator.adjudication is None:
            if not evaluator.where:
                yield (
                    path,
                    f"evaluator `{evaluator.id}` has no rows",
                    "add `where`, such as {RSEVAL: INVESTIGATOR}, or `adjudication` of two readers",
                )
            continue
        one, two = evaluator.adjudication.readers
        for j, reader in enumerate((one, two)):
            if reader not in reading:
                yield unknown((*path, "adjudication", "readers", j), "reader", reader, reading)
        if one == two:
            yield (
                (*path, "adjudication", "readers"),
                f"evaluator `{evaluator.id}` has the reader `{one}` twice",
                "name two evaluators",
            )


def check_analyses(protocol: Protocol) -> Iterator[Finding]:
    """Analyses name what is declared, with methods that fit the endpoint."""
    endpoints = {endpoint.id: endpoint for endpoint in protocol.endpoints}
    sets = [analysis_set.id for analysis_set in protocol.analysis_sets]
    known = variables_of(protocol)
    for i, analysis in enumerate(protocol.analyses):
        path: Path = ("analyses", i)
        if analysis.population not in sets:
            yield unknown((*path, "population"), "analysis set", analysis.population, sets)
        for j, variable in enumerate(analysis.strata):
            if variable not in known:
                yield unknown((*path, "strata", j), "variable", variable, known)
        for j, factor in enumerate(analysis.subgroups):
            if factor.variable not in known:
                yield unknown((*path, "subgroups", j), "variable", factor.variable, known)
            if not factor.levels:
                yield (
                    (*path, "subgroups", j),
                    f"the subgroup factor `{factor.variable}` has no levels",
                    "list its levels; group a continuous variable under `groupings` first",
                )
        for j, factor in enumerate(analysis.covariates):
            if factor.variable not in known:
                yield unknown((*path, "covariates", j), "variable", factor.variable, known)
            if factor.levels is not None and len(factor.levels) < 2:
                yield (
                    (*path, "covariates", j),
                    f"the covariate `{factor.variable}` has fewer than two levels",
                    "list its levels, the one to compare with first; none for a number",
                )
        if analysis.endpoint not in endpoints:
            yield unknown((*path, "endpoint"), "endpoint", analysis.endpoint, endpoints)
            continue
        timed = endpoints[analysis.endpoint].kind in _TIMED
        for j, method in enumerate(analysis.methods):
            if (method in _TIME_METHODS) != timed:
                kind = endpoints[analysis.endpoint].kind
                yield (
                    (*path, "methods", j),
                    f"method `{method}` does not fit an endpoint of kind `{kind}`",
                    "use kaplan-meier, logrank, cox, follow-up for times; proportion for rates",
                )
            if method in ("logrank", "cox") and len(protocol.arms) < 2:
                yield (
                    (*path, "methods", j),
                    f"method `{method}` compares arms, and there is one",
                    "drop it",
                )
    if protocol.adverse_events.population not in sets:
        yield unknown(
            ("adverse_events", "population"),
            "analysis set",
            protocol.adverse_events.population,
            sets,
        )


def check_concordance(protocol: Protocol) -> Iterator[Finding]:
    """Two evaluators are two, and declared; so is the population."""
    readers = [evaluator.id for evaluator in protocol.evaluators]
    sets = [analysis_set.id for analysis_set in protocol.analysis_sets]
    seen: set[frozenset[str]] = set()
    for i, item in enumerate(protocol.concordance):
        path: Path = ("concordance", i)
        for name in ("evaluator", "reference"):
            if getattr(item, name) not in readers:
                yield unknown((*path, name), "evaluator", getattr(item, name), readers)
        if item.population not in sets:
            yield unknown((*path, "population"), "analysis set", item.population, sets)
        pair = frozenset((item.evaluator, item.reference))
        if len(pair) == 1:
            yield path, f"`{item.evaluator}` is compared with itself", "name two evaluators"
        if pair in seen:
            yield path, "the same two evaluators stand here twice", "keep one of the two"
        seen.add(pair)


def check_published(protocol: Protocol) -> Iterator[Finding]:
    """Published figures speak of declared arms and print something."""
    if protocol.published is None:
        return
    arms = [arm.id for arm in protocol.arms]
    for i, figure in enumerate(protocol.published.figures):
        path: Path = ("published", "figures", i)
        for name in figure.arms:
            if name not in arms:
                yield unknown((*path, "arms", name), "arm", name, arms)
        if figure.printed is None and not figure.arms:
            yield path, f"figure `{figure.id}` prints nothing", "add `printed` or `arms`"
