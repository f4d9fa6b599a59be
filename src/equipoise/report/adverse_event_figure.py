# SPDX-License-Identifier: Apache-2.0
"""Dot plot of common adverse events: percentage in each arm, and beside it their difference.

Source: FDA Standard Safety Tables and Figures Integrated Guide, figures 2 and 3: rows by
decreasing risk difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from equipoise.protocol.model import Arm, Protocol
from equipoise.report.adverse_event_order import (
    DIFFERENCE,
    METHOD,
    compared_arms,
    order_note,
)
from equipoise.report.adverse_event_table import TERMS, common_terms, difference_notes, notes
from equipoise.report.figures import (
    ALERT,
    ARM_COLOURS,
    INK,
    MUTED,
    RULE,
    Drawing,
    Figure,
    arm_styles,
    base_spec,
    mark,
    pixels,
    text_layer,
)
from equipoise.report.numbers import Number, Numbers
from equipoise.report.words import population_name, sentence_case

STEPS = (5, 10, 20, 25, 50)
SHAPES = ("circle", "triangle-up", "square", "diamond")


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in pixels: texts left, two panels, texts right; or texts above each row."""

    size: str
    left: int
    panel: int
    gap: int
    right: int
    row: int
    font: int
    ticks: int

    @property
    def width(self) -> int:
        """All of it."""
        return self.left + 2 * self.panel + self.gap + self.right


@dataclass(frozen=True, slots=True)
class Axis:
    """One panel: where it begins, and the values at its ends."""

    start: float
    width: float
    low: float
    high: float
    step: float

    def at(self, value: float) -> float:
        """The place of a value; what lies outside stands at the edge."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * self.width

    def ticks(self) -> list[float]:
        """Whole steps from end to end."""
        return [
            self.low + at * self.step for at in range(round((self.high - self.low) / self.step) + 1)
        ]


@dataclass(frozen=True, slots=True)
class Line:
    """One term: its percentages by arm and its difference."""

    label: str
    shares: tuple[Number, Number]
    difference: Number


WIDE = Layout("wide", 250, 210, 30, 140, 20, 12, 6)
NARROW = Layout("narrow", 4, 128, 24, 16, 34, 10, 4)


def adverse_event_figures(numbers: Numbers, protocol: Protocol, *, label: str) -> list[Figure]:
    """One figure per arm that is compared with the control; none without a control."""
    control = protocol.control
    if control is None:
        return []
    made = [
        _figure(arm, control, numbers, protocol, label=label) for arm in compared_arms(protocol)
    ]
    return [figure for figure in made if figure]


def _figure(
    arm: Arm, control: Arm, numbers: Numbers, protocol: Protocol, *, label: str
) -> Figure | None:
    lines = _lines(arm, control, numbers, protocol)
    if not lines:
        return None
    least = protocol.adverse_events.common_from_pct
    whom = f", {arm.short} v {control.short}" if len(protocol.arms) > 2 else ""
    return Figure(
        id=f"ae-dots-{arm.id}",
        title=f"Common treatment-emergent adverse events: in at least {least:g}% of an arm{whom}",
        population=population_name(protocol, protocol.adverse_events.population),
        description=(
            "One row per preferred term: the percentage of patients of each arm who had it, and "
            "the difference of the arms with its confidence interval. The table of common adverse "
            "events holds every number."
        ),
        drawings=tuple(
            _drawing(lines, layout, (arm, control), numbers, protocol, label=label)
            for layout in (WIDE, NARROW)
        ),
        footnotes=(*notes(protocol), *difference_notes(protocol), *order_note(protocol)),
    )


def _lines(arm: Arm, control: Arm, numbers: Numbers, protocol: Protocol) -> list[Line]:
    lines = []
    for levels in common_terms(numbers, protocol):
        shares = [
            numbers.find(TERMS, METHOD, "pct", one.id, levels=levels) for one in (arm, control)
        ]
        gap = numbers.find(TERMS, DIFFERENCE, "rate_diff", arm.id, levels=levels)
        if shares[0] and shares[1] and gap and gap.value is not None:
            lines.append(Line(sentence_case(levels[-1]), (shares[0], shares[1]), gap))
    return lines


def _drawing(
    lines: Sequence[Line],
    layout: Layout,
    arms: tuple[Arm, Arm],
    numbers: Numbers,
    protocol: Protocol,
    *,
    label: str,
) -> Drawing:
    used: list[Number] = []
    height = layout.row * len(lines)
    spec = base_spec(width=layout.width, height=height, font_size=layout.font)
    shares, gaps = _axes(lines, layout, numbers)
    styles = arm_styles(protocol)
    spec["layer"] = [
        *_panel(shares, height, layout, "Patients, %"),
        *_panel(gaps, height, layout, "Difference, % points (95% CI)"),
        *_dots(lines, layout, shares, [styles[arm.id] for arm in arms]),
        *_intervals(lines, layout, gaps, numbers),
        *_texts(lines, layout, numbers, used),
        *_key(shares, gaps, arms, [styles[arm.id] for arm in arms]),
        *(_watermark(layout, height, label) if label else []),
    ]
    return Drawing(spec, tuple(used), layout.size)


def _axes(lines: Sequence[Line], layout: Layout, numbers: Numbers) -> tuple[Axis, Axis]:
    top = max(share.value or 0.0 for line in lines for share in line.shares)
    ends = [0.0]
    for line in lines:
        ends += [n.value for n in numbers.interval(line.difference) or () if n.value is not None]
    made = []
    for start, low, high in (
        (layout.left, 0.0, top),
        (layout.left + layout.panel + layout.gap, min(ends), max(ends)),
    ):
        step = next(
            (s for s in STEPS if (high - low) / s <= (6 if layout.size == "wide" else 4)), 50
        )
        bottom, ceiling = step * floor(low / step), step * max(ceil(high / step), 1)
        made.append(Axis(start, layout.panel, bottom, ceiling, step))
    return made[0], made[1]


def _middle(layout: Layout, at: int) -> float:
    return layout.row * (at + (0.5 if layout.size == "wide" else 0.72))


def _rules(rows: list[dict[str, Any]], **style: Any) -> dict[str, Any]:
    return {
        "data": {"values": rows},
        "mark": {"type": "rule", **style},
        "encoding": {
            "x": pixels("x"),
            "x2": {"field": "x2"},
            "y": pixels("y"),
            "y2": {"field": "y2"},
        },
    }


def _panel(axis: Axis, height: int, layout: Layout, title: str) -> list[dict[str, Any]]:
    """Grid, tick labels and title of one panel; the line at no difference is darker."""
    ticks = axis.ticks()
    grid = [{"x": axis.at(t), "x2": axis.at(t), "y": 0, "y2": height} for t in ticks]
    zero = [{"x": axis.at(0), "x2": axis.at(0), "y": 0, "y2": height}]
    place = {"x": pixels("x"), "y": pixels("y")}
    labels = [
        {"text": f"{t:g}".replace("-", "\N{MINUS SIGN}"), "x": axis.at(t), "y": height + 12}
        for t in ticks
    ]
    middle = {"text": title, "x": axis.start + axis.width / 2, "y": height + 28}
    return [
        _rules(grid, stroke=RULE, strokeWidth=0.8),
        _rules(zero, stroke=MUTED, strokeWidth=1),
        text_layer(labels, **place, align="center"),
        text_layer([middle], **place, align="center", fontSize=layout.font),
    ]


def _points(rows: list[dict[str, Any]], style: int, size: int) -> dict[str, Any]:
    colour = ARM_COLOURS[style % len(ARM_COLOURS)]
    return {
        "data": {"values": rows},
        "mark": {
            "type": "point",
            "shape": SHAPES[style % len(SHAPES)],
            "fill": colour,
            "stroke": colour,
            "opacity": 1,
            "size": size,
        },
        "encoding": {"x": pixels("x"), "y": pixels("y")},
    }


def _dots(
    lines: Sequence[Line], layout: Layout, axis: Axis, styles: list[int]
) -> list[dict[str, Any]]:
    size = 46 if layout.size == "wide" else 34
    return [
        _points(
            [
                {"x": axis.at(line.shares[column].value or 0.0), "y": _middle(layout, at)}
                for at, line in enumerate(lines)
            ],
            style,
            size,
        )
        for column, style in reversed(list(enumerate(styles)))
    ]


def _intervals(
    lines: Sequence[Line], layout: Layout, axis: Axis, numbers: Numbers
) -> list[dict[str, Any]]:
    bars, points = [], []
    for at, line in enumerate(lines):
        y = _middle(layout, at)
        ends = [n.value for n in numbers.interval(line.difference) or () if n.value is not None]
        if len(ends) == 2:
            bars.append({"x": axis.at(ends[0]), "x2": axis.at(ends[1]), "y": y, "y2": y})
        points.append({"x": axis.at(line.difference.value or 0.0), "y": y})
    squares = {
        "data": {"values": points},
        "mark": {
            "type": "point",
            "shape": "square",
            "fill": INK,
            "stroke": INK,
            "size": 26,
            "opacity": 1,
        },
        "encoding": {"x": pixels("x"), "y": pixels("y")},
    }
    return [_rules(bars, stroke=INK, strokeWidth=1.3), squares]


def _texts(
    lines: Sequence[Line], layout: Layout, numbers: Numbers, used: list[Number]
) -> list[dict[str, Any]]:
    """The term left of its row and the difference right of it; both above in the narrow drawing."""
    wide = layout.size == "wide"
    terms, gaps = [], []
    for at, line in enumerate(lines):
        y = _middle(layout, at) if wide else layout.row * (at + 0.28)
        found = numbers.interval(line.difference)
        text = mark(used, line.difference)
        if found:
            text += f" ({mark(used, found[0])}, {mark(used, found[1])})"
        terms.append({"text": _shortened(line.label, layout), "x": 0, "y": y})
        gaps.append({"text": text, "x": layout.width, "y": y})
    place = {"x": pixels("x"), "y": pixels("y")}
    return [text_layer(terms, **place, align="left"), text_layer(gaps, **place, align="right")]


def _shortened(text: str, layout: Layout) -> str:
    longest = 44 if layout.size == "wide" else 38
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _key(
    shares: Axis, gaps: Axis, arms: tuple[Arm, Arm], styles: list[int]
) -> list[dict[str, Any]]:
    """Above the first panel which mark is which arm; above the second what its right side means."""
    place = {"x": pixels("x"), "y": pixels("y")}
    step = shares.width / 2
    points = [
        _points([{"x": shares.start + at * step + 6, "y": -14}], style, 46)
        for at, style in enumerate(styles)
    ]
    names = [
        {"text": arm.short, "x": shares.start + at * step + 15, "y": -14}
        for at, arm in enumerate(arms)
    ]
    more = [{"text": f"more with {arms[0].short} →", "x": gaps.at(0) + 4, "y": -14}]
    return [
        *points,
        text_layer(names, **place, align="left"),
        text_layer(more, **place, align="left", fill=MUTED),
    ]


def _watermark(layout: Layout, height: int, label: str) -> list[dict[str, Any]]:
    middle = {"text": label, "x": layout.width / 2, "y": height / 2}
    big = text_layer([middle], x=pixels("x"), y=pixels("y"), align="center")
    big["mark"] |= {
        "fontSize": layout.width / 7 * min(1, 9 / len(label)),
        "fontWeight": "bold",
        "opacity": 0.07,
        "angle": -18,
        "fill": ALERT,
    }
    return [big]
