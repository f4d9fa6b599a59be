# SPDX-License-Identifier: Apache-2.0
"""The first screen: what the trial is, in words, and its key results."""

from __future__ import annotations

from dataclasses import dataclass

from equipoise.protocol.model import Analysis, Protocol
from equipoise.report.figures import arm_styles
from equipoise.report.numbers import Numbers
from equipoise.report.table import Cell, count_cell, estimate_cell
from equipoise.report.words import (
    EVENT_KINDS,
    lower_first,
    population_name,
    regimen_words,
)

RATIOS = ("orr", "dcr")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a card: whose number, which colour of arm, and the number."""

    label: str
    cell: Cell
    arm: int | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One key result: a heading, what the numbers are, and a line per arm or comparison."""

    title: str
    eyebrow: str
    measure: str
    lines: tuple[Line, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Treatment:
    """An arm in words."""

    index: int
    label: str
    role: str
    regimens: tuple[str, ...]


def treatments(protocol: Protocol) -> tuple[Treatment, ...]:
    """The arms and what their patients are given."""
    alone = len(protocol.arms) == 1
    styles = arm_styles(protocol)
    return tuple(
        Treatment(
            styles[arm.id],
            arm.label,
            "Single arm" if alone else arm.role.capitalize(),
            tuple(regimen_words(protocol.regimens[name]) for name in arm.regimens),
        )
        for arm in protocol.arms
    )


def facts(protocol: Protocol) -> tuple[tuple[str, str], ...]:
    """The design as pairs of name and words; all of it stands in the protocol file."""
    endpoints = {item.id: item for item in protocol.endpoints}
    primary = [item for item in protocol.analyses if item.purpose == "primary"]
    pairs = [
        ("Population", protocol.eligibility.population),
        ("Design", _design(protocol)),
        ("Primary endpoint", "; ".join(item.label for item in primary)),
        (
            "Estimand",
            "; ".join(
                text for item in primary if (text := endpoints[item.endpoint].estimand) is not None
            ),
        ),
        ("Tumour assessment", _assessment(protocol)),
        ("Read by", ", ".join(item.label for item in protocol.evaluators)),
        (
            "Analysis sets",
            ", ".join(dict.fromkeys(item.label for item in protocol.analysis_sets)),
        ),
        ("Publication", protocol.identity.publication or ""),
    ]
    return tuple((name, words) for name, words in pairs if words)


def _design(protocol: Protocol) -> str:
    identity, randomisation = protocol.identity, protocol.randomisation
    words = [f"Phase {identity.phase}", identity.blinding]
    if identity.multicentre:
        words.append("multicentre")
    if randomisation is None:
        words.append("single arm" if len(protocol.arms) == 1 else "not randomised")
    else:
        ratio = ":".join(str(randomisation.ratio[arm.id]) for arm in protocol.arms)
        words.append(f"randomised {ratio}")
        if randomisation.strata:
            strata = " and ".join(lower_first(item.label) for item in randomisation.strata)
            words.append(f"stratified by {strata}")
    if identity.planned_patients:
        words.append(f"{identity.planned_patients} patients planned")
    return ", ".join(words)


def _assessment(protocol: Protocol) -> str:
    parts = []
    for interval in protocol.assessments.schedule:
        until = f" until day {interval.until_day}" if interval.until_day else ""
        parts.append(f"every {interval.every_days} days{until}")
    return f"{protocol.response.criteria}, {', then '.join(parts)}"


def key_results(numbers: Numbers, protocol: Protocol) -> tuple[Card, ...]:
    """Cards of the primary analyses, survival, the first response rate and severe events."""
    endpoints = {item.id: item for item in protocol.endpoints}
    times = [a for a in protocol.analyses if endpoints[a.endpoint].kind not in RATIOS]
    chosen = [a for a in times if a.purpose == "primary" or endpoints[a.endpoint].kind == "os"]
    rates = [a for a in protocol.analyses if endpoints[a.endpoint].kind == "orr"]
    cards = [_survival_card(a, numbers, protocol) for a in chosen]
    cards += [_rate_card(a, numbers, protocol) for a in rates[:1]]
    cards += [_event_card(numbers, protocol)]
    return tuple(card for card in cards if card.lines)


def _survival_card(analysis: Analysis, numbers: Numbers, protocol: Protocol) -> Card:
    lines = []
    styles = arm_styles(protocol)
    for arm in protocol.arms:
        median = numbers.find(analysis.id, "kaplan-meier", "median", arm.id)
        if median:
            lines.append(Line(arm.short, estimate_cell(numbers, median), styles[arm.id]))
    if len(protocol.arms) == 1:
        for month in analysis.landmarks_months:
            rate = numbers.find(
                analysis.id, "kaplan-meier", "rate", protocol.arms[0].id, time=float(month)
            )
            if rate:
                cell = estimate_cell(numbers, rate, unit="%")
                lines.append(Line(f"At {month:g} months", cell))
    control = protocol.control
    for arm in protocol.arms if control else ():
        hazard = numbers.find(analysis.id, "cox", "hr", arm.id)
        p = numbers.find(analysis.id, "logrank", "p", arm.id)
        if hazard is None:
            continue
        whom = f", {arm.short}" if len(protocol.arms) > 2 else ""
        lines.append(Line(f"Hazard ratio{whom}", estimate_cell(numbers, hazard)))
        if p:
            lines.append(Line(f"Log-rank p{whom}", Cell((p,))))
    return Card(
        analysis.label,
        f"{analysis.purpose} · {population_name(protocol, analysis.population)}",
        "Median, months (95% CI)",
        tuple(lines),
        f"analysis-{analysis.id}",
    )


def _rate_card(analysis: Analysis, numbers: Numbers, protocol: Protocol) -> Card:
    lines = []
    styles = arm_styles(protocol)
    for arm in protocol.arms:
        pct = numbers.find(analysis.id, "clopper-pearson", "pct", arm.id)
        if pct:
            lines.append(Line(arm.short, estimate_cell(numbers, pct, unit="%"), styles[arm.id]))
    for arm in protocol.arms if protocol.control else ():
        difference = numbers.find(analysis.id, "rate-difference", "rate_diff", arm.id)
        if difference:
            whom = f", {arm.short}" if len(protocol.arms) > 2 else ""
            lines.append(Line(f"Difference{whom}", estimate_cell(numbers, difference)))
    return Card(
        analysis.label,
        f"{analysis.purpose} · {population_name(protocol, analysis.population)}",
        "Rate (exact 95% CI)",
        tuple(lines),
        "response",
    )


def _event_card(numbers: Numbers, protocol: Protocol) -> Card:
    events = protocol.adverse_events
    level = "severe" if events.grading == "severity" else "grade 3 or more"
    lines = []
    styles = arm_styles(protocol)
    for arm in protocol.arms:
        found = [
            numbers.find("AE.OVERVIEW", "count.kinds", stat, arm.id, levels=(level,))
            for stat in ("n", "pct")
        ]
        if found[0]:
            lines.append(Line(arm.short, count_cell(*found), styles[arm.id]))
    return Card(
        f"Adverse events: {EVENT_KINDS[level].lower()}",
        f"treatment-emergent · {population_name(protocol, events.population)}",
        "Patients, n (%)",
        tuple(lines),
        "safety",
    )
