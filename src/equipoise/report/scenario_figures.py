# SPDX-License-Identifier: Apache-2.0
"""Figures of a scenario grid: the chance of success, when trials stop, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from equipoise.report.figures import ARM_COLOURS, INK, RULE, Drawing, Figure, base_spec

BLUE, ORANGE = ARM_COLOURS[0], ARM_COLOURS[1]
STOP_BLUES = ("#0072B2", "#4C9CCB", "#8DC1DF", "#C0DDEE", "#DDEDF7")
STOP_ORANGES = ("#D55E00", "#E68A45", "#EFB083", "#F6D0B6", "#FBE7DA")
COSTS = (
    ("events", "Events"),
    ("sample_size", "Patients"),
    ("duration", "Months"),
)
ROW = 26
"""Pixels of height that one scenario takes in a figure."""
LABEL_LIMIT = {"wide": 300, "narrow": 120}
PANEL = {"wide": 360, "narrow": 190}
SMALL_PANEL = {"wide": 150, "narrow": 190}

Layer = dict[str, Any]


def scenario_figures(characteristics: pl.DataFrame, scenarios: pl.DataFrame) -> list[Figure]:
    """The figures of a grid, in the order of the page.

    Parameters    characteristics : long table: scenario, levels, quantity, look, value, se
                  scenarios : one row a scenario: scenario, label, levels, true_hazard_ratio
    """
    labelled = characteristics.join(
        scenarios.select("scenario", "label", "levels", "true_hazard_ratio"), on="scenario"
    )
    order = {"wide": scenarios["label"].to_list(), "narrow": scenarios["levels"].to_list()}
    figures = [_success(labelled, order)]
    if labelled["look"].max() != 1:
        figures.append(_stops(labelled, order))
    return [*figures, _costs(labelled, order)]


def _success(table: pl.DataFrame, order: Mapping[str, Sequence[str]]) -> Figure:
    """Rejection per scenario: type I error where the hazard ratio is 1, else power."""
    found = table.filter(quantity="reject", look=0)
    rows = [
        {
            "label": row["label"],
            "levels": row["levels"],
            "value": row["value"],
            "low": max(0.0, row["value"] - 2 * (row["se"] or 0.0)),
            "high": min(1.0, row["value"] + 2 * (row["se"] or 0.0)),
            "kind": "No effect" if row["true_hazard_ratio"] == 1 else "Effect",
        }
        for row in found.iter_rows(named=True)
    ]
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": ["Effect", "No effect"], "range": [BLUE, ORANGE]},
        "legend": {"title": None, "orient": "top", "symbolType": "circle"},
    }

    def spec(size: str) -> Mapping[str, Any]:
        x = {
            "field": "value",
            "type": "quantitative",
            "scale": {"domain": [0, 1]},
            "axis": {"title": "Chance to stop for efficacy", "format": "%", "tickCount": 6},
        }
        y = _scenarios(order, size)
        bar = {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y, "color": colour}
        point = {"x": x, "y": y, "color": colour}
        text = {"x": x, "y": y, "text": {"field": "value", "format": ".1%"}}
        return _frame(size, len(order[size]), PANEL[size]) | {
            "layer": [
                _layer(rows, {"type": "rule", "strokeWidth": 2}, bar),
                _layer(rows, {"type": "point", "filled": True, "size": 60, "opacity": 1}, point),
                _layer(rows, {"type": "text", "dy": -10, "fontSize": 10, "fill": INK}, text),
            ]
        }

    return _figure(
        "scenario-success",
        "Chance of success",
        "Share of trials that stop for efficacy at any look, with two Monte-Carlo standard errors "
        "either way. Where the hazard ratio is 1 this is the type I error.",
        spec,
    )


def _stops(table: pl.DataFrame, order: Mapping[str, Sequence[str]]) -> Figure:
    """Stacked shares: efficacy look by look, then neither, then futility."""
    looks = int(table["look"].max())  # type: ignore[arg-type]  # an integer column has an integer
    kinds = [f"Efficacy, look {k}" for k in range(1, looks + 1)]
    lost = [f"Futility, look {k}" for k in range(looks, 0, -1)]
    places = {kind: place for place, kind in enumerate([*kinds, "No boundary", *lost])}
    rows = _stop_rows(table, places)
    shown = {row["kind"] for row in rows}
    domain = [kind for kind in places if kind in shown]
    colours = {kind: STOP_BLUES[min(i, 4)] for i, kind in enumerate(kinds)}
    colours |= {kind: STOP_ORANGES[min(i, 4)] for i, kind in enumerate(reversed(lost))}
    colours["No boundary"] = RULE
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": domain, "range": [colours[kind] for kind in domain]},
    }

    def spec(size: str) -> Mapping[str, Any]:
        x = {
            "field": "share",
            "type": "quantitative",
            "stack": "zero",
            "scale": {"domain": [0, 1]},
            "axis": {"title": "Share of trials", "format": "%", "tickCount": 6},
        }
        legend = {"title": None, "orient": "top", "columns": 3 if size == "wide" else 1}
        encoding = {
            "x": x,
            "y": _scenarios(order, size),
            "color": colour | {"legend": legend},
            "order": {"field": "place", "type": "quantitative"},
        }
        mark = {"type": "bar", "height": ROW - 10}
        return _frame(size, len(order[size]), PANEL[size]) | {
            "layer": [_layer(rows, mark, encoding)]
        }

    return _figure(
        "scenario-stops",
        "Where the trial ends",
        "Share of trials that cross a bound at each look; grey: the trial ends without crossing.",
        spec,
    )


def _stop_rows(table: pl.DataFrame, places: Mapping[str, int]) -> list[dict[str, Any]]:
    names = {"stop_efficacy": "Efficacy", "stop_futility": "Futility"}
    rows: list[dict[str, Any]] = []
    for (label, levels), part in table.group_by("label", "levels", maintain_order=True):
        scenario = {"label": label, "levels": levels}
        left = 1.0
        for row in part.filter(pl.col("quantity").is_in(list(names))).iter_rows(named=True):
            kind = f"{names[row['quantity']]}, look {row['look']}"
            left -= row["value"]
            if row["value"] > 0:
                rows.append(scenario | {"kind": kind, "share": row["value"]})
        rows.append(scenario | {"kind": "No boundary", "share": max(0.0, left)})
    return [row | {"place": places[row["kind"]]} for row in rows]


def _costs(table: pl.DataFrame, order: Mapping[str, Sequence[str]]) -> Figure:
    """Events, patients and months at the end of the trial: small panels side by side."""

    def panel(size: str, quantity: str, title: str, *, first: bool) -> Layer:
        found = table.filter(quantity=quantity, look=0)
        rows = found.select("label", "levels", "value").to_dicts()
        x = {
            "field": "value",
            "type": "quantitative",
            "scale": {"zero": True, "nice": True},
            "axis": {"title": title, "tickCount": 4},
        }
        y = _scenarios(order, size)
        if not first and size == "wide":
            y["axis"] = y["axis"] | {"labels": False, "ticks": False}
        text = {"x": x, "y": y, "text": {"field": "value", "format": ".1f"}}
        return {
            "width": SMALL_PANEL[size],
            "height": ROW * len(order[size]),
            "layer": [
                _layer(
                    rows,
                    {"type": "point", "filled": True, "size": 60, "color": BLUE, "opacity": 1},
                    {"x": x, "y": y},
                ),
                _layer(rows, {"type": "text", "dy": -10, "fontSize": 10, "fill": INK}, text),
            ],
        }

    def spec(size: str) -> Mapping[str, Any]:
        panels = [
            panel(size, quantity, title, first=place == 0)
            for place, (quantity, title) in enumerate(COSTS)
        ]
        frame = {
            key: value
            for key, value in _frame(size, len(order[size]), SMALL_PANEL[size]).items()
            if key not in {"width", "height", "autosize"}
        }
        return frame | {("hconcat" if size == "wide" else "vconcat"): panels}

    return _figure(
        "scenario-costs",
        "What the trial costs",
        "Expected events, patients entered and months since the first patient when it ends.",
        spec,
    )


def _scenarios(order: Mapping[str, Sequence[str]], size: str) -> dict[str, Any]:
    return {
        "field": "label" if size == "wide" else "levels",
        "type": "nominal",
        "sort": list(order[size]),
        "axis": {
            "title": None,
            "labelLimit": LABEL_LIMIT[size],
            "domain": False,
            "ticks": False,
            "grid": True,
            "labelPadding": 8,
        },
    }


def _frame(size: str, scenarios: int, width: int) -> dict[str, Any]:
    font = 12 if size == "wide" else 10
    return base_spec(width=width, height=ROW * scenarios, font_size=font)


def _layer(rows: Sequence[Mapping[str, Any]], mark: Layer, encoding: Layer) -> Layer:
    return {"data": {"values": list(rows)}, "mark": mark, "encoding": encoding}


def _figure(name: str, title: str, description: str, spec: Any) -> Figure:
    drawings = tuple(Drawing(spec(size), (), size) for size in ("wide", "narrow"))
    return Figure(
        id=name,
        title=title,
        population="simulated trials",
        description=description,
        drawings=drawings,
        footnotes=(description,),
    )
