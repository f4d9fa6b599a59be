# SPDX-License-Identifier: Apache-2.0
"""Print: the strings of the page in every format, equal bytes, labels, nothing hostile or cut."""

import re

import pytest
from tests.printed import docx_tables, pdf_pages, pdf_words, png_rows, rtf_cells
from tests.readouts import RUN, Page, printed, simulated, tables

from equipoise.errors import OutputError
from equipoise.report import render_readout
from equipoise.report.flow import Flow
from equipoise.report.footnotes import resolved_args
from equipoise.report.numbers import Number, index_results
from equipoise.report.origin import SIMULATED
from equipoise.report.print import PRINT_FORMATS, render_print
from equipoise.report.print.book import book_data, book_pdf
from equipoise.report.print.drawings import begin_drawings, sized_svg
from equipoise.report.print.figure_files import figure_files
from equipoise.report.print.grid import Setting, grid_of
from equipoise.report.print.rich_text import table_rtf
from equipoise.report.print.style import number_text, read_style, style_names
from equipoise.report.print.word import tables_docx
from equipoise.report.sections import compose, extent
from equipoise.report.table import Table
from equipoise.report.words import variable_labels

TRIAL = "altn-iii-04"
HOSTILE = 'A\x07 {\\b x}\\par #panic("no") $x$ *b* <w:t>& \\u8364? 试验 😀 ]#]'
LATIN = HOSTILE.replace("试验 😀 ", "≥ é ")
SHOWN = HOSTILE.replace("\x07", " ")


def protocol_of(trial):
    return simulated(trial).trial.protocol


def setting_of(trial, style="csr"):
    return Setting(
        style=read_style(style),
        numbers=index_results(tables(trial)["results"]),
        study=protocol_of(trial).identity.short_title,
        label="SIMULATED",
        cutoff=extent(RUN["cutoff"]),
        run_id=RUN["run_id"],
    )


def sections_of(trial, protocol=None):
    found = tables(trial)
    protocol = protocol or protocol_of(trial)
    args = resolved_args(found["analysis"], variable_labels(protocol))
    return compose(found, protocol, index_results(found["results"]), args, origin=SIMULATED)


def tables_of(sections):
    return [block for s in sections for block in s.blocks if isinstance(block, Table)]


def cell_texts(table):
    """Each cell that holds results, as its parts should be printed, by place."""
    return {
        (at, place): "".join(
            part if isinstance(part, str) else getattr(part, "display", None) or part.text
            for part in cell.parts
        )
        for at, row in enumerate(table.rows)
        for place, cell in enumerate(row.cells)
    }


@pytest.fixture(scope="module", params=["altn-iii-04", "alter-s006"])
def trial(request):
    return request.param


def test_page_pdf_rtf_and_docx_show_one_string_for_one_result(trial):
    page = dict(Page(render_readout(tables(trial), protocol_of(trial), run=RUN)).bound)
    files, sections = printed(trial), sections_of(trial)
    data = book_data(sections, protocol_of(trial), setting_of(trial), cards=[], methods=[], run=RUN)
    pdf = [b for s in data["sections"] for b in s["blocks"] if b["kind"] == "table"]
    rtf = [rtf_cells(files[name]) for name in sorted(files) if name.endswith(".rtf")]
    docx = docx_tables(files["print/tables.docx"])
    found = tables_of(sections)
    assert len(found) == len(pdf) == len(rtf) == len(docx) >= 8
    for table, of_pdf, of_rtf, of_docx in zip(found, pdf, rtf, docx, strict=True):
        numbers = [p for r in table.rows for c in r.cells for p in c.parts if isinstance(p, Number)]
        assert all(page[n.result_id] == n.display for n in numbers), "the page prints displays"
        heads = len(of_docx) - len(table.rows)
        of_rows = _rtf_rows(of_rtf, table)
        for (row, place), text in cell_texts(table).items():
            assert of_pdf["lines"][row]["cells"][place] == text
            assert of_docx[heads + row][place + 1] == text
            assert of_rows[row][place + 1] == text


def _rtf_rows(cells, table):
    """The body of an RTF table: its last cells, as many as its rows have."""
    widths = [len(table.columns) + 1 if row.cells else 1 for row in table.rows]
    body, at, rows = cells[len(cells) - sum(widths) :], 0, []
    for width in widths:
        rows.append(body[at : at + width])
        at += width
    return rows


def test_words_of_the_pdf_are_those_of_the_tables(trial):
    pages = pdf_pages(printed(trial)["print/readout.pdf"])
    if pages is None:
        pytest.skip("pdftotext is not installed")
    text = " ".join(re.sub(r"\s+", " ", page) for page in pages)
    wanted = {
        t
        for table in tables_of(sections_of(trial))
        if table.source == "results"
        for t in cell_texts(table).values()
        if len(t) > 4
    }
    assert len(wanted) > 40
    assert [t for t in sorted(wanted) if t not in text] == []


def test_two_prints_give_the_same_bytes(trial):
    again = render_print(
        tables(trial), protocol_of(trial), run=RUN, formats=PRINT_FORMATS, style="csr"
    )
    assert [name for name in again if again[name] != printed(trial)[name]] == []
    assert set(again) == set(printed(trial))


def test_simulated_stands_on_every_page_and_figure(trial):
    files = printed(trial)
    for name, content in files.items():
        if name.endswith(".rtf"):
            assert b"{\\b\\cf1 SIMULATED}" in content.partition(b"{\\footer")[0], name
        if name.endswith(".svg"):
            assert b"SIMULATED" in content, name
    pages = pdf_pages(files["print/readout.pdf"]) or []
    assert all("SIMULATED" in page.strip().splitlines()[0] for page in pages)
    assert _docx_header(files["print/tables.docx"]).split("\t")[1] == "SIMULATED"


def test_recorded_data_are_not_called_simulated():
    files = printed(TRIAL, data="DATA")
    assert [n for n, c in files.items() if n.endswith((".rtf", ".svg")) and b"SIMULATED" in c] == []
    assert not [p for p in pdf_pages(files["print/readout.pdf"]) or [] if "SIMULATED" in p]
    assert "SIMULATED" not in _docx_header(files["print/tables.docx"])


def _docx_header(content):
    import io

    from docx import Document

    return Document(io.BytesIO(content)).sections[0].header.paragraphs[0].text


def hostile_protocol(text):
    protocol = protocol_of(TRIAL)
    arms = tuple(a.model_copy(update={"label": text, "short": text}) for a in protocol.arms)
    identity = protocol.identity.model_copy(update={"title": text, "short_title": text})
    return protocol.model_copy(update={"arms": arms, "identity": identity})


def test_hostile_labels_are_text_in_rtf_and_docx():
    setting = setting_of(TRIAL)
    grid = grid_of(tables_of(sections_of(TRIAL, hostile_protocol(HOSTILE)))[0], setting)
    rtf = table_rtf(grid, setting, cutoff=None)
    assert any(cell.startswith(SHOWN) for cell in rtf_cells(rtf))
    bare = re.sub(rb"\\[\\{}]", b"", rtf)
    assert bare.count(b"{") == bare.count(b"}")
    (table,) = docx_tables(tables_docx([grid], setting, cutoff=None))
    assert any(cell.startswith(SHOWN) for cell in table[0])


def test_hostile_labels_are_text_in_pdf_and_figures():
    protocol = hostile_protocol(LATIN)
    files = render_print(tables(TRIAL), protocol, run=RUN, formats=("pdf", "figures"), style="csr")
    pages = pdf_pages(files["print/readout.pdf"])
    assert pages is None or any('#panic("no") $x$ *b* <w:t>&' in page for page in pages)
    svg = next(content for name, content in files.items() if name.endswith(".svg"))
    assert b"<w:t>" not in svg


@pytest.mark.parametrize("formats", [("pdf",), ("figures",)])
def test_a_sign_that_the_font_lacks_is_told(formats):
    with pytest.raises(OutputError, match=r"text.*试.*could not be displayed[^$]*mend:  write the"):
        render_print(tables(TRIAL), hostile_protocol("试验"), run=RUN, formats=formats, style="csr")


def test_no_ink_touches_the_edge_of_a_figure(trial):
    setting = setting_of(trial)
    small = setting.style.__class__(
        **{n: getattr(setting.style, n) for n in setting.style.__slots__} | {"ppi": 60}
    )
    setting = Setting(small, *(getattr(setting, n) for n in Setting.__slots__[1:]))
    blocks = [block for section in sections_of(trial) for block in section.blocks]
    drawn = begin_drawings(blocks, setting, sizes=("wide", "narrow"))
    pictures = {
        name: png_rows(content)
        for name, content in figure_files(blocks, drawn, setting, cutoff=None).items()
        if name.endswith(".png")
    }
    assert pictures
    for name, rows in pictures.items():
        edge = {*rows[0], *rows[-1], *(row[0] for row in rows), *(row[-1] for row in rows)}
        assert edge == {(255, 255, 255, 255)}, name
        assert len({pixel for row in rows for pixel in row}) > 20, f"{name} is empty"


def test_no_word_of_the_pdf_leaves_the_page(trial):
    words = pdf_words(printed(trial)["print/readout.pdf"])
    if words is None:
        pytest.skip("pdftotext is not installed")
    assert len(words) > 2000
    # 8% of the width and 2% of the height of an upright page of A4, for pages that lie as well
    beyond = [w for w in words if min(w[0], w[2]) < 16.8 or min(w[1], w[3]) < 5.94]
    assert beyond == []


def test_every_figure_has_its_files(trial):
    names = {n.removeprefix("figures/") for n in printed(trial) if n.startswith("figures/")}
    for block in (b for s in sections_of(trial) for b in s.blocks):
        if isinstance(block, Flow):
            stem = f"figure-{block.number:02d}-flow-wide"
            assert {f"{stem}.pdf", f"{stem}.png"} <= names
    wide = {n for n in names if "km-" in n}
    assert {n.rpartition(".")[2] for n in wide} == {"svg", "pdf", "png"}
    assert all(
        re.fullmatch(r"figure-\d\d-[a-z0-9-]+-(wide|narrow)\.(svg|pdf|png)", n) for n in names
    )


def number(**changes):
    row = next(iter(index_results(tables(TRIAL)["results"]).by_id.values()))
    fields = {name: getattr(row, name) for name in Number.__slots__}
    blank = {"state": "ok", "value_text": None, "ci_of": None, "denom_id": None}
    return Number(**(fields | blank | changes))


@pytest.mark.parametrize(
    ("value", "csr", "nejm", "lancet", "jco"),
    [
        (0.5683, "0.5683", "0.57", "0·57", "0.57"),
        (0.0134, "0.0134", "0.01", "0·013", "0.01"),
        (0.0047, "0.0047", "0.005", "0·0047", "0.005"),
        (0.0004, "0.0004", "<0.001", "0·0004", "<0.001"),
        (0.00001, "<0.0001", "<0.001", "<0·0001", "<0.001"),
        (0.9999, "0.9999", ">0.99", ">0·99", ">0.99"),
    ],
)
def test_p_values_as_each_journal_prints_them(value, csr, nejm, lancet, jco):
    one = number(fmt="p4", value=value, display=csr, stat="p")
    numbers = index_results(tables(TRIAL)["results"])
    texts = [number_text(one, read_style(name), numbers) for name in style_names()]
    assert texts == [csr, nejm, lancet, jco]


def test_percentages_of_few_patients_lose_their_decimal_in_journals():
    numbers = index_results(tables(TRIAL)["results"])
    shares = [n for n in numbers.by_id.values() if n.fmt == "pct1" and n.denom_id and n.value]
    few = next(n for n in shares if numbers.by_id[n.denom_id].value < 200 and n.value % 1)
    many = next(n for n in shares if numbers.by_id[n.denom_id].value >= 200 and n.value % 1)
    assert "." not in number_text(few, read_style("nejm"), numbers)
    assert number_text(many, read_style("lancet-oncology"), numbers) == many.display.replace(
        ".", "·"
    )
    assert number_text(few, read_style("csr"), numbers) == few.display


def test_csr_prints_every_number_as_the_page_does(trial):
    numbers, style = index_results(tables(trial)["results"]), read_style("csr")
    assert all(number_text(n, style, numbers) == n.display for n in numbers.by_id.values())


def test_states_keep_their_letters_in_every_style():
    numbers = index_results(tables(TRIAL)["results"])
    for name in style_names():
        one = number(fmt="pct1", value=None, state="NR", display="NR")
        assert number_text(one, read_style(name), numbers) == "NR"


def test_a_style_recolours_the_arms():
    figure = next(b for s in sections_of(TRIAL) for b in s.blocks if hasattr(b, "drawings"))
    drawn = begin_drawings([figure], setting_of(TRIAL, "nejm"), sizes=("wide",))
    svg = sized_svg(next(iter(drawn.values()))(), 178)
    assert "#BC3C29" in svg
    assert "#0072B2" not in svg
    assert 'width="178mm"' in svg


def test_an_unknown_style_is_told():
    with pytest.raises(OutputError, match=r"no style `bmj`\n  where: --style\n  mend:  give one"):
        read_style("bmj")


def test_the_pdf_bears_the_date_of_the_cutoff_and_none_without():
    sections, setting = sections_of(TRIAL), setting_of(TRIAL)
    for cutoff, date in (("2024-02-15", b"D:20240215"), (None, b"")):
        data = book_data(
            sections[:1],
            protocol_of(TRIAL),
            setting,
            cards=[],
            methods=[],
            run=RUN | {"cutoff": cutoff},
        )
        assert date in book_pdf(data, {})
