# SPDX-License-Identifier: Apache-2.0
"""What figures of single patients share: colours of responses, key, heads of panels, layouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.protocol.model import Arm
from equipoise.report.figures import ALERT, INK, MUTED, mark, pixels, text_layer
from equipoise.report.numbers import Number, Numbers
from equipoise.report.words import lower_first

# In small letters: a print style replaces the arms' colours, and must not take these for them.
RESPONSE_COLOURS = {
    "CR": "#009e73",
    "PR": "#56b4e9",
    "SD": "#999999",
    "NON-CR/NON-PD": "#999999",
    "PD": "#d55e00",
}
SHAPES = {
    "CR": "circle",
    "PR": "triangle-up",
    "SD": "diamond",
    "NON-CR/NON-PD": "diamond",
    "PD": "square",
}
CROSS = "M-1,-1L1,1M-1,1L1,-1"
DAGGER = "M0,-1.5L0,1.5M-0.85,-0.6L0.85,-0.6"
KEY_RESPONSES = (("CR", "CR"), ("PR", "PR"), ("SD", "SD"), ("PD", "PD"), ("NE", "NE or none"))
HOLLOW = "#6b7580"


# Fewer ticks than values, and the renderer takes out every other value.
MOST_TICKS = 12


@dataclass(frozen=True, slots=True)
class Panel:
    """Sizes in pixels of one panel of a drawing."""

    size: str
    width: int
    height: int
    font: int
    line: int


WIDE = Panel("wide", 700, 210, 12, 17)
NARROW = Panel("narrow", 270, 170, 10, 14)


def colour_of(response: str | None) -> str:
    """The colour of a best or overall response; who has none is drawn hollow in this colour."""
    return RESPONSE_COLOURS.get(response or "", HOLLOW)


def filled(response: str | None) -> bool:
    """Whether the response is drawn filled: not evaluable and no assessment are hollow."""
    return (response or "") in RESPONSE_COLOURS


def subject_mark(place: int) -> str:
    """How a mark names its patient in a specification; the page turns it into an attribute."""
    return f"u{place}"


def count_line(
    numbers: Numbers, analysis: str, method: str, arm: str, used: list[Number]
) -> list[str]:
    """`130 of 135 shown`, and for each reason how many are not; a text per reason."""
    whole = numbers.find(analysis, method, "N", arm)
    parts = {
        number.levels[-1]: number
        for number in numbers.of(analysis, method)
        if number.arm == arm and number.stat == "n" and number.levels
    }
    if whole is None or "Shown" not in parts:
        return []
    lines = [f"{mark(used, parts['Shown'])} of {mark(used, whole)} shown"]
    lines += [
        f"{mark(used, number)} not shown: {lower_first(level)}"
        for level, number in parts.items()
        if level not in ("Shown", "Treatment ongoing") and number.value
    ]
    return lines


def head_texts(lines: Sequence[str], panel: Panel) -> list[str]:
    """The lines under an arm's name: one where there is room."""
    return [" · ".join(lines)] if panel.size == "wide" else list(lines)


def head_top(lines: Sequence[str], panel: Panel) -> float:
    """Where the arm's name stands above a panel, in pixels."""
    return -float(panel.line * len(head_texts(lines, panel)) + 8)


def head_layers(arm: Arm, lines: Sequence[str], panel: Panel) -> list[dict[str, Any]]:
    """The arm's name over a panel, and under it what is shown and what is not."""
    style = {"x": pixels("px"), "y": pixels("py")}
    top = head_top(lines, panel)
    name = text_layer([{"text": arm.short, "px": 0, "py": top}], **style, align="left")
    name["mark"] |= {"fontWeight": "bold", "fontSize": panel.font + 1}
    rows = [
        {"text": text, "px": 0, "py": top + at * panel.line}
        for at, text in enumerate(head_texts(lines, panel), start=1)
    ]
    return [name, text_layer(rows, **style, align="left", fill=MUTED)]


def key_layers(
    items: Sequence[Mapping[str, Any]], panel: Panel, *, bottom: float
) -> list[dict[str, Any]]:
    """Rows of symbols with their words, wrapped to the panel's width; the last row at `bottom`.

    Parameters    items : text; shape, fill and stroke of the symbol
    """
    placed: list[dict[str, Any]] = []
    px, row = 6.0, 0
    for item in items:
        room = 16 + 0.56 * panel.font * len(item["text"])
        if px + room > panel.width and px > 6:
            px, row = 6.0, row + 1
        placed.append({**item, "px": px, "tx": px + 9, "py": row * panel.line})
        px += room + 10
    placed = [{**item, "py": item["py"] + bottom - row * panel.line} for item in placed]
    symbols = [_symbol(item) for item in placed]
    return [*symbols, text_layer(placed, x=pixels("tx"), y=pixels("py"), align="left")]


def _symbol(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "data": {"values": [{"px": item["px"], "py": item["py"]}]},
        "mark": {
            "type": "point",
            "shape": item["shape"],
            "size": item.get("size", 60),
            "fill": item["fill"],
            "stroke": item["stroke"],
            "strokeWidth": 1.3,
            "opacity": 1,
        },
        "encoding": {"x": pixels("px"), "y": pixels("py")},
    }


def response_items(*, shapes: bool) -> list[dict[str, Any]]:
    """The key of responses by colour; with `shapes` also by the form of the marker."""
    return [
        {
            "text": words,
            "shape": SHAPES.get(code, "circle") if shapes else "square",
            "fill": RESPONSE_COLOURS.get(code, "transparent"),
            "stroke": RESPONSE_COLOURS.get(code, HOLLOW),
        }
        for code, words in KEY_RESPONSES
    ]


def line_at(value: float, *, dashed: bool) -> dict[str, Any]:
    """A rule across the panel at a change."""
    return {
        "data": {"values": [{"y": value}]},
        "mark": {
            "type": "rule",
            "stroke": MUTED if dashed else INK,
            "strokeWidth": 0.9,
            "strokeDash": [4, 3] if dashed else [1, 0],
        },
        "encoding": {"y": {"field": "y", "type": "quantitative"}},
    }


def watermark(panel: Panel, height: int, *, across: str) -> list[dict[str, Any]]:
    """The word across a panel whose patients do not exist; none where `across` is empty."""
    if not across:
        return []
    middle = {"text": across, "px": panel.width / 2, "py": height / 2}
    big = text_layer([middle], x=pixels("px"), y=pixels("py"), align="center")
    big["mark"] |= {
        "fontSize": panel.width / 8 * min(1, 9 / len(across)),
        "fontWeight": "bold",
        "opacity": 0.07,
        "fill": ALERT,
    }
    return [big]


def stacked(panels: Sequence[Mapping[str, Any]], base: Mapping[str, Any]) -> dict[str, Any]:
    """Panels one under the other in one drawing."""
    kept = {k: v for k, v in base.items() if k not in ("width", "height", "autosize")}
    return {**kept, "autosize": "pad", "spacing": 14, "vconcat": [dict(panel) for panel in panels]}
