# SPDX-License-Identifier: Apache-2.0
"""Swimmer: time on treatment of each patient, with responses, death, and who is still treated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.protocol.model import Arm, Protocol
from equipoise.report.figures import (
    ARM_COLOURS,
    INK,
    MUTED,
    Drawing,
    Figure,
    arm_styles,
    base_spec,
    pixels,
    text_layer,
)
from equipoise.report.numbers import Number, Numbers
from equipoise.report.patient_marks import (
    DAGGER,
    NARROW,
    SHAPES,
    WIDE,
    Panel,
    colour_of,
    count_line,
    filled,
    head_layers,
    head_top,
    key_layers,
    response_items,
    subject_mark,
    watermark,
)
from equipoise.report.patient_rows import Patients, Row, short_names
from equipoise.report.words import evaluator_name, lower_first, population_name

MOST_LANES = 50
"""Lanes of one printed page."""
MARKS = ("treatment", "ongoing", "assessment", "milestone")
ARROW = "M-1,-1L1,0L-1,1Z"
OTHER_ITEMS = (
    {"text": "death", "shape": DAGGER, "fill": "transparent", "stroke": INK, "size": 30},
    {"text": "still treated", "shape": ARROW, "fill": INK, "stroke": INK, "size": 30},
)
LANE = {"wide": 7, "narrow": 5}
PRINTED_LANE, PRINTED_NAME = 17, 11.5


@dataclass(frozen=True, slots=True)
class Swimmer:
    """What every drawing of one arm is made from."""

    arm: Arm
    colour: str
    patients: Patients
    numbers: Numbers
    month: float
    end: float
    across: str


def swimmer_figures(
    patients: Patients, numbers: Numbers, protocol: Protocol, *, across: str
) -> list[Figure]:
    """One figure per arm: on the page all its patients, in print as many as a page holds."""
    styles, month = arm_styles(protocol), protocol.days_per_month
    lanes = {arm.id: patients.of("swimmer", arm.id, *MARKS) for arm in protocol.arms}
    days = [row["day_end"] or row["day"] or 0 for rows in lanes.values() for row in rows]
    drawn = [
        Swimmer(
            arm,
            ARM_COLOURS[styles[arm.id] % len(ARM_COLOURS)],
            patients,
            numbers,
            month,
            max(days, default=0) / month,
            across,
        )
        for arm in protocol.arms
        if lanes[arm.id]
    ]
    return [_figure(one, lanes[one.arm.id], protocol) for one in drawn]


def _figure(swimmer: Swimmer, lanes: list[Row], protocol: Protocol) -> Figure:
    reader = lower_first(evaluator_name(protocol, protocol.evaluators[0].id))
    return Figure(
        id=f"swimmer-{swimmer.arm.id}",
        title=f"Time on treatment, {swimmer.arm.label}",
        population=population_name(protocol, protocol.analyses[0].population),
        description=(
            "One lane per patient, the longest treated first: a bar from first to last dose, a "
            "marker at each assessment by response, a dagger at death, an arrow where treatment "
            "goes on."
        ),
        drawings=tuple(_drawing(swimmer, lanes, panel, printed=False) for panel in (WIDE, NARROW)),
        sheets=tuple(_drawing(swimmer, part, WIDE, printed=True) for part in _parts(lanes)),
        footnotes=(
            "Bar: first to last dose. Arrow: no end of treatment recorded by the data cut-off. "
            f"Markers: overall response by {reader} at each assessment, also after the end of "
            "treatment.",
        ),
        patients=True,
    )


def _parts(lanes: Sequence[Row]) -> list[list[Row]]:
    """The lanes in parts of like size, none longer than a page."""
    last = max(row["place"] for row in lanes)
    pages = -(-last // MOST_LANES)
    size = -(-last // pages)
    return [[row for row in lanes if (row["place"] - 1) // size == page] for page in range(pages)]


def _drawing(swimmer: Swimmer, lanes: list[Row], panel: Panel, *, printed: bool) -> Drawing:
    used: list[Number] = []
    places = [row["place"] for row in lanes]
    first, last = min(places), max(places)
    height = (PRINTED_LANE if printed else LANE[panel.size]) * (last - first + 1)
    spec = base_spec(width=panel.width, height=height, font_size=panel.font)
    lines = count_line(swimmer.numbers, "TREATMENT", "shown.treatment", swimmer.arm.id, used)
    if printed:
        lines.append(f"patients {first} to {last}")
    bottom = head_top(lines, panel) - 1.4 * panel.line
    x, y = _axes(swimmer, first, last)
    spec["layer"] = [
        *watermark(panel, min(height, 2 * panel.height), across=swimmer.across),
        _bars(swimmer, lanes, x, y),
        *_markers(swimmer, lanes, x, y, size=34 if panel.size == "wide" else 16),
        *head_layers(swimmer.arm, lines, panel),
        *key_layers([*response_items(shapes=True), *OTHER_ITEMS], panel, bottom=bottom),
    ]
    if printed:
        spec["layer"].append(_names(swimmer, lanes, y))
    return Drawing(spec, tuple(used), panel.size)


def _axes(swimmer: Swimmer, first: int, last: int) -> tuple[dict[str, Any], dict[str, Any]]:
    x = {
        "field": "t",
        "type": "quantitative",
        "scale": {"domain": [0, swimmer.end * 1.02], "nice": False},
        "axis": {"title": "Months since first dose", "grid": True, "format": "d"},
    }
    y = {
        "field": "y",
        "type": "quantitative",
        "scale": {"domain": [last + 0.6, first - 0.6], "nice": False},
        "axis": None,
    }
    return x, y


def _bars(
    swimmer: Swimmer, lanes: list[Row], x: dict[str, Any], y: dict[str, Any]
) -> dict[str, Any]:
    values = [
        {
            "t": 0,
            "e": round((row["day_end"] + 1) / swimmer.month, 3),
            "y": row["place"] - 0.38,
            "y2": row["place"] + 0.38,
            "who": subject_mark(swimmer.patients.place[row["USUBJID"]]),
        }
        for row in lanes
        if row["mark"] == "treatment"
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "rect", "fill": swimmer.colour, "opacity": 0.35},
        "encoding": {
            "x": x,
            "x2": {"field": "e"},
            "y": y,
            "y2": {"field": "y2"},
            "description": {"field": "who", "type": "nominal"},
        },
    }


def _markers(
    swimmer: Swimmer, lanes: list[Row], x: dict[str, Any], y: dict[str, Any], *, size: int
) -> list[dict[str, Any]]:
    """A layer per form: a response, death, the arrow of a treatment that goes on."""
    layers = []
    forms: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in lanes:
        if row["mark"] == "treatment" or row["day"] is None:
            continue
        value = {
            "t": round(row["day"] / swimmer.month, 3),
            "y": row["place"],
            "who": subject_mark(swimmer.patients.place[row["USUBJID"]]),
        }
        forms.setdefault(_form(row), []).append(value)
    for (shape, fill, stroke), values in sorted(forms.items()):
        layers.append(
            {
                "data": {"values": values},
                "mark": {
                    "type": "point",
                    "shape": shape,
                    "size": size,
                    "fill": fill,
                    "stroke": stroke,
                    "strokeWidth": 1,
                    "opacity": 1,
                },
                "encoding": {
                    "x": x,
                    "y": y,
                    "description": {"field": "who", "type": "nominal"},
                },
            }
        )
    return layers


def _form(row: Row) -> tuple[str, str, str]:
    """Shape, fill and stroke of a marker."""
    if row["mark"] == "milestone":
        return DAGGER, "transparent", INK
    if row["mark"] == "ongoing":
        return ARROW, INK, INK
    response = row["value_text"]
    colour = colour_of(response)
    return SHAPES.get(response or "", "circle"), colour if filled(response) else "white", colour


def _names(swimmer: Swimmer, lanes: list[Row], y: dict[str, Any]) -> dict[str, Any]:
    """The patients beside their lanes, without what all their names have in common."""
    names = short_names(swimmer.patients.subjects)
    rows = [
        {"text": names[row["USUBJID"]], "y": row["place"], "px": -4}
        for row in lanes
        if row["mark"] == "treatment"
    ]
    layer = text_layer(rows, x=pixels("px"), y=y, align="right", fill=MUTED)
    layer["mark"]["fontSize"] = PRINTED_NAME
    return layer
