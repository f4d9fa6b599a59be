# SPDX-License-Identifier: Apache-2.0
"""The fast simulator against R survival on exported replicates.

`python tests/reference/test_event_time_r.py exported.csv` writes what the R script reads.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from tests import event_time_trials as trials

from equipoise.operating.export import export_snapshots
from equipoise.operating.simulate_events import simulate_replicates

SEED, FIRST, REPLICATES = 20, 1000, 6
CASES = {
    "plain": (trials.plain_trial(0.65), trials.THREE_LOOKS),
    "rich": (trials.rich_trial(), trials.MANY_LOOKS),
    "scans": (trials.rich_trial(trials.SCANS), trials.MANY_LOOKS),
}


@pytest.mark.parametrize("case", CASES)
def test_fast_agrees_with_r(case):
    reference = yaml.safe_load(Path(__file__).with_name("event_time_r.yaml").read_text())
    trial, looks = CASES[case]
    out = simulate_replicates(trial, looks=looks, seed=SEED, first=FIRST, replicates=REPLICATES)
    rows = [row for row in reference["rows"] if row[0] == case]
    assert len(rows) == REPLICATES * len(looks.events)
    for _, replicate, look, z, log_hr, se in rows:
        ours = out[replicate - FIRST, look - 1]
        tolerance = reference["tolerance"]
        np.testing.assert_allclose(ours[3], z, rtol=0, atol=tolerance["z"])
        np.testing.assert_allclose(ours[4], log_hr, rtol=0, atol=tolerance["log_hr"])
        np.testing.assert_allclose(ours[5], se, rtol=0, atol=tolerance["se"])


if __name__ == "__main__":
    tables = []
    for name, (trial, looks) in CASES.items():
        numbers = range(FIRST, FIRST + REPLICATES)
        table = export_snapshots(trial, looks=looks, seed=SEED, replicates=numbers)
        tables.append(table.select(pl.lit(name).alias("CASE"), pl.all()))
    pl.concat(tables).write_csv(sys.argv[1], float_precision=None)
