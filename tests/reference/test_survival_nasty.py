# SPDX-License-Identifier: Apache-2.0
"""Awkward survival data against R: ties, empty risk sets, no events, near-equal times."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from tests.oracles import Comparison, oracle_exists, oracle_file
from tests.reference.survival_comparisons import (
    Sample,
    compare_cox,
    compare_curves,
    compare_fleming_harrington,
    compare_logrank,
    compare_reverse,
)
from tests.watched import watch

from equipoise.statistics.near_times import join_near_times

pytestmark = pytest.mark.oracle
FOLDER = "survival_ref/nasty"


def cases():
    if not oracle_exists(f"{FOLDER}/nasty_reference.json"):
        return [pytest.param(None, id="missing")]
    rows = json.loads(oracle_file(f"{FOLDER}/nasty_reference.json").read_text())["cases"]
    return [pytest.param(row, id=row["case"]) for row in rows]


class Case:
    """The rows of one case; near-equal times joined when the answer says R joined them."""

    def __init__(self, name, drop_missing):
        data = pl.read_csv(oracle_file(f"{FOLDER}/nasty_data.csv"), infer_schema_length=None)
        data = data.filter(pl.col("case") == name)
        if drop_missing:
            data = data.drop_nulls(drop_missing)
        self.time = data["time"].to_numpy().astype(float)
        self.event = data["status"].to_numpy()
        self.group = np.array(data["group"].cast(str).to_list(), dtype=object)
        self.data = data

    def optional(self, name):
        column = self.data[name]
        return None if column.null_count() == column.len() else column.to_numpy()

    def joined(self):
        self.time = join_near_times(self.time)
        return self


def curves(case, labels, weighted):
    weight = case.optional("weight") if weighted else None
    entry = case.optional("start")
    whole = Sample(case.time, case.event, entry, weight)
    if labels == ["all"]:
        return [("all", whole)]
    return [(label, whole.part(case.group == label.split("=")[1])) for label in labels]


def compare_field(compare, key, want, name):
    needed = ["time", "status", "group", *(["x"] if key.startswith("cox_adj") else [])]
    case = Case(name, needed if name == "missing_values" else None)
    # the FH answers come from code that does not join near-equal times (D7)
    if "timefix_false" not in key and not key.startswith("fleming"):
        case.joined()
    arms = sorted(set(case.group) - {None})
    second = (case.group == arms[-1]).astype(int) if arms else None
    weight = case.optional("weight") if "weight" in name else None
    if key.startswith("km"):
        compare_curves(compare, want, curves(case, want["strata"], "weighted" in key))
    elif key.startswith("reverse"):
        compare_reverse(compare, want, curves(case, want["strata"], False))
    elif key.startswith("fleming"):
        compare_fleming_harrington(compare, want, case.time, case.event, second)
    elif key.startswith("cox"):
        x = np.column_stack([second, case.data["x"]]) if "adj" in key else second
        options = {"entry": case.optional("start"), "weight": weight}
        if weight is not None:
            options["robust"] = True
        if "strat" in key:
            options["stratum"] = np.array([str(s) for s in case.data["stratum"].to_list()])
        compare_cox(compare, want, case.time, case.event, x.astype(float), **options)
    else:
        stratum = None
        if "strat" in key:
            stratum = np.array([str(s) for s in case.data["stratum"].to_list()])
        group = np.array([str(g) for g in case.group])
        compare_logrank(compare, want, case.time, case.event, group, stratum)


@pytest.mark.parametrize("record", cases())
def test_case(record):
    if record is None:
        oracle_file(f"{FOLDER}/nasty_reference.json")
    compare = Comparison("survival methods, awkward data", f"{FOLDER} {record['case']}")
    for key, want in record.items():
        if key in ("case", "why", "note") or want is None:
            continue
        before, places = len(compare.faults), set()
        compare_field(compare, key, watch(want, places), record["case"])
        compare.missed(places)
        compare.faults[before:] = [f"{key}: {text}" for text in compare.faults[before:]]
    compare.close()
