# SPDX-License-Identifier: Apache-2.0
"""The stopping boundary as used, and the statistic that each look showed."""

from __future__ import annotations

from typing import Any

from equipoise.protocol.model import Analysis, Protocol
from equipoise.report.figures import (
    ALERT,
    ARM_COLOURS,
    Drawing,
    Figure,
    base_spec,
    mark,
    pixels,
    text_layer,
)
from equipoise.report.look_table import held_looks, look_number
from equipoise.report.numbers import Number, Numbers
from equipoise.report.words import population_name

SIZES = (
    ("wide", {"width": 620, "height": 300, "font_size": 12}),
    ("narrow", {"width": 230, "height": 220, "font_size": 10}),
)
EFFICACY, FUTILITY, SEEN = ARM_COLOURS[0], ARM_COLOURS[1], "#1B1F24"

Point = dict[str, Any]


def boundary_figure(
    analysis: Analysis, numbers: Numbers, protocol: Protocol, *, label: str
) -> Figure | None:
    """Bounds by events, as planned and as used, with the observed Z; None without looks."""
    looks = held_looks(analysis, numbers)
    if not looks:
        return None

    def found(stat: str, look: tuple[str, ...]) -> Number | None:
        return look_number(analysis, numbers, protocol, stat, look)

    series = {
        name: [
            {"events": at.value, "z": z.value, "number": z}
            for look in looks
            if (at := found(events, look)) and (z := found(stat, look))
        ]
        for name, events, stat in (
            ("planned", "look_events_planned", "bound_z_planned"),
            ("used", "look_events", "bound_z"),
            ("futility planned", "look_events_planned", "futility_z_planned"),
            ("futility used", "look_events", "futility_z"),
            ("observed", "look_events", "look_z"),
        )
    }
    return Figure(
        id=f"boundary-{analysis.id}",
        title=f"Stopping boundary: {analysis.label}",
        population=population_name(protocol, analysis.population),
        description=(
            "Test statistic Z by number of events: the efficacy bound as planned, the bound that "
            "each look held was judged by, and the statistic that it showed."
        ),
        drawings=tuple(_drawing(name, frame, series, label) for name, frame in SIZES),
        footnotes=(
            "Dashed line: bounds as planned. Bars: bounds at the events reached, by which the looks"
            " were judged. Points: observed Z, positive in favour of the experimental arm.",
        ),
    )


def _drawing(
    name: str, frame: dict[str, int], series: dict[str, list[Point]], label: str
) -> Drawing:
    used: list[Number] = []
    spec = base_spec(**frame)
    bare = {key: [_bare(point) for point in points] for key, points in series.items()}
    both = (("planned", "used", EFFICACY), ("futility planned", "futility used", FUTILITY))
    layers = [_watermark(frame, label)] if label else []
    for planned, held, colour in both:
        if bare[planned]:
            layers.append(_line(bare[planned], colour))
            layers.append(_points(bare[planned], colour, filled=False, size=45))
        if bare[held]:
            layers.append(_bars(bare[held], colour))
    layers.append(_points(bare["observed"], SEEN, filled=True, size=90))
    layers.append(_labels(series["observed"], used, dy=-14, colour=SEEN))
    for key, colour in (("used", EFFICACY), ("futility used", FUTILITY)):
        if series[key]:
            layers.append(_labels(series[key], used, dy=14, colour=colour))
    spec["layer"] = layers
    return Drawing(spec, tuple(used), name)


def _bare(point: Point) -> Point:
    return {"events": point["events"], "z": point["z"]}


def _axes() -> dict[str, Any]:
    shared = {"type": "quantitative"}
    return {
        "x": shared
        | {
            "field": "events",
            "scale": {"zero": True, "nice": True},
            "axis": {"title": "Events", "tickCount": 6, "grid": False},
        },
        "y": shared
        | {
            "field": "z",
            "scale": {"zero": True, "nice": True},
            "axis": {"title": "Z", "tickCount": 6},
        },
    }


def _line(points: list[Point], colour: str) -> dict[str, Any]:
    style = {"type": "line", "color": colour, "strokeWidth": 1.5, "strokeDash": [5, 4]}
    return {"data": {"values": points}, "mark": style, "encoding": _axes()}


def _points(points: list[Point], colour: str, *, filled: bool, size: int) -> dict[str, Any]:
    style = {"type": "point", "filled": filled, "size": size, "color": colour, "opacity": 1}
    return {"data": {"values": points}, "mark": style, "encoding": _axes()}


def _bars(points: list[Point], colour: str) -> dict[str, Any]:
    style = {"type": "tick", "color": colour, "thickness": 4, "size": 34, "orient": "horizontal"}
    return {"data": {"values": points}, "mark": style, "encoding": _axes()}


def _labels(points: list[Point], used: list[Number], *, dy: int, colour: str) -> dict[str, Any]:
    rows = [_bare(point) | {"text": mark(used, point["number"])} for point in points]
    axes = _axes()
    return text_layer(rows, x=axes["x"], y=axes["y"], dy=dy, fill=colour, fontWeight="bold")


def _watermark(frame: dict[str, int], label: str) -> dict[str, Any]:
    middle = [{"text": label, "px": frame["width"] / 2, "py": frame["height"] / 2}]
    layer = text_layer(middle, x=pixels("px"), y=pixels("py"))
    layer["mark"] |= {
        "fontSize": frame["width"] / 7 * min(1, 9 / len(label)),
        "fontWeight": "bold",
        "opacity": 0.07,
        "angle": -18,
        "fill": ALERT,
        "align": "center",
    }
    return layer
