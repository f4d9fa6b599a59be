# SPDX-License-Identifier: Apache-2.0
"""Figures of a plan: the boundary, the power curve and the timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from equipoise.report.figures import ARM_COLOURS, MUTED, Drawing, Figure, base_spec

WIDE = {"width": 620, "height": 300, "font_size": 12}
NARROW = {"width": 230, "height": 220, "font_size": 10}
ONE, TWO, THREE = ARM_COLOURS[0], ARM_COLOURS[1], ARM_COLOURS[2]

Layer = dict[str, Any]


def design_figures(tables: Mapping[str, pl.DataFrame]) -> list[Figure]:
    """The figures that the plan's tables allow, in the order of the page."""
    figures = []
    if "LOOKS" in tables:
        figures.append(_boundary(tables["LOOKS"]))
    if "POWER" in tables:
        figures.append(_power(tables["POWER"]))
    if "TIMELINE" in tables:
        figures.append(_timeline(tables["TIMELINE"], tables.get("LOOKS")))
    return figures


def _boundary(looks: pl.DataFrame) -> Figure:
    rows = [
        {"events": row["events"], "hr": row[f"{kind}_hr"], "bound": label}
        for kind, label in (("efficacy", "Efficacy"), ("futility", "Futility"))
        for row in looks.iter_rows(named=True)
        if row[f"{kind}_hr"] is not None
    ]
    colour = {
        "field": "bound",
        "type": "nominal",
        "scale": {"domain": ["Efficacy", "Futility"], "range": [ONE, TWO]},
        "legend": None,
    }
    encoding = {
        "x": _axis("events", "Events", zero=True),
        "y": _axis("hr", "Hazard ratio at the bound", zero=False),
        "color": colour,
    }
    layers: list[Layer] = [
        {
            "data": {"values": rows},
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": encoding,
        },
        {"data": {"values": rows}, "mark": {"type": "point", "filled": True, "size": 70}}
        | {"encoding": encoding},
        {"data": {"values": _last(rows, "bound")}, "mark": _label_mark()}
        | {"encoding": encoding | {"text": {"field": "bound", "type": "nominal"}}},
        _rule_at(1.0),
    ]
    return _figure(
        "figure-boundary",
        "Stopping boundary",
        "Hazard ratio at which a look stops the trial, by the number of events at that look.",
        layers,
    )


def _power(power: pl.DataFrame) -> Figure:
    rows = power.select("hazard_ratio", "power").to_dicts()
    encoding = {
        "x": _axis("hazard_ratio", "True hazard ratio", zero=False),
        "y": _axis("power", "Power", zero=True, percent=True),
    }
    layers: list[Layer] = [
        {
            "data": {"values": rows},
            "mark": {"type": "line", "color": ONE, "strokeWidth": 2},
            "encoding": encoding,
        }
    ]
    return _figure("figure-power", "Power curve", "Power against the true hazard ratio.", layers)


def _timeline(timeline: pl.DataFrame, looks: pl.DataFrame | None) -> Figure:
    names = {"patients": "Patients", "events": "Events", "events_no_effect": "Events, no effect"}
    shown = {name: label for name, label in names.items() if name in timeline.columns}
    rows = [
        {"month": row["month"], "count": row[name], "what": label}
        for name, label in shown.items()
        for row in timeline.iter_rows(named=True)
    ]
    encoding = {
        "x": _axis("month", "Months since the first patient", zero=True),
        "y": _axis("count", "Patients or events", zero=True),
        "color": {
            "field": "what",
            "type": "nominal",
            "scale": {"domain": list(names.values()), "range": [MUTED, ONE, TWO]},
            "legend": {"title": None, "orient": "top", "symbolType": "stroke"},
        },
    }
    layers: list[Layer] = [
        {"data": {"values": rows}, "mark": {"type": "line", "strokeWidth": 2}, "encoding": encoding}
    ]
    if looks is not None:
        when = looks.select("month", "events").to_dicts()
        point = {"x": encoding["x"], "y": {"field": "events", "type": "quantitative"}}
        layers.append(
            {
                "data": {"values": when},
                "mark": {"type": "point", "filled": True, "size": 80, "color": ONE},
                "encoding": point,
            }
        )
    return _figure(
        "figure-timeline",
        "Timeline",
        "Expected patients and events by calendar month; points are the planned looks.",
        layers,
    )


def _figure(name: str, title: str, description: str, layers: Sequence[Layer]) -> Figure:
    drawings = []
    for size, frame in (("wide", WIDE), ("narrow", NARROW)):
        drawings.append(Drawing(base_spec(**frame) | {"layer": list(layers)}, (), size))
    return Figure(
        id=name,
        title=title,
        population="as planned",
        description=description,
        drawings=tuple(drawings),
        footnotes=(description,),
    )


def _axis(field: str, title: str, *, zero: bool, percent: bool = False) -> dict[str, Any]:
    axis: dict[str, Any] = {"title": title, "tickCount": 6}
    if percent:
        axis["format"] = "%"
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"zero": zero, "nice": True},
        "axis": axis,
    }


def _last(rows: Sequence[Mapping[str, Any]], by: str) -> list[Mapping[str, Any]]:
    """The last row of each line, where its label stands."""
    return list({row[by]: row for row in rows}.values())


def _label_mark() -> dict[str, Any]:
    return {"type": "text", "align": "right", "dy": -12, "fontWeight": "bold"}


def _rule_at(value: float) -> Layer:
    return {
        "data": {"values": [{"hr": value}]},
        "mark": {"type": "rule", "color": MUTED, "strokeDash": [4, 3]},
        "encoding": {"y": {"field": "hr", "type": "quantitative"}},
    }
