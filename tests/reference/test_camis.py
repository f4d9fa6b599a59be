# SPDX-License-Identifier: Apache-2.0
"""What SAS 9.4 and R print (CAMIS): every oracle value, SAS under sas94 and R under r-survival."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from tests.oracles import Comparison, oracle_exists, oracle_file
from tests.reference import camis_proportions, camis_survival

pytestmark = pytest.mark.oracle
RECIPES = [*camis_survival.RECIPES, *camis_proportions.RECIPES]


def entries():
    if not oracle_exists("camis/reference.json"):
        return [pytest.param(None, id="missing")]
    rows = json.loads(oracle_file("camis/reference.json").read_text())
    return [pytest.param(row, id=row["id"]) for row in rows if row["use"] == "oracle"]


def decimals(entry, name):
    printed = entry["printed_decimals"]
    return printed if isinstance(printed, int) else printed.get(name, printed.get("*", 4))


@pytest.mark.parametrize("entry", entries())
def test_entry(entry):
    if entry is None:
        oracle_file("camis/reference.json")
    compare = Comparison(f"CAMIS {entry['topic']}", f"camis {entry['id']}", "published")
    for pattern, recipe in RECIPES:
        if not re.search(pattern, entry["id"]):
            continue
        got = recipe(entry)
        for name, want in entry["expected"].items():
            check_value(compare, entry, name, got, want)
        compare.close()
        return
    pytest.fail(f"no recipe for {entry['id']}")


def check_value(compare, entry, name, got, want):
    if name not in got:
        compare.faults.append(f"{name}: nobody computes it")
        return
    value = got[name]
    if isinstance(value, tuple):  # a difference on purpose: (entry of discrepancies, it holds)
        compare.depart(name, *value)
        return
    slack = entry.get("slack", 0.0) + got.get("slack", {}).get(name, 0.0)
    if want is None:
        compare.check(name, np.nan if value is None else value, None)
        return
    compare.check_printed(name, value, want, decimals(entry, name), slack)
