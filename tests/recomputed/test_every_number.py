# SPDX-License-Identifier: Apache-2.0
"""Every number of every display of the bundled trials, recomputed from the tables on disk.

The arithmetic is our tests' own (`arithmetic.py`: numpy and scipy), who counts is found from the
keys of the row and the protocol file, and nothing of the package's statistics or results is used.
A count of a method without arithmetic here is what the condition of its row set selects; any other
number without arithmetic fails the test, so that a new display cannot come in unproved.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest
from tests.oracles import REPOSITORY, oracle_file
from tests.recomputed.arithmetic import rounded
from tests.recomputed.patients import Run
from tests.recomputed.recompute import UncoveredError, recompute

import equipoise

TRIALS = ("alter-s006", "altn-iii-04", "cdiscpilot01")
# From a likelihood that is maximised numerically; everything else to 1e-7.
LOOSE = ("cox", "cox.unstratified", "cox.subgroup", "cox.interaction", "interval-cox")
LOOSE += ("cox.proportional", "cox.multivariable")


@pytest.fixture(scope="module", params=TRIALS)
def run(request, tmp_path_factory):
    data = oracle_file("sdtm_adam/sdtm") if request.param == "cdiscpilot01" else None
    folder = tmp_path_factory.mktemp("run") / request.param
    equipoise.readout(request.param, data=data, out=folder)
    return Run(folder, REPOSITORY / "protocols" / f"{request.param}.yaml")


def agrees(row, value) -> bool:
    if isinstance(value, str) or row["value"] is None:
        return row["state"] == value
    slack = 2e-5 if row["method_id"] in LOOSE else 1e-7
    return abs(row["value"] - value) <= slack * max(1.0, abs(value))


def test_every_number_is_what_the_tables_on_disk_say(run, capsys):
    shown = set(run.tables["display_cell"]["result_ids"].explode())
    assert shown <= set(run.by_id)
    wrong, uncovered, done, start = [], set(), Counter(), time.process_time()
    for name, row in run.by_id.items():
        try:
            value = recompute(run, row)
        except UncoveredError as error:
            uncovered.add(str(error))
            continue
        if not agrees(row, value):
            keys = ("analysis_id", "method_id", "stat", "arm", "g1_level", "g2_level", "time")
            place = [str(row[key]) for key in keys if row[key] is not None]
            wrong.append((name, *place, row["value"] or row["state"], value))
        done["all"] += 1
        done["shown"] += name in shown
    with capsys.disabled():
        print(
            f"\n{run.protocol['identity']['id']}: {done['all']} numbers recomputed, "
            f"{done['shown']} of them shown, in {run.tables['display'].height} displays "
            f"({time.process_time() - start:.0f} s)"
        )
    assert not uncovered, f"no arithmetic for {sorted(uncovered)}"
    assert not wrong, f"{len(wrong)} differ, first {wrong[:12]}"
    assert done["shown"] == len(shown)


def test_every_number_is_printed_as_its_format_says(run):
    for row in run.by_id.values():
        if row["state"] != "ok":
            assert row["display"] == row["state"]
            continue
        decimals = int(row["fmt"].lstrip("abcdefghijklmnopqrstuvwxyz") or 0)
        if row["fmt"].startswith("p") and not row["fmt"].startswith(("pct", "prop")):
            least = 10**-decimals
            text = (
                f"<{least:.{decimals}f}"
                if row["value"] < least
                else f">{1 - least:.{decimals}f}"
                if row["value"] > 1 - least
                else rounded(row["value"], decimals)
            )
        else:
            text = rounded(row["value"], decimals)
        assert row["display"] == text + ("+" if row["value_text"] == "censored" else "")
