# SPDX-License-Identifier: Apache-2.0
"""A readout to explore: tables as frames of polars or pandas, displays that show themselves."""

from __future__ import annotations

import sys
import types

import pytest
from tests.readouts import Page, simulated

from equipoise.errors import OutputError


def test_every_table_is_there_by_name():
    tables = simulated("alter-s006").tables()
    assert {"results", "rowset", "display", "display_cell", "run", "ADSL", "ADTTE"} <= set(tables)


def test_a_pandas_frame_has_the_columns_and_values(monkeypatch):
    made = types.SimpleNamespace(DataFrame=lambda columns: columns)
    monkeypatch.setitem(sys.modules, "pandas", made)
    readout = simulated("alter-s006")
    frame = readout.pandas("results")
    assert list(frame) == readout.tables()["results"].columns
    assert frame["value"] == readout.tables()["results"]["value"].to_list()


@pytest.mark.parametrize(
    ("name", "module", "what"),
    [("result", None, "there is no table `result`"), ("run", None, "pandas is not installed")],
)
def test_what_is_not_there_is_said(monkeypatch, name, module, what):
    monkeypatch.setitem(sys.modules, "pandas", module)
    with pytest.raises(OutputError) as caught:
        simulated("alter-s006").pandas(name)
    assert str(caught.value).startswith(what)


def test_every_table_and_figure_shows_itself_as_it_stands_on_the_page():
    readout = simulated("alter-s006")
    for name in ("survival-PFS", "ae-all", "flow"):
        shown = readout.show(name)
        bound = Page(shown.html).bound
        assert bound
        assert set(bound) <= set(Page(readout.html).bound)
        assert "SIMULATED" in shown.html
        bundle = shown._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "text/html"}
        assert bundle["text/plain"] == shown.title == str(shown)
        assert bundle["text/html"].startswith("<iframe srcdoc=")


def test_a_figure_is_a_drawing_too():
    shown = simulated("alter-s006").show("km-PFS")
    assert shown.title == "Figure 2. Kaplan-Meier curves: Progression-free survival"
    bundle = shown._repr_mimebundle_(exclude=["text/html"])
    assert set(bundle) == {"text/plain", "image/svg+xml"}
    assert bundle["image/svg+xml"].startswith("<svg xmlns=")
    assert "SIMULATED" in bundle["image/svg+xml"]


def test_the_analyses_show_their_results():
    analysed = simulated("alter-s006").analysed
    assert analysed._repr_html_() == analysed.results._repr_html_()


def test_a_display_that_is_not_there_is_told():
    with pytest.raises(OutputError, match=r"there is no display `km`(.|\n)*one of .*km-PFS, "):
        simulated("alter-s006").show("km")
