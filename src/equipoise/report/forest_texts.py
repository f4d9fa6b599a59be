# SPDX-License-Identifier: Apache-2.0
"""Texts of a forest figure: beside the plot or above each mark, and which arm is favoured."""

from __future__ import annotations

from typing import Any

from equipoise.protocol.model import Arm
from equipoise.report.figures import MUTED, mark, pixels, text_layer
from equipoise.report.forest_lines import Layout, Line, line_tops, middles
from equipoise.report.numbers import Number, Numbers


def _ratio_text(line: Line, numbers: Numbers, used: list[Number]) -> str:
    if line.hazard is None:
        return ""
    found = numbers.interval(line.hazard)
    if found is None or line.hazard.value is None:
        return mark(used, line.hazard)
    lower, upper = (mark(used, limit) for limit in found)
    return f"{mark(used, line.hazard)} ({lower}, {upper})"


def beside_layers(
    lines: tuple[Line, ...],
    layout: Layout,
    numbers: Numbers,
    arms: tuple[Arm, Arm],
    used: list[Number],
) -> list[dict[str, Any]]:
    """Beside the plot: events and N, medians, hazard ratio and interaction, with their heads."""
    start, right = -layout.left, layout.plot + 14
    first, step = start + 284, 146
    places = middles(lines, layout)
    heads = [
        {"text": f"HR ({_level(lines, numbers)} CI)", "px": right, "py": -12, "align": "left"},
        {"text": "Interaction p", "px": right + 174, "py": -12, "align": "right"},
    ]
    cells = []
    for column, arm in enumerate(arms):
        px = first + column * step
        heads += [
            {"text": arm.short, "px": px + 10, "py": -30, "align": "center"},
            {"text": "Events / N", "px": px, "py": -12, "align": "right"},
            {"text": "Median, mo", "px": px + 76, "py": -12, "align": "right"},
        ]
        for at, line in enumerate(lines):
            if line.arms:
                events, size, median = line.arms[column]
                texts = (_pair(events, size, used), mark(used, median) if median else "–")
                for text, x in zip(texts, (px, px + 76), strict=True):
                    cells.append({"text": text, "px": x, "py": places[at], "align": "right"})
    for at, line in enumerate(lines):
        py = places[at]
        ratio = _ratio_text(line, numbers, used)
        test = mark(used, line.test) if line.test else ""
        cells.append({"text": ratio, "px": right, "py": py, "align": "left"})
        cells.append({"text": test, "px": right + 174, "py": py, "align": "right"})
    return [
        *_labels(lines, start, places),
        *_aligned(heads, fill=MUTED),
        *_aligned([cell for cell in cells if cell["text"]]),
    ]


def above_layers(
    lines: tuple[Line, ...],
    layout: Layout,
    numbers: Numbers,
    used: list[Number],
) -> list[dict[str, Any]]:
    """Above each mark its name and hazard ratio; a factor has its test there."""
    cells = []
    places = [top + 8 for top in line_tops(lines, layout)]
    for at, line in enumerate(lines):
        text = _ratio_text(line, numbers, used)
        if line.test:
            text = f"interaction p {mark(used, line.test)}"
        cells.append({"text": text, "px": layout.plot, "py": places[at], "align": "right"})
    return [
        *_labels(lines, 0, places),
        *_aligned([cell for cell in cells if cell["text"]]),
    ]


def _labels(lines: tuple[Line, ...], start: int, places: list[float]) -> list[dict[str, Any]]:
    rows = [
        {"text": line.label, "px": start + 12 * line.depth, "py": places[at], "depth": line.depth}
        for at, line in enumerate(lines)
    ]
    place = {"x": pixels("px"), "y": pixels("py")}
    heads = text_layer([row for row in rows if not row["depth"]], **place, align="left")
    heads["mark"] |= {"fontWeight": "bold"}
    return [heads, text_layer([row for row in rows if row["depth"]], **place, align="left")]


def _aligned(rows: list[dict[str, Any]], **style: Any) -> list[dict[str, Any]]:
    """One layer of texts per alignment."""
    found = dict.fromkeys(row["align"] for row in rows)
    place = {"x": pixels("px"), "y": pixels("py")}
    return [
        text_layer([row for row in rows if row["align"] == side], **place, align=side, **style)
        for side in found
    ]


def _pair(events: Number | None, size: Number | None, used: list[Number]) -> str:
    if events is None or size is None:
        return "–"
    return f"{mark(used, events)} / {mark(used, size)}"


def _level(lines: tuple[Line, ...], numbers: Numbers) -> str:
    found = numbers.interval(lines[0].hazard)
    return f"{100 * found[0].ci_level:g}%" if found and found[0].ci_level else "95%"


def favours_layers(
    layout: Layout, height: int, at_one: float, arm: Arm, control: Arm
) -> list[dict[str, Any]]:
    """Below the axis, on which side of 1 which arm does better."""
    py = height + 32
    rows = [
        {"text": f"← {arm.short} better", "px": at_one - 6, "py": py, "align": "right"},
        {"text": f"{control.short} better →", "px": at_one + 6, "py": py, "align": "left"},
        {
            "text": "Hazard ratio, log scale",
            "px": layout.plot / 2,
            "py": py + 18,
            "align": "center",
        },
    ]
    return _aligned(rows)
