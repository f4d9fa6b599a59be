# SPDX-License-Identifier: Apache-2.0
"""A trial's plan as one page: tables, boundary, power, timeline, and the protocol's paragraph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import polars as pl
from markupsafe import Markup

from equipoise.protocol.model import Protocol
from equipoise.report.design_figures import design_figures
from equipoise.report.page import page_environment, page_style
from equipoise.statistics.rounding import format_number

_LOOK_ROWS = (
    ("Events", "events", 0),
    ("Patients entered", "patients", 0),
    ("Month", "month", 1),
    ("earliest of nine in ten trials", "month_low", 1),
    ("latest of nine in ten trials", "month_high", 1),
    ("Information fraction", "fraction", 3),
    ("Efficacy bound, Z", "efficacy_z", 3),
    ("Efficacy bound, one-sided p", "efficacy_p", 5),
    ("Efficacy bound, hazard ratio", "efficacy_hr", 3),
    ("Alpha spent so far", "alpha_spent", 5),
    ("Futility bound, Z", "futility_z", 3),
    ("Futility bound, hazard ratio", "futility_hr", 3),
    ("Chance to stop for efficacy, no effect", "efficacy_stop_null", 4),
    ("Chance to stop for efficacy, planned effect", "efficacy_stop", 4),
    ("Chance to stop for futility, no effect", "futility_stop_null", 4),
    ("Chance to stop for futility, planned effect", "futility_stop", 4),
    ("Power so far", "power", 4),
)
_TITLES = {
    "CONDITIONAL": "What an interim result would promise",
    "FORMULAS": "Events by formula",
    "REESTIMATION": "More events where the interim result is promising",
    "ASSURANCE": "Assurance from an earlier trial",
    "MULTIPLICITY": "How alpha passes between endpoints",
    "ENDPOINTS": "Both endpoints over simulated trials of the assumed world",
    "STAGES": "Decision rules",
    "RATES": "Operating characteristics by true rate",
    "VERIFY": "Formulas beside simulation",
}


@dataclass(frozen=True, slots=True)
class PlainTable:
    """A table of formatted text: headings, then rows whose first cell is their name."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def render_design(
    tables: Mapping[str, pl.DataFrame],
    paragraph: str,
    protocol: Protocol,
    *,
    versions: Mapping[str, str],
) -> str:
    """The plan of a trial as one HTML page that loads nothing.

    Parameters    tables : as `design.plan_design` gives them, and VERIFY where asked for
                  paragraph : for the statistical section of the protocol
    Returns       the page; the same arguments give the same bytes
    """
    css, css_hash = page_style()
    figures = [replace(f, number=i) for i, f in enumerate(design_figures(tables), 1)]
    assumed = [a for a in protocol.assumptions if a.path.split(".")[0] == "design"]
    return (
        page_environment()
        .get_template("design.html.j2")
        .render(
            protocol=protocol,
            paragraph=paragraph,
            summary=_summary(tables["SUMMARY"]),
            tables=[t for t in (_looks(tables), *_others(tables)) if t is not None],
            figures=figures,
            assumed=assumed,
            versions=versions,
            css=Markup(css),
            css_hash=css_hash,
        )
    )


def _summary(summary: pl.DataFrame) -> PlainTable:
    rows = tuple(
        (row["item"], row["value"], row["origin"]) for row in summary.iter_rows(named=True)
    )
    return PlainTable("summary", "The plan", ("", "Value", "Origin"), rows)


def _looks(tables: Mapping[str, pl.DataFrame]) -> PlainTable | None:
    if "LOOKS" not in tables:
        return None
    looks = tables["LOOKS"]
    heads = ("", *(f"Look {look}" for look in looks["look"]))
    rows = tuple(
        (label, *(_text(value, decimals) for value in looks[name]))
        for label, name, decimals in _LOOK_ROWS
        if name in looks.columns and looks[name].is_not_null().any()
    )
    return PlainTable("looks", "Looks and bounds", heads, rows)


def _others(tables: Mapping[str, pl.DataFrame]) -> list[PlainTable]:
    return [_plain(name, tables[name], title) for name, title in _TITLES.items() if name in tables]


def _plain(name: str, table: pl.DataFrame, title: str) -> PlainTable:
    heads = tuple(column.replace("_", " ").capitalize() for column in table.columns)
    rows = tuple(tuple(_text(value, 3) for value in row) for row in table.iter_rows())
    return PlainTable(name.lower(), title, heads, rows)


def _text(value: Any, decimals: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and not isfinite(value):
        return "never" if value > 0 else "always"  # a month that may not come
    return format_number(value, decimals) if isinstance(value, float) else str(value)
