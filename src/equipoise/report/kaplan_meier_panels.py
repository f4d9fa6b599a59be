# SPDX-License-Identifier: Apache-2.0
"""Around the curves: the key with estimates above them, the numbers at risk below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from equipoise.protocol.model import Analysis, Protocol
from equipoise.report.direct_labels import Curve
from equipoise.report.figures import (
    ARM_COLOURS,
    ARM_DASHES,
    INK,
    MUTED,
    mark,
    pixels,
    text_layer,
)
from equipoise.report.numbers import Number, Numbers

KM, RISK = "kaplan-meier", "kaplan-meier.risk"
RISK_BLOCKS = (("n_risk", "At risk"), ("n_event_cum", "Events"), ("n_cens_cum", "Censored"))


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in pixels of one drawing; `columns` are where the key's columns end or start."""

    size: str
    width: int
    height: int
    font: int
    line: int
    gutter: int
    columns: tuple[int, int, int]
    most_ticks: int


WIDE = Layout("wide", 700, 360, 12, 17, 92, (0, 250, 290), 12)
NARROW = Layout("narrow", 262, 230, 10, 14, 62, (-58, 108, 126), 6)


@dataclass(frozen=True, slots=True)
class Plot:
    """What both drawings of a figure are made from."""

    analysis: Analysis
    protocol: Protocol
    numbers: Numbers
    curves: tuple[Curve, ...]
    ticks: tuple[float, ...]
    label: str
    watermark: str


def _interval(numbers: Numbers, estimate: Number | None, used: list[Number], joint: str) -> str:
    if estimate is None:
        return "–"
    limits = numbers.interval(estimate)
    if limits is None:
        return mark(used, estimate)
    lower, upper = (mark(used, limit) for limit in limits)
    return f"{mark(used, estimate)} ({joint}{lower}, {upper})"


def key_layers(plot: Plot, layout: Layout, used: list[Number]) -> list[dict[str, Any]]:
    """Above the plot: per arm a line with events and median, then the comparison and follow-up."""
    numbers, analysis = plot.numbers, plot.analysis
    name_x, events_x, median_x = layout.columns
    swatch = 2 * layout.font
    lines = _comparison_lines(plot, used, joint=layout.size == "wide")
    top = -layout.line * (len(plot.curves) + len(lines) + 1) - 12
    style = {"x": pixels("px"), "y": pixels("py")}
    head = [
        {"text": "Events / N", "px": events_x, "py": top},
    ]
    median_head = [{"text": "Median, months (95% CI)", "px": median_x, "py": top}]
    names, events, medians, layers = [], [], [], []
    for at, curve in enumerate(plot.curves, start=1):
        py = top + at * layout.line
        found = [numbers.find(analysis.id, KM, stat, curve.arm) for stat in ("n_event", "N")]
        pair = " / ".join(mark(used, number) if number else "–" for number in found)
        names.append({"text": curve.name, "px": name_x + swatch + 6, "py": py})
        events.append({"text": pair, "px": events_x, "py": py})
        estimate = numbers.find(analysis.id, KM, "median", curve.arm)
        medians.append({"text": _interval(numbers, estimate, used, ""), "px": median_x, "py": py})
        layers.append(_swatch(curve, name_x, swatch, py))
    rest = [
        {"text": text, "px": name_x, "py": top + (len(plot.curves) + at) * layout.line + 3}
        for at, text in enumerate(lines, start=1)
    ]
    return [
        *layers,
        text_layer(head, **style, align="right", fill=MUTED),
        text_layer(median_head, **style, align="left", fill=MUTED),
        text_layer(names, **style, align="left", fontWeight="bold"),
        text_layer(events, **style, align="right"),
        text_layer([*medians, *rest], **style, align="left"),
    ]


def _swatch(curve: Curve, px: int, length: int, py: int) -> dict[str, Any]:
    index = curve.index % len(ARM_COLOURS)
    return {
        "data": {"values": [{"px": px, "px2": px + length, "py": py}]},
        "mark": {
            "type": "rule",
            "stroke": ARM_COLOURS[index],
            "strokeWidth": 2.5,
            "strokeDash": ARM_DASHES[index],
        },
        "encoding": {"x": pixels("px"), "x2": {"field": "px2"}, "y": pixels("py")},
    }


def _comparison_lines(plot: Plot, used: list[Number], *, joint: bool) -> list[str]:
    """Hazard ratio and test of each comparison, on one line where there is room; follow-up."""
    numbers, analysis, control = plot.numbers, plot.analysis, plot.protocol.control
    lines = []
    kind = "stratified" if analysis.strata else "unstratified"
    for arm in plot.protocol.arms:
        hazard = numbers.find(analysis.id, "cox", "hr", arm.id) if control else None
        p = numbers.find(analysis.id, "logrank", "p", arm.id) if control else None
        whom = f" {arm.short} v {control.short}" if control and len(plot.protocol.arms) > 2 else ""
        ratio = f"HR{whom} {_interval(numbers, hazard, used, '95% CI ')}" if hazard else ""
        test = f"log-rank p {mark(used, p)}" if p else ""
        if joint and ratio and test:
            lines.append(f"{ratio}, {test}, both {kind}")
        else:
            lines += [f"{part}, {kind}" for part in (ratio, test) if part]
    follow = numbers.find(analysis.id, "follow-up", "followup_median", "ALL")
    if follow:
        unit = " months" if follow.state == "ok" else ""
        lines.append(f"Median follow-up {mark(used, follow)}{unit} (reverse Kaplan-Meier)")
    return lines


def risk_layers(
    plot: Plot, layout: Layout, used: list[Number], ticks: tuple[float, ...], end: float
) -> list[dict[str, Any]]:
    """Below the plot, each number under its tick: at risk, with an event, censored."""
    top = layout.height + 4 * layout.line
    heads: list[dict[str, Any]] = []
    names: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    left = -layout.gutter + 6
    py = top
    for stat, title in RISK_BLOCKS:
        heads.append({"text": title, "px": left, "py": py})
        for curve in plot.curves:
            py += layout.line
            colour = ARM_COLOURS[curve.index % len(ARM_COLOURS)]
            names.append({"text": curve.name, "px": left, "py": py, "colour": colour})
            for tick in ticks:
                number = plot.numbers.find(plot.analysis.id, RISK, stat, curve.arm, time=tick)
                if number:
                    px = tick / end * layout.width
                    cells.append({"text": mark(used, number), "px": px, "py": py})
        py += layout.line + 4
    style = {"x": pixels("px"), "y": pixels("py")}
    named = text_layer(names, **style, align="left")
    named["encoding"]["color"] = {"field": "colour", "type": "nominal", "scale": None}
    return [
        text_layer(heads, **style, align="left", fontWeight="bold", fill=INK),
        named,
        text_layer(cells, **style, align="center"),
    ]
