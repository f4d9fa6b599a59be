# SPDX-License-Identifier: Apache-2.0
"""Time to event: events and their reasons, median, quartiles, rates, comparison, follow-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.protocol.model import Analysis, Protocol
from equipoise.report.footnotes import method_words
from equipoise.report.numbers import TOTAL, Number, Numbers
from equipoise.report.table import (
    Cell,
    Column,
    Row,
    Table,
    count_cell,
    estimate_cell,
    number_cell,
    pair_cell,
)
from equipoise.report.words import population_name, reason_words

KM = "kaplan-meier"
DIFFERENCE = "kaplan-meier.difference"
ARGUMENTS_OF = (KM, DIFFERENCE, "follow-up", "logrank", "cox")
# Methods that share the curve's arguments, stated one line above theirs.
OF_THE_CURVE = (DIFFERENCE, "follow-up")


def survival_table(
    analysis: Analysis,
    numbers: Numbers,
    protocol: Protocol,
    args: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Table:
    """The summary of one time-to-event analysis, one column per arm."""
    arms = [arm.id for arm in protocol.arms]
    columns = tuple(
        Column(arm.short, size=numbers.find(analysis.id, KM, "N", arm.id)) for arm in protocol.arms
    )
    rows = [
        *reason_rows(
            (analysis.id, KM), numbers, arms, "Patients with event", "n_event", "EVNTDESC"
        ),
        *reason_rows((analysis.id, KM), numbers, arms, "Patients censored", "n_cens", "CNSDTDSC"),
        *_times(analysis, numbers, arms),
        *_differences(analysis, numbers, protocol),
        *_comparison(analysis, numbers, protocol),
        *_follow_up(analysis.id, numbers, arms),
    ]
    return Table(
        id=f"survival-{analysis.id}",
        title=analysis.label,
        population=_population(analysis, protocol),
        stub="Statistic",
        columns=columns,
        rows=tuple(rows),
        footnotes=_footnotes(analysis, numbers, args),
    )


def _population(analysis: Analysis, protocol: Protocol) -> str:
    """The analysis set; of a duration of response those in it who responded."""
    kind = next(item.kind for item in protocol.endpoints if item.id == analysis.endpoint)
    whole = population_name(protocol, analysis.population)
    return f"{whole}, responders" if kind == "dor" else whole


def reason_rows(
    where: tuple[str, str],
    numbers: Numbers,
    arms: list[str],
    label: str,
    stat: str,
    variable: str,
    *,
    depth: int = 0,
) -> list[Row]:
    """A count of times that end in one way, and under it how.

    Parameters    where : analysis and method; stat : n_event or n_cens; variable : of the reasons
    """
    share = stat.replace("n_", "pct_")

    def cells(stats: tuple[str, str], levels: tuple[str, ...] = ()) -> tuple[Cell, ...]:
        return tuple(
            count_cell(*(numbers.find(*where, name, arm, levels=levels) for name in stats))
            for arm in arms
        )

    rows = [Row(label, cells((stat, share)), depth, unit=None if depth else "n (%)")]
    for levels in sorted(numbers.levels(*where, variable)):
        rows.append(Row(reason_words(levels[-1]), cells(("n", "pct"), levels), depth + 1))
    return rows


def _times(analysis: Analysis, numbers: Numbers, arms: list[str]) -> list[Row]:
    level = f"{100 * analysis.conf_level:g}% CI"

    def found(stat: str, arm: str, time: float | None = None) -> Number | None:
        return numbers.find(analysis.id, KM, stat, arm, time=time)

    rows = [
        Row("Time to event", heading=True, unit="months"),
        Row(
            "Median",
            tuple(estimate_cell(numbers, found("median", arm)) for arm in arms),
            depth=1,
            unit=level,
        ),
        Row(
            "25th and 75th percentile",
            tuple(pair_cell(found("q25", arm), found("q75", arm)) for arm in arms),
            depth=1,
        ),
        Row(
            "Range", tuple(pair_cell(found("min", arm), found("max", arm)) for arm in arms), depth=1
        ),
    ]
    if analysis.landmarks_months:
        rows.append(Row("Without event, %", heading=True, unit=level))
    for month in analysis.landmarks_months:
        cells = tuple(estimate_cell(numbers, found("rate", arm, float(month))) for arm in arms)
        rows.append(Row(f"At {month:g} months", cells, depth=1))
    return rows


def _differences(analysis: Analysis, numbers: Numbers, protocol: Protocol) -> list[Row]:
    """Differences of landmark rates in the column of the experimental arm."""
    control = protocol.control
    if control is None or not numbers.of(analysis.id, DIFFERENCE):
        return []
    unit = f"{100 * analysis.conf_level:g}% CI"
    rows = [
        Row(f"Difference from {control.short}, percentage points", heading=True, unit=unit),
    ]
    for month in analysis.landmarks_months:
        cells = tuple(
            Cell()
            if arm.id == control.id
            else estimate_cell(
                numbers,
                numbers.find(analysis.id, DIFFERENCE, "rate_diff", arm.id, time=float(month)),
            )
            for arm in protocol.arms
        )
        rows.append(Row(f"At {month:g} months", cells, depth=1))
    return rows


def _comparison(analysis: Analysis, numbers: Numbers, protocol: Protocol) -> list[Row]:
    """Hazard ratio and p-value in the column of the experimental arm."""
    control = protocol.control
    if control is None:
        return []
    forms = [("", f"Compared with {control.short}{', stratified' if analysis.strata else ''}")]
    if analysis.strata:
        forms.append((".unstratified", f"Compared with {control.short}, unstratified"))
    rows = []
    for suffix, heading in forms:
        ratio, test = [], []
        for arm in protocol.arms:
            blank = arm.id == control.id
            hazard = numbers.find(analysis.id, f"cox{suffix}", "hr", arm.id)
            p = numbers.find(analysis.id, f"logrank{suffix}", "p", arm.id)
            ratio.append(Cell() if blank else estimate_cell(numbers, hazard))
            test.append(Cell() if blank else number_cell(p))
        if not numbers.of(analysis.id, f"cox{suffix}"):
            continue
        rows += [
            Row(heading, heading=True),
            Row("Hazard ratio", tuple(ratio), depth=1, unit=f"{100 * analysis.conf_level:g}% CI"),
            Row("Log-rank p-value", tuple(test), depth=1),
        ]
    overall = numbers.find(analysis.id, "logrank.overall", "p", TOTAL)
    if overall:
        cells = tuple(Cell((overall,)) if arm.id == control.id else Cell() for arm in protocol.arms)
        rows += [Row("All arms", heading=True), Row("Log-rank p-value", cells, depth=1)]
    return rows


def _follow_up(analysis: str, numbers: Numbers, arms: list[str]) -> list[Row]:
    method = "follow-up"
    if not numbers.of(analysis, method):
        return []

    def found(stat: str, arm: str) -> Number | None:
        return numbers.find(analysis, method, stat, arm)

    return [
        Row("Follow-up", heading=True, unit="months, reverse Kaplan-Meier"),
        Row(
            "Median",
            tuple(estimate_cell(numbers, found("followup_median", arm)) for arm in arms),
            depth=1,
            unit="95% CI",
        ),
        Row(
            "Quartiles",
            tuple(pair_cell(found("followup_q1", arm), found("followup_q3", arm)) for arm in arms),
            depth=1,
        ),
    ]


def follow_up_table(
    numbers: Numbers, protocol: Protocol, args: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Table | None:
    """Reverse Kaplan-Meier follow-up of every endpoint, per arm and in total."""
    method = "follow-up"
    used = [item for item in protocol.analyses if numbers.of(item.id, method)]
    if not used:
        return None
    several = [(TOTAL, "Total")] if len(protocol.arms) > 1 else []
    arms = [*((arm.id, arm.short) for arm in protocol.arms), *several]
    rows: list[Row] = []
    for analysis in used:
        rows.append(Row(analysis.label, heading=True, unit="months"))
        rows += _follow_up(analysis.id, numbers, [arm for arm, _ in arms])[1:]
    first = used[0].id
    return Table(
        id="follow-up",
        title="Length of follow-up",
        population=population_name(protocol, used[0].population),
        stub="Endpoint",
        columns=tuple(Column(label) for _, label in arms),
        rows=tuple(rows),
        footnotes=(
            method_words(method, args[first, method]),
            "NR: not reached, as where nobody is censored.",
        ),
    )


def _footnotes(
    analysis: Analysis, numbers: Numbers, args: Mapping[tuple[str, str], Mapping[str, Any]]
) -> tuple[str, ...]:
    used = [method for method in ARGUMENTS_OF if (analysis.id, method) in args]
    curve = args.get((analysis.id, KM), {})
    notes = []
    for method in used:
        own = args[analysis.id, method]
        if method in OF_THE_CURVE:
            own = {name: value for name, value in own.items() if curve.get(name) != value}
        notes.append(method_words(method, own))
    notes.append("Under events: the earliest event that counted; under censored: the reason.")
    states = {number.state for number in numbers.of(analysis.id, KM)}
    known = {"NR": "NR: not reached.", "NE": "NE: not estimable.", "NA": "NA: not applicable."}
    notes += [text for state, text in known.items() if state in states]
    if _gaps(analysis.id, numbers):
        notes.append("–: no patient of this arm.")
    marks = [n for n in numbers.of(analysis.id, KM) if n.value_text == "censored"]
    return (*notes, "+: a censored time.") if marks else tuple(notes)


def _gaps(analysis: str, numbers: Numbers) -> bool:
    """Whether some arm has no patient with a reason that another arm has."""
    reasons = [n for n in numbers.of(analysis, KM) if n.levels and n.stat == "n"]
    arms = {n.arm for n in numbers.of(analysis, KM)}
    return len(reasons) < len({n.levels for n in reasons}) * len(arms)
