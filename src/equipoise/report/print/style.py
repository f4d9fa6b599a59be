# SPDX-License-Identifier: Apache-2.0
"""House styles of print, and the text of a number in each; the rules are data, styles.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from equipoise.errors import Fault, OutputError
from equipoise.report.numbers import Number, Numbers
from equipoise.report.table import Part, Rounded
from equipoise.statistics.rounding import format_number, format_p


@dataclass(frozen=True, slots=True)
class Style:
    """One house style. `p` holds pairs of bound and decimals, the highest bound first."""

    name: str
    title: str
    colours: tuple[str, ...]
    point: str
    widths_mm: Mapping[str, float]
    ppi: int
    percent_whole_below: int | None = None
    p: tuple[tuple[float, int], ...] = ()


def style_names() -> tuple[str, ...]:
    """The styles there are, the default first."""
    return tuple(_styles())


def read_style(name: str) -> Style:
    """A style by its name.

    Raises OutputError when there is none.
    """
    found = _styles()
    if name not in found:
        raise OutputError(
            Fault(
                what=f"there is no style `{name}`",
                where="--style",
                mend=f"give one of: {', '.join(found)}",
            )
        )
    content = dict(found[name])
    bands = tuple((band["from"], band["decimals"]) for band in content.pop("p", ()))
    colours = tuple(content.pop("colours"))
    return Style(name=name, p=bands, colours=colours, **content)


def _styles() -> Mapping[str, Any]:
    text = files("equipoise.report.print").joinpath("styles.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return found


def number_text(number: Number, style: Style, numbers: Numbers) -> str:
    """A result as the style prints it; a state (NR, NE, NA) and a mark keep their letters."""
    text = number.display
    if number.state == "ok" and number.value is not None and number.value_text is None:
        kind = (number.fmt or "").rstrip("0123456789")
        if kind == "p" and style.p:
            text = _p_text(number.value, style)
        elif kind == "pct" and _few(number, style, numbers):
            text = format_number(number.value, 0)
    return text.replace(".", style.point)


def _p_text(p: float, style: Style) -> str:
    decimals = next((places for bound, places in style.p if p >= bound), None)
    if decimals is None:
        return f"<{style.p[-1][0]:f}".rstrip("0")
    return format_p(p, decimals)


def _few(number: Number, style: Style, numbers: Numbers) -> bool:
    """Whether the patients behind a percentage, or behind the one it limits, are few."""
    if style.percent_whole_below is None:
        return False
    estimate = numbers.by_id.get(number.ci_of or "", number)
    whole = numbers.by_id.get(estimate.denom_id or "") or numbers.find(
        estimate.analysis_id, estimate.method_id, "N", estimate.arm
    )
    return bool(whole and whole.value is not None and whole.value < style.percent_whole_below)


def part_text(part: Part, style: Style, numbers: Numbers, *, figures: bool = False) -> str:
    """A part of a cell; `figures`: plain text holds published figures, printed alike."""
    if isinstance(part, Number):
        return number_text(part, style, numbers)
    text = part.text if isinstance(part, Rounded) else part
    if isinstance(part, Rounded) or figures:
        return re.sub(r"(?<=\d)\.(?=\d)", style.point, text)
    return text
