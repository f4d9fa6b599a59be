# SPDX-License-Identifier: Apache-2.0
"""Operating characteristics of a scenario grid as one page for a design meeting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
from markupsafe import Markup

from equipoise.report.design_page import PlainTable
from equipoise.report.page import page_environment, page_style
from equipoise.report.scenario_figures import scenario_figures
from equipoise.statistics.rounding import format_number

Column = tuple[str, str, float, int]
"""Heading, quantity, what to multiply by, decimals."""

_WHOLE: tuple[Column, ...] = (
    ("Success, %", "reject", 100.0, 2),
    ("Stopped for futility, %", "futile", 100.0, 2),
    ("Events", "events", 1.0, 1),
    ("Patients", "sample_size", 1.0, 1),
    ("Months", "duration", 1.0, 1),
    ("Coverage, %", "stopped_coverage", 100.0, 2),
)
_LOOK: tuple[Column, ...] = (
    ("Month", "cut", 1.0, 1),
    ("Events", "events", 1.0, 1),
    ("Patients", "enrolled", 1.0, 1),
    ("Crosses for efficacy, %", "stop_efficacy", 100.0, 2),
    ("Crosses for futility, %", "stop_futility", 100.0, 2),
)


def render_scenarios(
    characteristics: pl.DataFrame,
    scenarios: pl.DataFrame,
    *,
    run: Mapping[str, Any],
    versions: Mapping[str, str],
) -> str:
    """A grid of scenarios as one HTML page that loads nothing.

    Parameters    characteristics : scenario, levels, quantity, look (0: the trial), value, se, n
                  scenarios : scenario, label, levels, true_hazard_ratio (null: not one), events and
                  the bounds efficacy and futility (lists by look; Z towards benefit)
                  run : title, source, seed, replicates, confidence; precision, in words, or None
    Returns       the page; the same arguments give the same bytes
    """
    css, css_hash = page_style()
    figures = scenario_figures(characteristics, scenarios)
    factors = _factors(characteristics)
    return (
        page_environment()
        .get_template("scenarios.html.j2")
        .render(
            run=run,
            facts=_facts(scenarios, run, factors),
            whole=_whole(characteristics, scenarios),
            looks=_looks(characteristics, scenarios),
            bounds=_bounds(scenarios),
            figures=[replace(f, number=i) for i, f in enumerate(figures, 1)],
            versions=versions,
            css=Markup(css),
            css_hash=css_hash,
        )
    )


def _factors(characteristics: pl.DataFrame) -> list[str]:
    columns = characteristics.columns
    return columns[1 : columns.index("quantity")]


def _facts(
    scenarios: pl.DataFrame, run: Mapping[str, Any], factors: list[str]
) -> list[tuple[str, str]]:
    replicates = f"{run['replicates']:,}".replace(",", " ")
    drawn = "up to " if run["precision"] else ""
    facts = [
        ("Grid", run["source"]),
        ("Scenarios", f"{scenarios.height}" + (f", by {_listed(factors)}" if factors else "")),
        ("Replicates", f"{drawn}{replicates} trials in each scenario"),
        ("Random numbers", f"seed {run['seed']}; the same in every scenario"),
        ("Intervals", f"{format_number(100 * run['confidence'], 0)}%, of the hazard ratio by Cox"),
    ]
    if run["precision"]:
        facts.insert(3, ("Ends early", run["precision"]))
    return facts


def _listed(names: list[str]) -> str:
    words = [name.replace("_", " ") for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _values(table: pl.DataFrame, look: int) -> dict[tuple[str, str], tuple[float, float | None]]:
    rows = table.filter(look=look).select("scenario", "quantity", "value", "se").iter_rows()
    return {(scenario, quantity): (value, se) for scenario, quantity, value, se in rows}


def _whole(table: pl.DataFrame, scenarios: pl.DataFrame) -> PlainTable:
    """One row a scenario: what is true, then what the whole trial does."""
    found = _values(table, 0)
    shown = _columns(_WHOLE, scenarios)
    rows = []
    for row in scenarios.iter_rows(named=True):
        name = row["scenario"]
        cells = [_cell(found.get((name, q)), scale, digits) for _, q, scale, digits in shown]
        estimate = _mean_ratio(found.get((name, "stopped_log_hr")))
        rows.append((row["label"], _ratio(row["true_hazard_ratio"]), estimate, *cells))
    heads = ("", "True hazard ratio", "Mean estimate", *(head for head, *_ in shown))
    title = "Each scenario: what is true, and what the trial does"
    return PlainTable("whole", title, heads, tuple(rows))


def _looks(table: pl.DataFrame, scenarios: pl.DataFrame) -> PlainTable:
    """One row a scenario and look."""
    shown = _columns(_LOOK, scenarios)
    rows = []
    for row in scenarios.iter_rows(named=True):
        for look in range(1, len(row["events"]) + 1):
            found = _values(table.filter(scenario=row["scenario"]), look)
            cells = [
                _cell(found.get((row["scenario"], q)), scale, digits)
                for _, q, scale, digits in shown
            ]
            rows.append((row["label"] if look == 1 else "", str(look), *cells))
    heads = ("", "Look", *(head for head, *_ in shown))
    return PlainTable("looks", "Look by look", heads, tuple(rows))


def _bounds(scenarios: pl.DataFrame) -> PlainTable:
    """The looks and bounds; scenarios that share them share the rows."""
    shared: dict[str, list[dict[str, Any]]] = {}
    for row in scenarios.iter_rows(named=True):
        shared.setdefault(repr([row[k] for k in ("events", "efficacy", "futility")]), []).append(
            row
        )
    rows = []
    for group in shared.values():
        who = "All scenarios" if len(shared) == 1 else "; ".join(row["label"] for row in group)
        first = group[0]
        futility = first["futility"] or [None] * len(first["events"])
        pairs = zip(first["events"], first["efficacy"], futility, strict=True)
        for look, (events, upper, lower) in enumerate(pairs, 1):
            cells = (str(look), str(events), _bound(upper), _bound(lower))
            rows.append((who if look == 1 else "", *cells))
    heads = ("", "Look", "At event", "Efficacy: Z at least", "Futility: Z below")
    return PlainTable("bounds", "Looks and bounds", heads, tuple(rows))


def _columns(columns: tuple[Column, ...], scenarios: pl.DataFrame) -> list[Column]:
    """The columns that say something: those on futility only where a look can stop for it."""
    can_stop = any(bound is not None for bounds in scenarios["futility"] for bound in bounds)
    return [column for column in columns if can_stop or "futil" not in column[1]]


def _cell(found: tuple[float, float | None] | None, scale: float, digits: int) -> str:
    """A mean with its Monte-Carlo standard error in brackets."""
    if found is None or found[0] is None:
        return "–"
    value, se = found
    text = format_number(scale * value, digits)
    return text if se is None else f"{text} ({format_number(scale * se, max(2, digits))})"


def _mean_ratio(found: tuple[float, float | None] | None) -> str:
    return "–" if found is None or found[0] is None else format_number(math.exp(found[0]), 3)


def _ratio(value: float | None) -> str:
    return "varies" if value is None else format_number(value, 2)


def _bound(value: float | None) -> str:
    return "–" if value is None else format_number(value, 3)
