# SPDX-License-Identifier: Apache-2.0
"""One table, figure or text of a readout alone, as a notebook shows it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from html import escape

from markupsafe import Markup

from equipoise.errors import Fault, OutputError
from equipoise.report.display_table import named_displays
from equipoise.report.document import Document
from equipoise.report.figures import Figure, render_svg
from equipoise.report.flow import Flow
from equipoise.report.page import page_environment, page_style
from equipoise.report.sections import Block, extent
from equipoise.report.summary import Card
from equipoise.report.table import Table

ROW, HEAD, TEXT = 30, 230, 720
"""Heights in pixels: of a row, of titles and notes, and of a text."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A display of a readout: its output_id, what it is called, a page of it alone, its drawing."""

    name: str
    title: str
    html: str
    height: int
    svg: str = ""

    def __str__(self) -> str:
        return self.title

    def _repr_html_(self) -> str:
        style = f"width:100%;height:{self.height}px;border:0"
        return f'<iframe srcdoc="{escape(self.html)}" style="{style}"></iframe>'

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """The forms a notebook chooses from; a figure is a drawing too."""
        forms = {"text/plain": self.title, "text/html": self._repr_html_()}
        if self.svg:
            forms["image/svg+xml"] = self.svg
        wanted = set(include or forms) - set(exclude or ())
        return {kind: text for kind, text in forms.items() if kind in wanted}


def show_display(document: Document, name: str) -> Shown:
    """The display of that output_id.

    Raises OutputError, with the names there are, where there is no such display.
    """
    blocks: dict[str, Block] = {
        known: block
        for known, _, block in named_displays(document.cards, document.sections)
        if not isinstance(block, Card)
    }
    if name not in blocks:
        raise OutputError(
            Fault(
                what=f"there is no display `{name}`",
                where="show(name)",
                mend=f"one of {', '.join(blocks)}",
            )
        )
    block = blocks[name]
    if isinstance(block, Table):
        block = replace(block, folded=False)
    title = _title(block)
    svg = render_svg(block, block.drawings[0]) if isinstance(block, Figure) else ""
    css, css_hash = page_style()
    html = (
        page_environment()
        .get_template("fragment.html.j2")
        .render(
            item=block,
            title=title,
            label=document.origin.label,
            origin=document.origin,
            cutoff=extent(document.run.get("cutoff")),
            css=Markup(css),
            css_hash=css_hash,
        )
    )
    return Shown(name, title, html, _height(block, svg), svg)


def _title(block: Block) -> str:
    if isinstance(block, Table | Figure | Flow):
        kind = "Table" if isinstance(block, Table) else "Figure"
        return f"{kind} {block.number}. {block.title}"
    return block.title or "Abstract"


def _height(block: Block, svg: str) -> int:
    """Room for the display, as a frame cannot ask what it holds."""
    if isinstance(block, Table):
        return HEAD + ROW * (len(block.rows) + 2 + len(block.footnotes))
    view = re.search(r'viewBox="([^"]*)"', svg)
    return HEAD + round(float(view.group(1).split()[3])) if view else TEXT
