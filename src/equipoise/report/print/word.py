# SPDX-License-Identifier: Apache-2.0
"""All tables as one DOCX: a landscape page each, headings repeat, thin rules, no clock inside."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from equipoise.report.print.grid import Grid, Head, Line, Piece, Setting
from equipoise.report.print.typeset import document_date

FONT = "Arial"
TWIPS = 13958  # A4 across without margins of an inch, in twentieths of a point
INDENT = 200
THICK, THIN = 8, 4  # eighths of a point
SPACING = {"before": "20", "after": "20", "line": "240", "lineRule": "auto"}
EPOCH = (1980, 1, 1, 0, 0, 0)


def tables_docx(grids: Iterable[Grid], setting: Setting, *, cutoff: str | None) -> bytes:
    """The tables as one Word document; equal input gives equal bytes."""
    from docx import Document  # 0.1 s: only print pays for it
    from docx.shared import Pt

    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(9)
    normal.paragraph_format.space_after = Pt(0)
    _properties(document, setting, cutoff)
    _page(document, setting)
    for at, grid in enumerate(grids):
        _title(document, grid, new_page=at > 0)
        document.element.body.insert(-1, _table(grid))  # before the section's own element
        for note in grid.notes:
            paragraph = document.add_paragraph()
            paragraph.add_run(note).font.size = Pt(8)
    raw = io.BytesIO()
    document.save(raw)
    return _without_clock(raw.getvalue())


def _properties(document: Any, setting: Setting, cutoff: str | None) -> None:
    day = document_date(cutoff) or list(EPOCH[:3])
    core = document.core_properties
    core.title, core.author = f"{setting.study}: tables", "equipoise"
    core.last_modified_by, core.comments = "equipoise", f"Run {setting.run_id}. {setting.label}"
    core.created = core.modified = datetime(day[0], day[1], day[2])


def _page(document: Any, setting: Setting) -> None:
    """A4 across; study, label and cut-off above, run and page below."""
    from docx.enum.section import WD_ORIENT
    from docx.enum.text import WD_TAB_ALIGNMENT
    from docx.shared import Inches, Pt, RGBColor, Twips

    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Twips(16838), Twips(11906)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", Inches(1))
    above, below = section.header.paragraphs[0], section.footer.paragraphs[0]
    for paragraph in (above, below):
        paragraph.style = document.styles["Normal"]
        paragraph.paragraph_format.tab_stops.add_tab_stop(
            Twips(TWIPS // 2), WD_TAB_ALIGNMENT.CENTER
        )
        paragraph.paragraph_format.tab_stops.add_tab_stop(Twips(TWIPS), WD_TAB_ALIGNMENT.RIGHT)
    above.add_run(f"{setting.study}\t")
    label = above.add_run(setting.label)
    label.bold, label.font.color.rgb = True, RGBColor(0xB4, 0x23, 0x18)
    above.add_run(f"\t{setting.cutoff.capitalize()}")
    below.add_run(f"Run {setting.run_id}\t\tPage ")
    _field(below, "PAGE")
    below.add_run(" of ")
    _field(below, "NUMPAGES")
    for run in (*above.runs, *below.runs):
        run.font.size = Pt(8)


def _field(paragraph: Any, name: str) -> None:
    small = _element("rPr", {}, _element("sz", {"val": "16"}))
    run = _element("r", {}, small, _text("1"))
    paragraph._p.append(_element("fldSimple", {"instr": name}, run))


def _title(document: Any, grid: Grid, *, new_page: bool) -> None:
    from docx.shared import Pt, RGBColor

    title = document.add_paragraph(style="Caption")
    title.paragraph_format.page_break_before = new_page
    run = title.add_run(f"Table {grid.number}. {grid.title}")
    run.font.size, run.font.bold, run.font.name = Pt(10), True, FONT
    run.font.color.rgb = RGBColor(0x1B, 0x1F, 0x24)
    below = document.add_paragraph(grid.subtitle)
    below.paragraph_format.space_after = Pt(4)
    for paragraph in (title, below):
        paragraph.paragraph_format.keep_with_next = True


def _table(grid: Grid) -> Any:
    """Built as elements: cell by cell through the library would take seconds."""
    total = sum(grid.weights_across)
    widths = [round(TWIPS * weight / total) for weight in grid.weights_across]
    table = _element("tbl", {})
    settings = _element("tblPr", {}, _element("tblW", {"w": str(sum(widths)), "type": "dxa"}))
    settings.append(_element("tblLayout", {"type": "fixed"}))
    table.append(settings)
    table.append(_element("tblGrid", {}, *(_element("gridCol", {"w": str(w)}) for w in widths)))
    for row in _head_rows(grid, widths):
        table.append(row)
    for at, line in enumerate(grid.lines, start=1):
        table.append(_body_row(line, grid, widths, last=at == len(grid.lines)))
    return table


def _head_rows(grid: Grid, widths: Sequence[int]) -> list[Any]:
    rows = []
    side = "center" if grid.centred else "left"
    if grid.groups:
        cells = [_cell([], widths[:1], above=THICK)]
        at = 1
        for group in grid.groups:
            span = widths[at : at + group.span]
            cells.append(_cell(_head_pieces(group), span, side="center", bold=True, above=THICK))
            at += group.span
        rows.append(_row(cells, head=True))
    above = THIN if grid.groups else THICK
    cells = [_cell([(grid.stub, "")], widths[:1], bold=True, above=above, below=THIN)]
    cells += [
        _cell(_head_pieces(head), [width], side=side, bold=True, above=above, below=THIN)
        for head, width in zip(grid.heads, widths[1:], strict=True)
    ]
    rows.append(_row(cells, head=True))
    return rows


def _head_pieces(head: Head) -> list[Piece]:
    return [(f"{head.text}\n", ""), (head.size, head.size_id)] if head.size else [(head.text, "")]


def _body_row(line: Line, grid: Grid, widths: Sequence[int], *, last: bool) -> Any:
    side, stand = ("center", "bottom") if grid.centred else ("left", "top")
    below = THICK if last else 0
    label = _cell(
        [(f"{line.label}, {line.unit}" if line.unit else line.label, "")],
        widths[:1] if line.cells else widths,
        stand=stand,
        bold=line.heading,
        indent=INDENT * line.depth,
        keep=line.heading,
        below=below,
    )
    cells = [
        _cell(pieces, [width], side=side, stand=stand, below=below)
        for pieces, width in zip(line.pieces, widths[1:], strict=bool(line.cells))
    ]
    return _row([label, *cells])


def _row(cells: Iterable[Any], *, head: bool = False) -> Any:
    settings = _element("trPr", {}, _element("cantSplit", {}))
    if head:
        settings.append(_element("tblHeader", {}))
    return _element("tr", {}, settings, *cells)


def _cell(
    pieces: Iterable[Piece],
    widths: Sequence[int],
    *,
    side: str = "left",
    stand: str = "bottom",
    bold: bool = False,
    indent: int = 0,
    keep: bool = False,
    above: int = 0,
    below: int = 0,
) -> Any:
    settings = _element("tcPr", {}, _element("tcW", {"w": str(sum(widths)), "type": "dxa"}))
    if len(widths) > 1:
        settings.append(_element("gridSpan", {"val": str(len(widths))}))
    rules = _element("tcBorders", {})
    for name, size in (("top", above), ("bottom", below)):
        if size:
            rules.append(_element(name, {"val": "single", "sz": str(size), "color": "1B1F24"}))
    settings.append(rules)
    settings.append(_element("vAlign", {"val": stand}))
    shape = _element("pPr", {})
    if keep:
        shape.append(_element("keepNext", {}))
    shape.append(_element("spacing", SPACING))
    shape.append(_element("ind", {"left": str(indent)}))
    shape.append(_element("jc", {"val": side}))
    runs = [_run(text, result_id, bold=bold) for text, result_id in pieces]
    return _element("tc", {}, settings, _element("p", {}, shape, *runs))


def _run(text: str, result_id: str, *, bold: bool) -> Any:
    """A text; the text of a result stands in a content control that bears its id."""
    run = _element("r", {}, _element("rPr", {}, *([_element("b", {})] if bold else [])))
    for at, line in enumerate(text.split("\n")):
        if at:
            run.append(_element("br", {}))
        run.append(_text(line))
    if not result_id:
        return run
    name = _element("alias", {"val": f"Result {result_id}"})
    settings = _element("sdtPr", {}, name, _element("tag", {"val": result_id}))
    return _element("sdt", {}, settings, _element("sdtContent", {}, run))


def _element(name: str, attributes: dict[str, str], *children: Any) -> Any:
    from docx.oxml import OxmlElement

    stated = {_qualified(key): value for key, value in attributes.items()}
    found = OxmlElement(f"w:{name}", stated)
    found.extend(children)
    return found


@cache
def _qualified(name: str) -> str:
    """The name of an attribute with its namespace; a table of tables asks for few of them often."""
    from docx.oxml.ns import qn

    return str(qn(f"w:{name}"))


def _text(text: str) -> Any:
    found = _element("t", {})
    found.text = text
    found.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return found


def _without_clock(content: bytes) -> bytes:
    """The same archive with every file dated alike: Word ignores the dates, hashes do not."""
    fixed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, date_time=EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            target.writestr(entry, source.read(name))
    return fixed.getvalue()
