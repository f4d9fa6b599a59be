# SPDX-License-Identifier: Apache-2.0
"""Operating characteristics do not depend on who computes them, when, or in how many pieces."""

import math
import os
import signal
import time
from threading import Thread

import numpy as np
import polars as pl
import pytest
from tests.event_time_trials import MANY_LOOKS, THREE_LOOKS, plain_trial, rich_trial

from equipoise.errors import OutputError
from equipoise.operating import spread as spread_module
from equipoise.operating.characteristics import (
    Effort,
    Precision,
    compute_shard,
    operating_characteristics,
)
from equipoise.operating.scenario import Bounds, Scenario, true_log_hazard_ratio
from equipoise.operating.spread import in_processes, in_this_process
from equipoise.operating.summary import stopping_look

BOUNDS = Bounds(efficacy=(2.9626, 2.3590, 2.0141), futility=(0.0, 0.5, None))
GRID = [
    Scenario(name=f"hr {hr}", trial=plain_trial(hr), looks=THREE_LOOKS, bounds=BOUNDS)
    for hr in (0.65, 1.0)
]
EFFORT = Effort(replicates=3500, seed=7, confidence=0.95, block_size=400)


@pytest.fixture(scope="module")
def alone():
    return operating_characteristics(GRID, effort=EFFORT)


def test_processes_give_the_same_numbers(alone):
    table = operating_characteristics(GRID, effort=EFFORT, spread=in_processes(2))
    assert table.equals(alone)


def test_killing_workers_loses_nothing(alone, monkeypatch):
    pools = []
    make = spread_module._pool
    monkeypatch.setattr(spread_module, "_pool", lambda n: pools.append(make(n)) or pools[-1])

    def kill():
        while not pools or not pools[0]._processes:
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(next(iter(pools[0]._processes)), signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    table = operating_characteristics(GRID, effort=EFFORT, spread=in_processes(2))
    killer.join()
    assert len(pools) == 2  # the first was broken, a second took over
    assert table.equals(alone)


def test_an_interrupted_run_goes_on_where_it_stopped(alone, tmp_path):
    computed = []

    def breaks_after_five(run, blocks):
        for block in blocks:
            if len(computed) == 5:
                raise KeyboardInterrupt
            computed.append(block.first)
            yield run(block)

    with pytest.raises(KeyboardInterrupt):
        operating_characteristics(GRID, effort=EFFORT, spread=breaks_after_five, folder=tmp_path)
    again = []

    def counts(run, blocks):
        for block in blocks:
            again.append(block.first)
            yield run(block)

    table = operating_characteristics(GRID, effort=EFFORT, spread=counts, folder=tmp_path)
    assert table.equals(alone)
    assert len(computed) == 5
    assert len(again) == 18 - 5
    assert again[:4] == [2000, 2400, 2800, 3200]


def test_shards_joined_are_one_run(alone, tmp_path):
    for shard in range(3):
        compute_shard(GRID, effort=EFFORT, shard=shard, shards=3, folder=tmp_path)

    def nothing_left(run, blocks):
        assert list(blocks) == []
        return iter(())

    table = operating_characteristics(GRID, effort=EFFORT, spread=nothing_left, folder=tmp_path)
    assert table.equals(alone)


def test_other_assumptions_do_not_reuse_blocks(tmp_path):
    operating_characteristics(GRID[:1], effort=EFFORT, folder=tmp_path)
    other = Effort(replicates=3500, seed=8, confidence=0.95, block_size=400)
    table = operating_characteristics(GRID[:1], effort=other, folder=tmp_path)
    assert table.equals(operating_characteristics(GRID[:1], effort=other))


def test_stops_at_the_precision_asked_for_with_any_number_of_workers():
    precision = Precision("reject", 0, 0.012)
    effort = Effort(replicates=8000, seed=7, confidence=0.95, block_size=400, precision=precision)
    table = operating_characteristics(GRID, effort=effort)
    reject = table.filter(quantity="reject")
    assert reject["n"].to_list() == [1200, 400]
    assert all(se <= 0.012 for se in reject["se"])
    assert operating_characteristics(GRID, effort=effort, spread=in_processes(2)).equals(table)


def test_unknown_precision_quantity_and_sharded_precision_are_refused(tmp_path):
    precision = Precision("pwoer", 0, 0.01)
    effort = Effort(replicates=800, seed=7, confidence=0.95, block_size=400, precision=precision)
    with pytest.raises(OutputError, match="No quantity `pwoer` at look 0 is simulated"):
        operating_characteristics(GRID, effort=effort)
    with pytest.raises(OutputError, match="A shard cannot stop at a precision"):
        compute_shard(GRID, effort=effort, shard=0, shards=2, folder=tmp_path)


def test_kept_replicates_are_the_simulated_ones(tmp_path):
    table = operating_characteristics(
        GRID[:1], effort=EFFORT, folder=tmp_path, keep_replicates=True
    )
    kept = pl.concat(map(pl.read_parquet, sorted(tmp_path.glob("replicates-*.parquet"))))
    assert kept["replicate"].to_list() == [r for r in range(3500) for _ in range(3)]
    mean = table.filter(quantity="z", look=2)["value"][0]
    assert math.isclose(kept.filter(look=2)["z"].mean(), mean, rel_tol=1e-12)


def test_stopping_follows_the_bounds_in_order():
    z = np.array([[-3.0, 0, 0], [-1.0, -2.4, 0], [-1.0, -1.0, -2.1], [0.1, -3, -3], [-1, -1, -1]])
    out = np.zeros((5, 3, 6))
    out[:, :, 3] = z
    stop, why = stopping_look(out, BOUNDS)
    assert stop.tolist() == [0, 1, 2, 0, 2]
    assert why.tolist() == [1, 1, 1, -1, 0]


def test_a_look_that_never_comes_ends_the_trial_before_it():
    out = np.zeros((1, 3, 6))
    out[0, 2, 0], out[0, 2, 1:] = np.inf, np.nan
    out[0, :2, 3] = -1.0
    stop, why = stopping_look(out, BOUNDS)
    assert (stop.tolist(), why.tolist()) == ([1], [0])


def test_truth_is_known_only_under_proportional_hazards():
    assert math.isclose(true_log_hazard_ratio(plain_trial(0.65)), math.log(0.65), abs_tol=1e-11)
    assert true_log_hazard_ratio(rich_trial()) is None
    scenario = Scenario(
        name="rich", trial=rich_trial(), looks=MANY_LOOKS, bounds=Bounds(efficacy=(2.5,) * 4)
    )
    table = operating_characteristics([scenario], effort=EFFORT, spread=in_this_process)
    assert "coverage" not in table["quantity"].to_list()


def test_standard_errors_are_those_of_the_mean(alone):
    p, se, n = alone.filter(scenario="hr 0.65", quantity="reject").select("value", "se", "n").row(0)
    assert math.isclose(se, math.sqrt(p * (1 - p) / (n - 1)), rel_tol=1e-9)
