# SPDX-License-Identifier: Apache-2.0
"""Every figure as SVG, PDF and PNG, at the widths that a style asks for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from equipoise.report.figures import Figure, print_drawings
from equipoise.report.flow import Flow
from equipoise.report.print.book import flow_data, plain_data
from equipoise.report.print.drawings import drawing_name, sized_svg
from equipoise.report.print.grid import Setting, plain
from equipoise.report.print.typeset import document_date, typeset
from equipoise.report.renderer import Drawn
from equipoise.report.sections import Block

MARGIN_MM = 1.5


def figure_files(
    blocks: Iterable[Block], drawn: Mapping[str, Drawn], setting: Setting, *, cutoff: str | None
) -> dict[str, bytes]:
    """Files by name: figure-02-km-pfs-wide.svg and so on; the flow of patients has no SVG.

    They are set side by side, because typst lets go of the interpreter's lock.
    """
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        begun = [
            threads.submit(_files, stem, data, svg, setting)
            for stem, data, svg in _pictures(blocks, drawn, setting, cutoff=cutoff)
        ]
        return {name: content for made in begun for name, content in made.result().items()}


def _pictures(
    blocks: Iterable[Block], drawn: Mapping[str, Drawn], setting: Setting, *, cutoff: str | None
) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """Each picture: the stem of its files, what its template reads, and its drawing."""
    for block in blocks:
        if isinstance(block, Flow):
            data = _data(block, setting, setting.style.widths_mm["wide"], cutoff)
            data |= {"flow": plain_data(flow_data(block, setting))}
            yield f"{file_stem(block)}-wide", data, None
        elif isinstance(block, Figure):
            for part, drawing in print_drawings(block):
                width = setting.style.widths_mm[drawing.size]
                data = _data(block, setting, width, cutoff)
                svg = drawn[drawing_name(block, part, drawing)]()
                svg = sized_svg(svg, width - 2 * MARGIN_MM)
                yield f"{file_stem(block)}{part}-{drawing.size}", data, svg


def file_stem(block: Any) -> str:
    """`figure-02-km-pfs-birc`: kind, number and id of a table or figure."""
    kind = "table" if block.kind == "table" else "figure"
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in block.id.lower())
    return f"{kind}-{block.number:02d}-{name}"


def _data(
    block: Figure | Flow, setting: Setting, width: float, cutoff: str | None
) -> dict[str, Any]:
    return {
        "kind": block.kind,
        "title": plain(f"{block.title}{f' ({setting.label})' if setting.label else ''}"),
        "alt": plain(getattr(block, "description", block.title)),
        "label": setting.label,
        "date": document_date(cutoff),
        "width": width,
        "margin": MARGIN_MM,
    }


def _files(stem: str, data: dict[str, Any], svg: str | None, setting: Setting) -> dict[str, bytes]:
    drawings = {"drawing.svg": svg} if svg else {}
    files = {f"{stem}.svg": svg.encode()} if svg else {}
    files[f"{stem}.pdf"] = typeset(
        "figure.typ", data, drawings=drawings, kind="pdf", standards=("ua-1",)
    )
    files[f"{stem}.png"] = typeset(
        "figure.typ", data, drawings=drawings, kind="png", ppi=setting.style.ppi
    )
    return files
