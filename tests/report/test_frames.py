# SPDX-License-Identifier: Apache-2.0
"""A readout gives its tables by name, as polars frames or, where pandas is there, as pandas'."""

from __future__ import annotations

import sys
import types

import pytest
from tests.readouts import simulated

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
