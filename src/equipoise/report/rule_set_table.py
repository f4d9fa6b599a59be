# SPDX-License-Identifier: Apache-2.0
"""All censoring rule sets side by side: events and times, how they end, and who moves and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from equipoise.protocol.model import Analysis, Arm, Protocol
from equipoise.report.footnotes import method_words
from equipoise.report.numbers import Number, Numbers
from equipoise.report.shells import Arguments, arm_columns
from equipoise.report.survival_table import reason_rows
from equipoise.report.table import (
    ABSENT,
    Cell,
    Column,
    Row,
    Table,
    count_cell,
    estimate_cell,
    number_cell,
)
from equipoise.report.words import population_name

KM, TURNBULL, MOVES = "kaplan-meier", "turnbull", "moves"
CHANGES = {
    "EVENT TO CENSORED": "Event becomes censored",
    "CENSORED TO EVENT": "Censored becomes event",
    "DATE OR REASON": "Another date or reason, still the one or the other",
}


@dataclass(frozen=True, slots=True)
class _Rules:
    """One rule set of an analysis: its name in words, and where its results stand."""

    words: str
    analysis: str
    times: str
    ratio: str
    test: tuple[str, str]


def rule_set_tables(
    analysis: Analysis, numbers: Numbers, protocol: Protocol, args: Arguments
) -> Iterator[Table]:
    """The tables of an analysis whose endpoint names further rule sets, if it does."""
    endpoint = next(item for item in protocol.endpoints if item.id == analysis.endpoint)
    named = [f"SENSITIVITY.{analysis.id}.{name}" for name in dict.fromkeys(endpoint.sensitivity)]
    others = [name for name in named if (name, MOVES) in args]
    if not others:
        return
    first = args[others[0], MOVES]["against"]
    rules = [_Rules(f"{first} (primary)", analysis.id, KM, "cox", ("logrank", "p"))]
    rules += [_found(name, args) for name in others]
    yield _side_by_side(analysis, rules, numbers, protocol, args)
    yield _moves(analysis, rules[1:], numbers, protocol, args)
    yield _endings(analysis, rules, numbers, protocol)


def _found(name: str, args: Mapping[tuple[str, str], Mapping[str, Any]]) -> _Rules:
    interval = (name, TURNBULL) in args
    words = args[name, MOVES]["rules"]
    if interval:
        return _Rules(words, name, TURNBULL, "interval-cox", ("interval-cox", "p"))
    return _Rules(words, name, KM, "cox", ("logrank", "p"))


def _side_by_side(
    analysis: Analysis, rules: list[_Rules], numbers: Numbers, protocol: Protocol, args: Arguments
) -> Table:
    columns, rows = [], []
    for arm in protocol.arms:
        size = numbers.find(analysis.id, KM, "N", arm.id)
        columns.append(Column("Events, n (%)", size=size, group=arm.short))
        columns.append(Column("Median, months", group=arm.short))
    compared = [arm for arm in protocol.arms if protocol.control and arm.id != protocol.control.id]
    for arm in compared:
        group = f"{arm.short} v {protocol.control.short}" if protocol.control else None
        columns += [Column("Hazard ratio", group=group), Column("p-value", group=group)]
    for rule in rules:
        cells = [cell for arm in protocol.arms for cell in _times(rule, numbers, arm)]
        for arm in compared:
            method, stat = rule.test
            cells.append(estimate_cell(numbers, numbers.find(*_at(rule, rule.ratio, "hr", arm))))
            cells.append(number_cell(numbers.find(*_at(rule, method, stat, arm))))
        rows.append(Row(rule.words, tuple(cells)))
    level = f"{100 * analysis.conf_level:g}%"
    notes = [
        method_words(method, {k: v for k, v in args[rule.analysis, method].items() if k != "rules"})
        for rule in rules
        if rule.times == TURNBULL
        for method in (TURNBULL, "interval-cox")
        if (rule.analysis, method) in args
    ]
    return Table(
        id=f"rules-{analysis.id}",
        title=f"{analysis.label} under each censoring rule set",
        population=population_name(protocol, analysis.population),
        stub="Rule set",
        columns=tuple(columns),
        rows=tuple(rows),
        footnotes=(
            f"Medians and hazard ratios with {level} confidence intervals; p-values by the "
            "log-rank test; both as in the analysis under the primary rule set.",
            *notes,
            *_interval_notes(rules),
        ),
    )


def _interval_notes(rules: list[_Rules]) -> list[str]:
    if all(rule.times != TURNBULL for rule in rules):
        return []
    return [
        "Interval-censored: the median is the interval of time that holds it, without a confidence "
        "interval; its p-value is that of the likelihood-ratio test."
    ]


def _at(rule: _Rules, method: str, stat: str, arm: Arm) -> tuple[str, str, str, str]:
    return rule.analysis, method, stat, arm.id


def _times(rule: _Rules, numbers: Numbers, arm: Arm) -> tuple[Cell, Cell]:
    def found(stat: str) -> Number | None:
        return numbers.find(rule.analysis, rule.times, stat, arm.id)

    events = count_cell(found("n_event"), found("pct_event"))
    if rule.times == KM:
        return events, estimate_cell(numbers, found("median"))
    first, last = found("median_from"), found("median_to")
    if first is None or last is None:
        return events, Cell((ABSENT,))
    return events, Cell((first, " to ", last)) if first.state == "ok" else Cell((first,))


def _moves(
    analysis: Analysis, rules: list[_Rules], numbers: Numbers, protocol: Protocol, args: Arguments
) -> Table:
    """Under each further rule set: who moves from the primary one, and by which rules."""
    arms, columns = arm_columns(numbers, protocol, rules[0].analysis, MOVES, total=True)
    rows: list[Row] = []
    for rule in rules:
        cells = _counts(rule, numbers, arms, ("Moved",))
        rows.append(Row(rule.words, cells, heading=True, unit="patients who move, n (%)"))
        for levels in numbers.levels(rule.analysis, MOVES, "MOVED"):
            total = numbers.find(rule.analysis, MOVES, "n", arms[-1], levels=levels)
            if levels == ("Moved",) or not (total and total.value):
                continue
            rows.append(Row(CHANGES[levels[-1]], _counts(rule, numbers, arms, levels), 1))
            rows += [
                Row(pair[-1], _counts(rule, numbers, arms, pair), 2)
                for pair in numbers.levels(rule.analysis, MOVES, "RULES")
                if pair[0] == levels[-1]
            ]
    primary = args[rules[0].analysis, MOVES]["against"]
    interval = any(rule.times == TURNBULL for rule in rules)
    return Table(
        id=f"rules-moves-{analysis.id}",
        title=f"{analysis.label}: who moves between rule sets, and why",
        population=population_name(protocol, analysis.population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            f"Patients whose time ends on another day or by another rule than under {primary}.",
            *(["Interval-censored: the same events, analysed as intervals."] if interval else []),
            "Rule under the primary set → rule under the other. Percentages of all patients.",
        ),
    )


def _counts(
    rule: _Rules, numbers: Numbers, arms: list[str], levels: tuple[str, ...]
) -> tuple[Cell, ...]:
    return tuple(
        count_cell(
            numbers.find(rule.analysis, MOVES, "n", arm, levels=levels),
            numbers.find(rule.analysis, MOVES, "pct", arm, levels=levels),
        )
        for arm in arms
    )


def _endings(
    analysis: Analysis, rules: list[_Rules], numbers: Numbers, protocol: Protocol
) -> Table:
    """Events and reasons of censoring by arm, one block per rule set."""
    arms = [arm.id for arm in protocol.arms]
    columns = tuple(
        Column(arm.short, size=numbers.find(analysis.id, KM, "N", arm.id)) for arm in protocol.arms
    )
    rows: list[Row] = []
    for rule in rules:
        rows.append(Row(rule.words, heading=True, unit="n (%)"))
        where = (rule.analysis, rule.times)
        rows += reason_rows(where, numbers, arms, "With event", "n_event", "EVNTDESC", depth=1)
        rows += reason_rows(where, numbers, arms, "Censored", "n_cens", "CNSDTDSC", depth=1)
    return Table(
        id=f"rules-endings-{analysis.id}",
        title=f"{analysis.label}: events and reasons of censoring under each rule set",
        population=population_name(protocol, analysis.population),
        stub="n (%)",
        columns=columns,
        rows=tuple(rows),
        footnotes=("Percentages of the patients of the arm who have a time.",),
        folded=True,
    )
