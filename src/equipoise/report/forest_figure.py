# SPDX-License-Identifier: Apache-2.0
"""Forest figure: hazard ratio of all patients and of each subgroup, with one test per factor."""

from __future__ import annotations

import math
from typing import Any

from equipoise.protocol.model import Analysis, Arm, Protocol
from equipoise.report.figures import (
    ALERT,
    ARM_COLOURS,
    INK,
    MUTED,
    RULE,
    Drawing,
    Figure,
    base_spec,
    pixels,
    text_layer,
)
from equipoise.report.forest_lines import RATIO, Layout, Line, forest_lines, line_tops, middles
from equipoise.report.forest_texts import above_layers, beside_layers, favours_layers
from equipoise.report.numbers import Number, Numbers
from equipoise.report.words import population_name

TICKS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
LARGEST_SQUARE = 190.0  # area in square pixels of the mark of all patients


WIDE = Layout("wide", 190, 526, 13, 22, 22)
NARROW = Layout("narrow", 300, 0, 10, 33, 19)


def forest_figures(
    analysis: Analysis, numbers: Numbers, protocol: Protocol, *, label: str
) -> list[Figure]:
    """One figure per experimental arm; none where the analysis has no subgroups."""
    control = protocol.control
    if control is None or not numbers.of(analysis.id, RATIO):
        return []
    return [
        _figure(analysis, arm, control, numbers, protocol, label=label)
        for arm in protocol.arms
        if arm.id != control.id
    ]


def _figure(
    analysis: Analysis,
    arm: Arm,
    control: Arm,
    numbers: Numbers,
    protocol: Protocol,
    *,
    label: str,
) -> Figure:
    lines = forest_lines(analysis, arm.id, numbers, protocol)
    whom = f", {arm.short} v {control.short}" if len(protocol.arms) > 2 else ""
    stratified = "stratified, " if analysis.strata else ""
    return Figure(
        id=f"forest-{analysis.id}-{arm.id}",
        title=f"Subgroups: {analysis.label}{whom}",
        population=population_name(protocol, analysis.population),
        description=(
            "Hazard ratios with confidence intervals on a logarithmic axis: all patients first, "
            "then each level of each subgroup factor. The table of subgroups holds every number."
        ),
        drawings=tuple(
            _drawing(lines, layout, arm, control, numbers, label=label) for layout in (WIDE, NARROW)
        ),
        footnotes=(
            f"Below 1: {arm.short} has the lower hazard. Squares: area in proportion to events. "
            "Solid line: no difference; dashed line: the hazard ratio of all patients. "
            f"All patients: {stratified}as the planned analysis; subgroups: unstratified. "
            "p: test of interaction by likelihood ratio, one per factor, not adjusted for their "
            "number. NE: not estimable, fewer than ten events or an arm missing.",
        ),
    )


def _drawing(
    lines: tuple[Line, ...],
    layout: Layout,
    arm: Arm,
    control: Arm,
    numbers: Numbers,
    *,
    label: str,
) -> Drawing:
    used: list[Number] = []
    height = int(line_tops(lines, layout)[-1]) + 6
    spec = base_spec(width=layout.plot, height=height, font_size=layout.font)
    low, high = _domain(lines, numbers)
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [low, high], "nice": False},
        "axis": {
            "values": [tick for tick in TICKS if low <= tick <= high],
            "title": None,
            "grid": False,
            "format": "~g",
            "labelFlush": False,
        },
    }
    at_one = (math.log(1.0) - math.log(low)) / (math.log(high) - math.log(low)) * layout.plot
    wide = layout.size == "wide"
    texts = (
        beside_layers(lines, layout, numbers, (arm, control), used)
        if wide
        else above_layers(lines, layout, numbers, used)
    )
    spec["layer"] = [
        *(_watermark(layout, height, label) if label else []),
        *_verticals(lines, x, height),
        *_marks(lines, layout, numbers, x, (low, high)),
        *texts,
        *favours_layers(layout, height, at_one, arm, control),
    ]
    return Drawing(spec, tuple(used), layout.size)


def _domain(lines: tuple[Line, ...], numbers: Numbers) -> tuple[float, float]:
    """From tick to tick around all limits and 1, as wide as the outermost ticks at most."""
    ends = [1.0]
    for line in lines:
        found = numbers.interval(line.hazard)
        ends += [n.value for n in found or () if n.value]
    low = max((tick for tick in TICKS if tick <= min(ends)), default=TICKS[0])
    high = min((tick for tick in TICKS if tick >= max(ends)), default=TICKS[-1])
    return min(low, 0.5), max(high, 2.0)


def _verticals(lines: tuple[Line, ...], x: dict[str, Any], height: int) -> list[dict[str, Any]]:
    overall = lines[0].hazard
    places = [(1.0, MUTED, [1, 0], 1.0)]
    if overall and overall.value:
        places.append((overall.value, INK, [4, 3], 1.4))
    return [
        {
            "data": {"values": [{"x": value, "y": 0, "y2": height}]},
            "mark": {"type": "rule", "stroke": ink, "strokeDash": dash, "strokeWidth": width},
            "encoding": {"x": x, "y": pixels("y"), "y2": {"field": "y2"}},
        }
        for value, ink, dash, width in places
    ]


def _marks(
    lines: tuple[Line, ...],
    layout: Layout,
    numbers: Numbers,
    x: dict[str, Any],
    domain: tuple[float, float],
) -> list[dict[str, Any]]:
    """The interval of each line and its square; what reaches out of the axis ends at its edge."""
    bars, squares = [], []
    most = max(line.events for line in lines) or 1.0
    places = middles(lines, layout)
    for at, line in enumerate(lines):
        found = numbers.interval(line.hazard)
        if line.hazard is None or line.hazard.value is None or found is None:
            continue
        py = places[at]
        low = max(found[0].value or domain[0], domain[0])
        high = min(found[1].value or domain[1], domain[1])
        bars.append({"x": low, "x2": high, "y": py})
        if domain[0] <= line.hazard.value <= domain[1]:
            size = max(9.0, LARGEST_SQUARE * line.events / most)
            squares.append({"x": line.hazard.value, "y": py, "size": size})
    return [
        {
            "data": {"values": bars},
            "mark": {"type": "rule", "stroke": INK, "strokeWidth": 1.3},
            "encoding": {"x": x, "x2": {"field": "x2"}, "y": pixels("y")},
        },
        {
            "data": {"values": squares},
            "mark": {
                "type": "point",
                "shape": "square",
                "fill": ARM_COLOURS[0],
                "strokeWidth": 0,
                "opacity": 1,
            },
            "encoding": {
                "x": x,
                "y": pixels("y"),
                "size": {"field": "size", "type": "quantitative", "scale": None},
            },
        },
    ]


def _watermark(layout: Layout, height: int, label: str) -> list[dict[str, Any]]:
    middle = {"text": label, "px": (layout.plot - layout.left) / 2, "py": height / 2}
    big = text_layer([middle], x=pixels("px"), y=pixels("py"), align="center")
    big["mark"] |= {
        "fontSize": (layout.plot + layout.left) / 7 * min(1, 9 / len(label)),
        "fontWeight": "bold",
        "opacity": 0.07,
        "angle": -18,
        "fill": ALERT,
    }
    rule = {
        "data": {"values": [{"px": -layout.left, "px2": layout.plot, "py": 0}]},
        "mark": {"type": "rule", "stroke": RULE},
        "encoding": {"x": pixels("px"), "x2": {"field": "px2"}, "y": pixels("py")},
    }
    return [big, rule]
