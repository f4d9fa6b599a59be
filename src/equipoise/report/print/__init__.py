# SPDX-License-Identifier: Apache-2.0
"""The report on paper: PDF, RTF, DOCX and figures from the same tables as the page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.report.document import methods_of
from equipoise.report.footnotes import resolved_args
from equipoise.report.numbers import index_results
from equipoise.report.origin import origin_of
from equipoise.report.print.grid import Setting, grid_of
from equipoise.report.print.style import read_style
from equipoise.report.sections import Results, Section, compose, extent
from equipoise.report.summary import key_results
from equipoise.report.table import Table
from equipoise.report.words import variable_labels

PRINT_FORMATS = ("pdf", "rtf", "docx", "figures")


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

    Parameters    results, run : as render_readout; formats : some of PRINT_FORMATS
                  style : a name of styles.yaml; patients : as render_readout
    Returns       print/readout.pdf, print/rtf/*.rtf, print/tables.docx, figures/*; the same
                  arguments give the same bytes
    Raises        OutputError - there is no such style
    """
    numbers = index_results(results["results"])
    args = resolved_args(results["analysis"], variable_labels(protocol))
    origin = origin_of(run["data"])
    sections = compose(results, protocol, numbers, args, origin=origin, patients=patients)
    setting = Setting(
        style=read_style(style),
        numbers=numbers,
        study=protocol.identity.short_title,
        label=origin.label,
        cutoff=extent(run.get("cutoff")),
        run_id=run["run_id"],
    )
    files = _table_files(sections, setting, formats, cutoff=run.get("cutoff"))
    if "pdf" in formats:
        from equipoise.report.print.book import book_data, book_pdf

        data, drawings = book_data(
            sections,
            protocol,
            setting,
            cards=key_results(numbers, protocol),
            methods=methods_of(results["analysis"], args),
            run=run,
        )
        files["print/readout.pdf"] = book_pdf(data, drawings)
    if "figures" in formats:
        from equipoise.report.print.figure_files import figure_files

        blocks = [block for section in sections for block in section.blocks]
        made = figure_files(blocks, setting, cutoff=run.get("cutoff"))
        files |= {f"figures/{name}": content for name, content in made.items()}
    return files


def _table_files(
    sections: list[Section], setting: Setting, formats: Collection[str], *, cutoff: str | None
) -> dict[str, bytes]:
    """One RTF per table, as submissions have them, and one DOCX of all."""
    from equipoise.report.print.figure_files import file_stem
    from equipoise.report.print.rich_text import table_rtf
    from equipoise.report.print.word import tables_docx

    tables = [b for section in sections for b in section.blocks if isinstance(b, Table)]
    grids = [grid_of(table, setting) for table in tables]
    files: dict[str, bytes] = {}
    if "rtf" in formats:
        for table, grid in zip(tables, grids, strict=True):
            content = table_rtf(grid, setting, cutoff=cutoff)
            files[f"print/rtf/{file_stem(table)}.rtf"] = content
    if "docx" in formats:
        files["print/tables.docx"] = tables_docx(grids, setting, cutoff=cutoff)
    return files
