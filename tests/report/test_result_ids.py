# SPDX-License-Identifier: Apache-2.0
"""The printed number carries its id: in the appendix of the PDF, in Word and in RTF."""

import re

import pytest
from tests.printed import docx_controls, pdf_pages, rtf_bookmarks
from tests.readouts import RUN, bundled, printed, tables

from equipoise.report.display_table import display_tables
from equipoise.report.document import compose_document
from equipoise.report.footnotes import resolved_args
from equipoise.report.numbers import index_results
from equipoise.report.origin import SIMULATED
from equipoise.report.print.result_ids import result_ids
from equipoise.report.sections import compose
from equipoise.report.summary import key_results
from equipoise.report.words import variable_labels


@pytest.fixture(scope="module", params=["altn-iii-04", "alter-s006", "cdiscpilot01"])
def trial(request):
    bundled(request.param)
    return request.param


@pytest.fixture(scope="module")
def cells(trial):
    protocol = bundled(trial).trial.protocol
    return display_tables(compose_document(tables(trial), protocol, run=RUN))["display_cell"]


def listed(trial):
    """The appendix as the template reads it."""
    found, protocol = tables(trial), bundled(trial).trial.protocol
    numbers = index_results(found["results"])
    args = resolved_args(found["analysis"], variable_labels(protocol))
    sections = compose(found, protocol, numbers, args, origin=SIMULATED)
    return result_ids(key_results(numbers, protocol), sections)


def test_every_display_lists_the_ids_that_stand_in_its_places(trial, cells):
    ids = {
        item["output_id"]: set(
            re.findall(r"\b[0-9a-f]{12}\b", " ".join(t for x in item["lines"] for t in x["cells"]))
        )
        for item in listed(trial)
    }
    wanted = {
        name[0]: set(part["result_ids"].explode())
        for name, part in cells.partition_by("output_id", as_dict=True).items()
    }
    assert ids == wanted


def test_a_line_of_a_table_has_a_cell_for_every_column(trial):
    for item in listed(trial):
        if item["columns"]:
            assert {len(line["cells"]) for line in item["lines"]} == {len(item["columns"])}


def test_the_pdf_prints_every_id_and_names_every_display(trial, cells):
    pages = pdf_pages(printed(trial)["print/readout.pdf"])
    if pages is None:
        pytest.skip("pdftotext is not installed")
    text = "\n".join(pages)
    assert set(cells["result_ids"].explode()) <= set(re.findall(r"\b[0-9a-f]{12}\b", text))
    flowing = re.sub(r"\s+", " ", text)
    shown = cells.filter(~cells["output_id"].str.contains("^(key|abstract)-"))["output_id"].unique()
    assert [name for name in shown if f"Display {name}, run" not in flowing] == []


def test_word_and_rtf_hold_each_number_under_its_id(trial, cells):
    display = dict(tables(trial)["results"].select("result_id", "display").iter_rows())
    tabled = {b for b, kind in _kinds(trial).items() if kind == "table"}
    of_tables = set(
        cells.filter(cells["output_id"].is_in(list(tabled)))["result_ids"].explode()
    ) - set(cells.filter(output_id="published")["result_ids"].explode())
    controls = docx_controls(printed(trial)["print/tables.docx"])
    assert of_tables <= {tag for tag, _ in controls}
    rtf = [
        (name.removeprefix("result_"), text)
        for path, content in printed(trial).items()
        if path.endswith(".rtf") and "published" not in path
        for name, text in rtf_bookmarks(content)
    ]
    assert of_tables <= {name for name, _ in rtf}
    published = set(cells.filter(output_id="published")["result_ids"].explode())
    wrong = [
        (tag, text)
        for tag, text in [*controls, *rtf]
        if text.removeprefix("N=") != display[tag] and tag not in published
    ]
    assert wrong == []


def _kinds(trial):
    protocol = bundled(trial).trial.protocol
    shown = display_tables(compose_document(tables(trial), protocol, run=RUN))["display"]
    return dict(shown.select("output_id", "kind").iter_rows())


def test_a_bookmark_stands_once_in_a_file(trial):
    for path, content in printed(trial).items():
        if path.endswith(".rtf"):
            names = [name for name, _ in rtf_bookmarks(content)]
            assert len(names) == len(set(names)), path


def test_a_table_that_goes_on_says_so_on_its_next_page(trial):
    pages = pdf_pages(printed(trial)["print/readout.pdf"])
    if pages is None:
        pytest.skip("pdftotext is not installed")
    last, seen = None, 0
    for page in pages:
        heads = re.findall(r"Table (\d+)(\.|, continued\.) ", page)
        for number, kind in heads:
            if kind != ".":
                assert number == last, "it goes on from the page before"
                seen += 1
            last = number if "..." not in page else None
    assert seen > 0 or trial == "alter-s006"
