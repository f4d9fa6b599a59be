# SPDX-License-Identifier: Apache-2.0
"""The Methods sentences of the abstract, from the protocol and the plan's resolved arguments."""

from __future__ import annotations

from collections.abc import Iterator

from equipoise.protocol.model import Protocol
from equipoise.results.groups import analysis_set
from equipoise.results.plan import plan_tasks
from equipoise.results.rule_sets import rule_set
from equipoise.results.wording import arm_in_text, joined, lower_first

TIES = {"efron": "Efron", "breslow": "Breslow", "exact": "exact"}
SCALES = {"plain": "untransformed", "log": "log", "log-log": "log-log", "logit": "logit"}


def methods_sentences(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Design, population, primary endpoint, methods: each as (id, text)."""
    yield "methods.design", _design(protocol)
    yield (
        "methods.population",
        f"Eligible population: {lower_first(protocol.eligibility.population)}.",
    )
    yield "methods.endpoint", _endpoint(protocol)
    yield from _survival(protocol)
    yield from _proportion(protocol)


def _design(protocol: Protocol) -> str:
    identity = protocol.identity
    words = [
        "randomised" if protocol.randomisation else "single-arm",
        identity.blinding,
        *(["multicentre"] if identity.multicentre else []),
    ]
    article = "an" if words[0][0] in "aeiou" else "a"
    registered = f" ({identity.registration})" if identity.registration else ""
    treatments = [arm_in_text(arm.label) for arm in protocol.arms if arm is not protocol.control]
    design = f"{article} {', '.join(words)} phase {identity.phase} trial"
    control = protocol.control
    versus = f" versus {arm_in_text(control.label)}" if control else ""
    return f"{identity.id}{registered} was {design} of {joined(treatments)}{versus}."


def _endpoint(protocol: Protocol) -> str:
    endpoints = {item.id: item for item in protocol.endpoints}
    primary = [item for item in protocol.analyses if item.purpose == "primary"]
    if not primary:
        return "No analysis was primary."
    labels = [lower_first(item.label) for item in primary]
    rules = sorted({endpoints[item.endpoint].censoring or "" for item in primary} - {""})
    verb = "endpoint was" if len(labels) == 1 else "endpoints were"
    named = [f"{name} ({lower_first(rule_set(name, protocol).label)})" for name in rules]
    censoring = f", with censoring by rule set {joined(named)}" if rules else ""
    where = _population(analysis_set(protocol, primary[0].population).label)
    return f"The primary {verb} {joined(labels)}, analysed in the {where}{censoring}."


def _population(label: str) -> str:
    """`full analysis set` of that label; `intention-to-treat set` of `Intention to treat`."""
    words = lower_first(label)
    if words.endswith(("set", "population", "patients")):
        return words
    return f"{words.replace(' ', '-')} set"


def _survival(protocol: Protocol) -> Iterator[tuple[str, str]]:
    tasks = {task.method_id: task for task in reversed(plan_tasks(protocol))}
    curve, model, test = (tasks.get(name) for name in ("kaplan-meier", "cox", "logrank"))
    if curve is None:
        return
    level = f"{100 * curve.args['conf_level']:g}%"
    scale = SCALES.get(curve.args["conf_type"], curve.args["conf_type"])
    text = "Times to event were estimated by the Kaplan-Meier method"
    text += f", with {level} confidence intervals on the {scale} scale"
    if "follow-up" in tasks:
        text += ", and follow-up by the reverse Kaplan-Meier method"
    yield "methods.survival", text + "."
    if model is not None and test is not None:
        labels = {item.variable: item.label for item in protocol.baseline}
        if protocol.randomisation:
            labels |= {item.variable: item.label for item in protocol.randomisation.strata}
        strata = [lower_first(labels.get(name, name)) for name in model.args["strata"]]
        kind = "stratified " if strata else ""
        by = f", by {joined(strata)}" if strata else ""
        ties = TIES[model.args["ties"]]
        yield (
            "methods.comparison",
            f"Arms were compared by a {kind}two-sided log-rank test and a {kind}Cox model "
            f"with {ties} handling of ties{by}.",
        )


def _proportion(protocol: Protocol) -> Iterator[tuple[str, str]]:
    task = next((t for t in plan_tasks(protocol) if t.method_id == "clopper-pearson"), None)
    if task is not None:
        level = f"{100 * task.args['conf_level']:g}%"
        yield (
            "methods.response",
            f"Response rates have exact (Clopper-Pearson) {level} confidence intervals; "
            "patients without an assessment count as not responding.",
        )
    test = next((t for t in plan_tasks(protocol) if t.method_id == "association"), None)
    if test is not None:
        kind = "stratified " if test.args["strata"] else ""
        yield (
            "methods.response_comparison",
            f"Differences of rates have {kind}Miettinen-Nurminen intervals, and were tested by a "
            f"two-sided {test.args['test']} test.",
        )
