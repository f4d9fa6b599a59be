# SPDX-License-Identifier: Apache-2.0
"""The report on paper: PDF, RTF, DOCX and figures from the same tables as the page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.report.document import Document, compose_document, methods_of
from equipoise.report.print.drawings import begin_drawings
from equipoise.report.print.grid import Setting, grid_of
from equipoise.report.print.style import read_style
from equipoise.report.renderer import Draw, Drawn, draw_here
from equipoise.report.sections import Results, extent
from equipoise.report.table import Table

PRINT_FORMATS = ("pdf", "rtf", "docx", "figures")


@dataclass(frozen=True, slots=True)
class Paper:
    """A document on its way to print: how it is to look, and its drawings, which are begun."""

    document: Document
    formats: tuple[str, ...]
    setting: Setting
    drawn: Mapping[str, Drawn]


def render_print(
    results: Results,
    protocol: Protocol,
    *,
    run: Mapping[str, Any],
    formats: Collection[str],
    style: str,
    patients: bool = True,
) -> dict[str, bytes]:
    """The report in print formats, by path within the run folder.

    Parameters    formats : some of PRINT_FORMATS; style : a name of styles.yaml; the others as of
                  `compose_document`
    Raises        OutputError - there is no such style
    """
    document = compose_document(results, protocol, run=run, patients=patients)
    return print_files(begin_print(document, formats=formats, style=style))


def begin_print(
    document: Document, *, formats: Collection[str], style: str, draw: Draw = draw_here
) -> Paper:
    """The document with the drawings that its print formats need begun; `draw` makes them."""
    setting = Setting(
        style=read_style(style),
        numbers=document.numbers,
        study=document.protocol.identity.short_title,
        label=document.origin.label,
        cutoff=extent(document.run.get("cutoff")),
        run_id=document.run["run_id"],
    )
    drawn = begin_drawings(document.blocks(), setting, sizes=_sizes(formats), draw=draw)
    return Paper(document, tuple(formats), setting, drawn)


def print_files(paper: Paper) -> dict[str, bytes]:
    """print/readout.pdf, print/rtf/*.rtf, print/tables.docx, figures/*: the same, byte for byte."""
    document, setting = paper.document, paper.setting
    cutoff = document.run.get("cutoff")
    files = _table_files(document, setting, paper.formats, cutoff=cutoff)
    if "pdf" in paper.formats:
        from equipoise.report.print.book import book_data, book_pdf

        data = book_data(
            document.sections,
            document.protocol,
            setting,
            cards=document.cards,
            methods=methods_of(document.results["analysis"], document.args),
            run=document.run,
        )
        wide = {f"{name}.svg": svg() for name, svg in paper.drawn.items() if name.endswith("-wide")}
        files["print/readout.pdf"] = book_pdf(data, wide)
    if "figures" in paper.formats:
        from equipoise.report.print.figure_files import figure_files

        made = figure_files(document.blocks(), paper.drawn, setting, cutoff=cutoff)
        files |= {f"figures/{name}": content for name, content in made.items()}
    return files


def _sizes(formats: Collection[str]) -> tuple[str, ...]:
    """The sizes of drawings that the formats print."""
    if "figures" in formats:
        return ("wide", "narrow")
    return ("wide",) if "pdf" in formats else ()


def _table_files(
    document: Document, setting: Setting, formats: Collection[str], *, cutoff: str | None
) -> dict[str, bytes]:
    """One RTF per table, as submissions have them, and one DOCX of all."""
    if not {"rtf", "docx"} & set(formats):
        return {}
    from equipoise.report.print.figure_files import file_stem
    from equipoise.report.print.rich_text import table_rtf
    from equipoise.report.print.word import tables_docx

    tables = [block for block in document.blocks() if isinstance(block, Table)]
    grids = [grid_of(table, setting) for table in tables]
    files: dict[str, bytes] = {}
    if "rtf" in formats:
        for table, grid in zip(tables, grids, strict=True):
            content = table_rtf(grid, setting, cutoff=cutoff)
            files[f"print/rtf/{file_stem(table)}.rtf"] = content
    if "docx" in formats:
        files["print/tables.docx"] = tables_docx(grids, setting, cutoff=cutoff)
    return files
