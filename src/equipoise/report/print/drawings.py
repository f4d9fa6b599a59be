# SPDX-License-Identifier: Apache-2.0
"""Figures for print: the page's specifications in a style's colours, texts and font."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from html import escape
from typing import Any

from equipoise.report.figures import (
    ARM_COLOURS,
    FONT,
    Drawing,
    Figure,
    bind_marks,
    print_drawings,
)
from equipoise.report.numbers import Number
from equipoise.report.print.grid import Setting, plain
from equipoise.report.print.style import Style, number_text
from equipoise.report.print.typeset import FONT as PRINT_FONT
from equipoise.report.renderer import Draw, Drawn, draw_here

FALLBACK = "Arial, Helvetica, sans-serif"


def begin_drawings(
    blocks: Iterable[object], setting: Setting, *, sizes: Collection[str], draw: Draw = draw_here
) -> dict[str, Drawn]:
    """The drawings of the figures among the blocks, begun now, by their names."""
    return {
        drawing_name(figure, part, drawing): _begin(drawing, setting, draw)
        for figure in blocks
        if isinstance(figure, Figure)
        for part, drawing in print_drawings(figure)
        if drawing.size in sizes
    }


def drawing_name(figure: Figure, part: str, drawing: Drawing) -> str:
    """A name for each drawing of a document; a file can bear it."""
    return f"figure-{figure.number}{part}-{drawing.size}"


def _begin(drawing: Drawing, setting: Setting, draw: Draw) -> Drawn:
    """A drawing as SVG; equal input gives equal bytes."""
    spec = _restyled(drawing.spec, _changes(setting.style))
    drawn = draw(spec, _locale(setting.style))
    return cache(lambda: _for_print(drawn(), drawing, setting))


def _for_print(svg: str, drawing: Drawing, setting: Setting) -> str:
    svg = bind_marks(svg, drawing.numbers, lambda number: _text(number, setting))
    return _counted_ids(re.sub(r' (role|aria-[a-z]+)="[^"]*"', "", svg))


def _text(number: Number, setting: Setting) -> str:
    return escape(plain(number_text(number, setting.style, setting.numbers)))


def _changes(style: Style) -> dict[str, str]:
    arms = dict(zip(ARM_COLOURS, style.colours, strict=False))
    return arms | {FONT: f"{PRINT_FONT}, {FALLBACK}"}


def _restyled(part: Any, changes: Mapping[str, str]) -> Any:
    """The specification with every colour and font that the style replaces.

    Control characters go: the renderer ends the whole process over one in a text.
    """
    if isinstance(part, Mapping):
        return {key: _restyled(value, changes) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_restyled(value, changes) for value in part if not _for_pointers(value)]
    return changes.get(part, plain(part)) if isinstance(part, str) else part


def _for_pointers(part: Any) -> bool:
    """Whether this is a layer that the page needs to be pointed at, and that nobody sees."""
    return isinstance(part, Mapping) and str(part.get("name", "")).startswith("pointer-")


def _locale(style: Style) -> dict[str, Any]:
    """How axes write numbers."""
    return {"decimal": style.point, "thousands": "", "grouping": [3], "currency": ["", ""]}


def _counted_ids(svg: str) -> str:
    """Ids count up within a process; number them anew within the drawing."""
    for index, old in enumerate(dict.fromkeys(re.findall(r' id="([^"]+)"', svg))):
        svg = svg.replace(f'id="{old}"', f'id="part-{index}"')
        svg = svg.replace(f"url(#{old})", f"url(#part-{index})")
    return svg


def sized_svg(svg: str, width_mm: float) -> str:
    """The drawing with its width in millimetres and its height in proportion."""
    head, _, body = svg.partition(">")
    view = re.search(r'viewBox="([^"]*)"', head)
    assert view is not None  # vl-convert always writes one
    _, _, wide, high = (float(value) for value in view.group(1).split())
    head = re.sub(r' (?:width|height)="[^"]*"', "", head)
    return f'{head} width="{width_mm:g}mm" height="{width_mm * high / wide:.2f}mm">{body}'
