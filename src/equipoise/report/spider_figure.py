# SPDX-License-Identifier: Apache-2.0
"""Spider: the change of each patient's sum of diameters over time, one line per patient."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from equipoise.protocol.model import Arm, Evaluator, Protocol
from equipoise.report.figures import Drawing, Figure, base_spec
from equipoise.report.numbers import Number, Numbers
from equipoise.report.patient_marks import (
    MOST_TICKS,
    NARROW,
    WIDE,
    Panel,
    colour_of,
    count_line,
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

HIGHEST = 150.0


def spider_figure(
    evaluator: Evaluator,
    patients: Patients,
    numbers: Numbers,
    protocol: Protocol,
    *,
    across: str,
) -> Figure | None:
    """The courses as one reader measured them; None where nobody's are known."""
    display = f"spider.{evaluator.id}"
    sums = {arm.id: patients.of(display, arm.id, "sum") for arm in protocol.arms}
    shown = [arm for arm in protocol.arms if sums[arm.id]]
    if not shown:
        return None
    best = {
        row["USUBJID"]: row["value_text"]
        for row in patients.displays.get(f"waterfall.{evaluator.id}", ())
    }
    month = protocol.days_per_month
    last = max(row["day"] for rows in sums.values() for row in rows) / month
    reader = lower_first(evaluator_name(protocol, evaluator.id))
    drawings = []
    for panel in (WIDE, NARROW):
        used: list[Number] = []
        panels = []
        for at, arm in enumerate(shown):
            counted = count_line(numbers, f"CHANGE.{evaluator.id}", "shown.change", arm.id, used)
            points = [_point(row, best, patients, month) for row in sums[arm.id]]
            panels.append(_panel(arm, points, counted, panel, end=last, key=at == 0, across=across))
        base = base_spec(width=panel.width, height=panel.height, font_size=panel.font)
        drawings.append(Drawing(stacked(panels, base), tuple(used), panel.size))
    return Figure(
        id=f"spider-{evaluator.id}",
        title=f"Change of the sum of diameters over time by {reader}",
        population=population_name(protocol, protocol.analyses[0].population),
        description=(
            "One line per patient from no change at the first dose through every complete sum of "
            "diameters, arm by arm, coloured by confirmed best overall response."
        ),
        drawings=tuple(drawings),
        footnotes=(
            "Every complete sum of diameters after baseline, against baseline; lines begin at no "
            f"change on the day of the first dose. A change above {HIGHEST:g}% is drawn at "
            f"{HIGHEST:g}%. Line at -30%. Colour: confirmed best overall response.",
        ),
        patients=True,
    )


def _point(
    row: Row, best: dict[str, str | None], patients: Patients, month: float
) -> dict[str, Any]:
    return {
        "t": round(row["day"] / month, 3),
        "v": round(min(row["value"], HIGHEST), 2),
        "who": subject_mark(patients.place[row["USUBJID"]]),
        "stroke": colour_of(best.get(row["USUBJID"])),
    }


def _panel(
    arm: Arm,
    points: list[dict[str, Any]],
    lines: list[str],
    panel: Panel,
    *,
    end: float,
    key: bool,
    across: str,
) -> dict[str, Any]:
    layers = [
        *watermark(panel, panel.height, across=across),
        line_at(-30, dashed=True),
        line_at(0, dashed=False),
        _line_layer(points, end),
        _pointer_layer(points, end, arm),
        *head_layers(arm, lines, panel),
    ]
    if key:
        bottom = head_top(lines, panel) - 1.4 * panel.line
        layers += key_layers(response_items(shapes=False), panel, bottom=bottom)
    return {"width": panel.width, "height": panel.height, "layer": layers}


def _line_layer(points: list[dict[str, Any]], end: float) -> dict[str, Any]:
    by_patient: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for point in points:
        by_patient[point["who"]].append(point)
    values = [
        one
        for found in by_patient.values()
        for one in ({**found[0], "t": 0, "v": 0}, *sorted(found, key=lambda p: p["t"]))
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 1.1, "opacity": 0.75},
        "encoding": {
            "x": {
                "field": "t",
                "type": "quantitative",
                "scale": {"domain": [min(0.0, *(v["t"] for v in values)), end], "nice": False},
                "axis": {"title": "Months since first dose", "grid": False, "format": "d"},
            },
            "y": {
                "field": "v",
                "type": "quantitative",
                "scale": {"domain": [-100, HIGHEST], "nice": False},
                "axis": {
                    "title": "Change (%)",
                    "values": [-100, -50, -30, 0, 50, 100, 150],
                    "tickCount": MOST_TICKS,
                },
            },
            "detail": {"field": "who", "type": "nominal"},
            "order": {"field": "t", "type": "quantitative"},
            "stroke": {"field": "stroke", "type": "nominal", "scale": None},
            "description": {"field": "who", "type": "nominal"},
        },
    }


def _pointer_layer(points: list[dict[str, Any]], end: float, arm: Arm) -> dict[str, Any]:
    """The same lines broad and unseen, to point at."""
    layer = _line_layer(points, end)
    encoding = {name: given for name, given in layer["encoding"].items() if name != "stroke"}
    mark = {"type": "line", "strokeWidth": 7, "stroke": "transparent"}
    return {**layer, "name": f"pointer-{arm.id}", "mark": mark, "encoding": encoding}
