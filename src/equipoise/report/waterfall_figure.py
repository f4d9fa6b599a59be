# SPDX-License-Identifier: Apache-2.0
"""Waterfall: each patient's best change of the sum of diameters, coloured by confirmed response."""

from __future__ import annotations

from typing import Any

from equipoise.protocol.model import Arm, Evaluator, Protocol
from equipoise.report.figures import INK, Drawing, Figure, base_spec, mark
from equipoise.report.numbers import Number, Numbers
from equipoise.report.patient_marks import (
    CROSS,
    MOST_TICKS,
    NARROW,
    WIDE,
    Panel,
    colour_of,
    count_line,
    filled,
    head_layers,
    head_top,
    key_layers,
    line_at,
    response_items,
    stacked,
    subject_mark,
    watermark,
)
from equipoise.report.patient_rows import Patients, Row
from equipoise.report.words import evaluator_name, lower_first, population_name

HIGHEST, LOWEST = 100.0, -100.0
NEW_LESION = {"text": "new lesion at progression", "shape": CROSS, "size": 22}


def waterfall_figure(
    evaluator: Evaluator,
    patients: Patients,
    numbers: Numbers,
    protocol: Protocol,
    *,
    across: str,
) -> Figure | None:
    """The best changes as one reader measured them; None where nobody's are known."""
    display = f"waterfall.{evaluator.id}"
    bars = {arm.id: patients.of(display, arm.id, "change") for arm in protocol.arms}
    if not any(bars.values()):
        return None
    reader = lower_first(evaluator_name(protocol, evaluator.id))
    drawings = []
    for panel in (WIDE, NARROW):
        used: list[Number] = []
        shown = [arm for arm in protocol.arms if bars[arm.id]]
        panels = [
            _panel(
                arm,
                bars[arm.id],
                patients,
                _lines(evaluator, arm, numbers, protocol, used),
                panel,
                key=at == 0,
                across=across,
            )
            for at, arm in enumerate(shown)
        ]
        base = base_spec(width=panel.width, height=panel.height, font_size=panel.font)
        drawings.append(Drawing(stacked(panels, base), tuple(used), panel.size))
    population = protocol.analyses[0].population
    return Figure(
        id=f"waterfall-{evaluator.id}",
        title=f"Best change of the sum of diameters by {reader}",
        population=population_name(protocol, population),
        description=(
            "Bars, one per patient and arm by arm, from the worst change on the left to the best "
            "on the right, coloured by confirmed best overall response. Lines at minus 30 and plus "
            "20 percent."
        ),
        drawings=tuple(drawings),
        footnotes=(
            "Best change: the smallest complete sum of diameters after baseline and not after the "
            "first progression, against baseline. Bars end at +100%; a larger change stands "
            "above its bar. Lines: +20% and -30%; progression counts from the smallest sum and "
            "response needs more than the sum, so bars do not tell responses: the colour does. "
            "The response rate is of all patients, also those not shown.",
        ),
        patients=True,
    )


def _lines(
    evaluator: Evaluator, arm: Arm, numbers: Numbers, protocol: Protocol, used: list[Number]
) -> list[str]:
    lines = count_line(numbers, f"CHANGE.{evaluator.id}", "shown.change", arm.id, used)
    rate = _confirmed_rate(evaluator, arm, numbers, protocol)
    limits = numbers.interval(rate)
    if rate and limits:
        low, high = (mark(used, limit) for limit in limits)
        lines.append(f"Confirmed ORR {mark(used, rate)}% ({low}, {high})")
    return lines


def _confirmed_rate(
    evaluator: Evaluator, arm: Arm, numbers: Numbers, protocol: Protocol
) -> Number | None:
    """The confirmed response rate that the table of this reader prints."""
    endpoints = {item.id: item for item in protocol.endpoints}
    for analysis in protocol.analyses:
        endpoint = endpoints[analysis.endpoint]
        if endpoint.kind != "orr" or endpoint.evaluator != evaluator.id:
            continue
        planned = endpoint.confirmed
        if planned is None:
            planned = protocol.response.confirmed_is_primary
        method = "clopper-pearson" if planned else "clopper-pearson.confirmed"
        return numbers.find(analysis.id, method, "pct", arm.id)
    return None


def _panel(
    arm: Arm,
    bars: list[Row],
    patients: Patients,
    lines: list[str],
    panel: Panel,
    *,
    key: bool,
    across: str,
) -> dict[str, Any]:
    rows = [_bar(row, patients) for row in bars]
    head = head_layers(arm, lines, panel)
    over = [row for row in rows if row["text"]]
    new = [row for row in rows if row["new"]]
    layers = [
        *watermark(panel, panel.height, across=across),
        line_at(20, dashed=True),
        line_at(-30, dashed=True),
        _bar_layer(rows),
        line_at(0, dashed=False),
        _pointer_layer(rows, arm),
        *([_beside(over, "text")] if over else []),
        *([_beside(new, "point")] if new else []),
        *head,
    ]
    if key:
        items = [*response_items(shapes=False), {**NEW_LESION, "fill": INK, "stroke": INK}]
        layers += key_layers(items, panel, bottom=head_top(lines, panel) - 1.4 * panel.line)
    return {"width": panel.width, "height": panel.height, "layer": layers}


def _bar(row: Row, patients: Patients) -> dict[str, Any]:
    value, colour = row["value"], colour_of(row["value_text"])
    return {
        "a": row["place"] - 0.42,
        "b": row["place"] + 0.42,
        "x": row["place"],
        "y": min(value, HIGHEST),
        "top": min(max(value, 0.0), HIGHEST) + 6,
        "fill": colour if filled(row["value_text"]) else "transparent",
        "stroke": colour,
        "text": f"+{value:.0f}" if value > HIGHEST else "",
        "new": row["note"] == "NEW LESION",
        "who": subject_mark(patients.place[row["USUBJID"]]),
    }


def _bar_layer(rows: list[dict[str, Any]]) -> dict[str, Any]:
    wanted = ("a", "b", "y", "fill", "stroke", "who")
    return {
        "data": {"values": [{name: row[name] for name in wanted} for row in rows]},
        "mark": {"type": "rect", "strokeWidth": 0.8},
        "encoding": {
            "x": {
                "field": "a",
                "type": "quantitative",
                "scale": {"domain": [0.3, len(rows) + 0.7], "nice": False},
                "axis": {
                    "title": "Patients, worst change first",
                    "labels": False,
                    "ticks": False,
                    "grid": False,
                },
            },
            "x2": {"field": "b"},
            "y": {
                "field": "y",
                "type": "quantitative",
                "scale": {"domain": [LOWEST, HIGHEST + 8], "nice": False},
                "axis": {
                    "title": "Best change (%)",
                    "values": [-100, -50, -30, 0, 20, 50, 100],
                    "tickCount": MOST_TICKS,
                },
            },
            "y2": {"datum": 0},
            "fill": {"field": "fill", "type": "nominal", "scale": None},
            "stroke": {"field": "stroke", "type": "nominal", "scale": None},
            "description": {"field": "who", "type": "nominal"},
        },
    }


def _pointer_layer(rows: list[dict[str, Any]], arm: Arm) -> dict[str, Any]:
    """The whole column of each patient, to point at: a small change makes a bar nobody can hit."""
    wanted = ("a", "b", "who")
    return {
        "name": f"pointer-{arm.id}",
        "data": {"values": [{name: row[name] for name in wanted} for row in rows]},
        "mark": {"type": "rect", "fill": "transparent"},
        "encoding": {
            "x": {"field": "a", "type": "quantitative"},
            "x2": {"field": "b"},
            "y": {"datum": LOWEST, "type": "quantitative"},
            "y2": {"datum": HIGHEST + 8},
            "description": {"field": "who", "type": "nominal"},
        },
    }


def _beside(rows: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """What stands above a bar: a change beyond the scale, or the mark of a new lesion."""
    x = {"field": "x", "type": "quantitative"}
    y = {"field": "top", "type": "quantitative"}
    if kind == "text":
        style = {"type": "text", "baseline": "middle", "fontSize": 8}
        more: dict[str, Any] = {"text": {"field": "text", "type": "nominal"}}
    else:
        style = {
            "type": "point",
            "shape": CROSS,
            "size": 12,
            "stroke": INK,
            "opacity": 1,
            "strokeWidth": 1,
        }
        more = {"description": {"field": "who", "type": "nominal"}}
    wanted = ("x", "top", "text", "who")
    values = [{name: row[name] for name in wanted} for row in rows]
    return {"data": {"values": values}, "mark": style, "encoding": {"x": x, "y": y, **more}}
