# SPDX-License-Identifier: Apache-2.0
"""The tables of displays hold what the page prints, place by place, each with its results."""

from __future__ import annotations

import re
from collections import Counter

import polars as pl
import pytest
from tests.readouts import Page, simulated

from equipoise.results.schema import contract

TRIALS = ("alter-s006", "altn-iii-04")
SLOT = re.compile(r"(?<!\{)\{(r?)\}(?!\})")


@pytest.fixture(params=TRIALS)
def readout(request):
    return simulated(request.param)


def test_they_keep_their_contracts(readout):
    files = readout.files()
    for name in ("display", "display_cell", "run"):
        spec = contract(name)
        wanted = list(spec["columns"])
        assert [c for c in files[name].columns if c in wanted or c != "run_id"] == wanted
        assert not files[name].select(pl.struct(spec["key"]).is_duplicated().any()).item()
        for column, known in spec["columns"].items():
            if known.get("known"):
                assert not files[name][column].null_count(), f"{name}.{column}"


def test_a_cell_reads_as_its_pattern_filled_with_its_results(readout):
    shown = dict(readout.analysed.results.select("result_id", "display").rows())
    cells = readout.displays["display_cell"]
    assert cells.height > 300
    for cell in cells.iter_rows(named=True):
        slots = SLOT.findall(cell["pattern"])
        assert len(slots) == len(cell["result_ids"])
        if "r" not in slots:
            filled = cell["pattern"].format(*(shown[name] for name in cell["result_ids"]))
            assert filled == cell["text"]


def test_every_number_of_the_page_is_in_a_cell_and_none_besides(readout):
    page, cells = Page(readout.html), readout.displays["display_cell"]
    on_page = {name for name, _ in page.bound} | {name for name, _ in page.rounded}
    in_cells = set(cells["result_ids"].explode())
    assert on_page <= in_cells
    figures = readout.displays["display"].filter(kind="figure")["output_id"]
    outside = cells.filter(~pl.col("output_id").is_in(figures.implode()))
    assert set(outside["result_ids"].explode()) <= on_page


def test_no_display_is_without_rows_behind_it(readout):
    results, cells = readout.analysed.results, readout.displays["display_cell"]
    sets = set(readout.analysed.rowset["rowset_id"])
    behind = dict(results.select("result_id", "rowset_id").rows())
    for display in readout.displays["display"]["output_id"]:
        ids = cells.filter(output_id=display)["result_ids"].explode()
        assert len(ids)
        assert all(behind[name] in sets for name in ids)


def test_displays_are_numbered_through_by_kind(readout):
    displays = readout.displays["display"]
    tables = displays.filter(kind="table")["number"].to_list()
    drawn = displays.filter(pl.col("kind").is_in(["figure", "flow"]))["number"].to_list()
    for numbers in (tables, drawn):
        assert numbers == sorted(numbers)
        assert max(Counter(numbers).values()) == 1
