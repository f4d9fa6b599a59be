# SPDX-License-Identifier: Apache-2.0
"""Vega-Lite specification to inline SVG: pinned version, stable ids, numbers bound to results."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.report.numbers import Number
from equipoise.report.renderer import Draw, Drawn, draw_here

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK, MUTED, RULE, ALERT = "#1B1F24", "#5B6570", "#D5DAE0", "#B42318"
# Okabe-Ito: experimental arm, control arm, third arm, and what may follow.
ARM_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
ARM_DASHES = ([1, 0], [7, 4], [2, 3], [9, 3, 2, 3])
# A number stands in a text as its place between two lozenges: signs that every font has. The
# renderer searches all fonts of a machine, file by file, for a sign that its font lacks.
MARK = re.compile("◊([0-9]+)◊")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A specification, the results its texts show, its size class, and results that are marks."""

    spec: Mapping[str, Any]
    numbers: tuple[Number, ...]
    size: str
    steps: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure before it is drawn: one drawing for wide pages, one for narrow.

    `sheets` take the place of drawings in print where one drawing is longer than a sheet;
    `patients` says that single patients are drawn.
    """

    id: str
    title: str
    population: str
    description: str
    drawings: tuple[Drawing, ...]
    footnotes: tuple[str, ...] = ()
    number: int = 0
    kind: str = "figure"
    sheets: tuple[Drawing, ...] = ()
    patients: bool = False


def print_drawings(figure: Figure) -> list[tuple[str, Drawing]]:
    """The drawings of a figure in print, each with what its name bears before the size."""
    if not figure.sheets:
        return [("", drawing) for drawing in figure.drawings]
    return [(f"-{at}", drawing) for at, drawing in enumerate(figure.sheets, start=1)]


def arm_styles(protocol: Protocol) -> dict[str, int]:
    """The place of each arm in the colours and dashes: the control has the second everywhere."""
    control = protocol.control.id if protocol.control else None
    free = iter(index for index in range(len(protocol.arms) + 1) if index != 1 or not control)
    return {arm.id: 1 if arm.id == control else next(free) for arm in protocol.arms}


def mark(numbers: list[Number], number: Number) -> str:
    """What stands for a result in a text of the specification."""
    known = [item.result_id for item in numbers]
    if number.result_id not in known:
        numbers.append(number)
        known.append(number.result_id)
    return f"◊{known.index(number.result_id)}◊"


def bind_marks(text: str, numbers: Sequence[Number], bound: Callable[[Number], str]) -> str:
    """The drawing with every mark replaced by what `bound` makes of the number it stands for."""
    return MARK.sub(lambda found: bound(numbers[int(found[1])]), text)


def base_spec(*, width: int, height: int, font_size: int) -> dict[str, Any]:
    """What every figure shares: size, background, font and axis style."""
    axis = {
        "labelFont": FONT,
        "titleFont": FONT,
        "labelFontSize": font_size,
        "titleFontSize": font_size,
        "titleFontWeight": "normal",
        "labelColor": INK,
        "titleColor": INK,
        "domainColor": INK,
        "tickColor": INK,
        "gridColor": RULE,
        "gridOpacity": 0.6,
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": width,
        "height": height,
        "background": None,
        "padding": 4,
        "autosize": {"type": "pad", "contains": "content"},
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "axis": axis,
            "text": {"font": FONT, "fontSize": font_size, "fill": INK},
        },
    }


def text_layer(
    rows: Sequence[Mapping[str, Any]], *, x: Mapping[str, Any], y: Mapping[str, Any], **style: Any
) -> dict[str, Any]:
    """Texts of field `text` at places given by the encodings `x` and `y`."""
    return {
        "data": {"values": list(rows)},
        "mark": {"type": "text", "baseline": "middle", **style},
        "encoding": {"x": dict(x), "y": dict(y), "text": {"field": "text", "type": "nominal"}},
    }


def pixels(field: str) -> dict[str, Any]:
    """An encoding that takes the field as pixels, without a scale."""
    return {"field": field, "type": "quantitative", "scale": None, "axis": None}


def render_svg(figure: Figure, drawing: Drawing) -> str:
    """The drawing as SVG text to stand inside a page; equal input gives equal bytes."""
    return begin_svg(figure, drawing, draw_here)()


def begin_svg(figure: Figure, drawing: Drawing, draw: Draw) -> Drawn:
    """The same drawing, begun now and waited for when it is called."""
    drawn = draw(drawing.spec, None)
    return lambda: _for_page(drawn(), figure, drawing)


def _for_page(svg: str, figure: Figure, drawing: Drawing) -> str:
    name = f"{figure.id}-{drawing.size}".replace(".", "-")
    svg = _stable_ids(svg, name)
    svg = re.sub(r' (?:d|transform)="[^"]*"', _short_numbers, svg)
    svg = re.sub(r' aria-label="u(\d+)"', r' data-u="\1"', svg)
    svg = re.sub(r' aria-label="step-([0-9a-f]+)"', r' class="step" data-step="\1"', svg)
    svg = re.sub(r' (role|aria-[a-z]+)="[^"]*"', "", svg)
    svg = re.sub(r'<path class="(?:back|fore)ground"[^>]*display="none"/>', "", svg)
    svg = re.sub(r'<path class="background" d="M0,0h0v0h0Z"[^>]*/>', "", svg)
    svg = bind_marks(svg, drawing.numbers, _bound)
    head, _, body = svg.partition(">")
    view = re.search(r'viewBox="([^"]*)"', head)
    assert view is not None  # vl-convert always writes one
    width = view.group(1).split()[2]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure-{drawing.size}" '
        f'viewBox="{view.group(1)}" width="{width}" role="graphics-document" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(figure.title)}</title>'
        f'<desc id="{name}-desc">{escape(figure.description)}</desc>{body}'
    )


def _short_numbers(attribute: re.Match[str]) -> str:
    """Places to a hundredth of a pixel: a page of many patients is a third shorter."""
    return re.sub(r"-?\d+\.\d{3,}", lambda n: f"{float(n[0]):.2f}", attribute[0])


def _bound(number: Number) -> str:
    return (
        f'<tspan class="n" role="button" tabindex="0" '
        f'data-result-id="{escape(number.result_id)}">{escape(number.display)}</tspan>'
    )


def _stable_ids(svg: str, name: str) -> str:
    """Ids count up within a process; number them anew within the figure."""
    found = dict.fromkeys(re.findall(r' id="([^"]+)"', svg))
    for index, old in enumerate(found):
        new = f"{name}-{index}"
        svg = svg.replace(f'id="{old}"', f'id="{new}"').replace(f"url(#{old})", f"url(#{new})")
    return svg
