# SPDX-License-Identifier: Apache-2.0
"""A Dask cluster gives the numbers of one process, also when a worker is killed."""

import os
import signal
import sys

import pytest
from tests.event_time_trials import THREE_LOOKS, plain_trial

from equipoise.errors import OutputError
from equipoise.operating.characteristics import Effort, operating_characteristics
from equipoise.operating.scenario import Bounds, Scenario
from equipoise.operating.spread import dask_client, on_dask, queue_client

GRID = [
    Scenario(
        name=f"hr {hr}",
        trial=plain_trial(hr),
        looks=THREE_LOOKS,
        bounds=Bounds(efficacy=(2.9626, 2.3590, 2.0141)),
    )
    for hr in (0.65, 1.0)
]
EFFORT = Effort(replicates=40_000, seed=7, confidence=0.95, block_size=2000)


@pytest.fixture
def client():
    distributed = pytest.importorskip("distributed", reason="needs equipoise[hpc]")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as made,
    ):
        yield made


def test_two_workers_and_a_killed_one_give_the_numbers_of_one_process(client):
    alone = operating_characteristics(GRID, effort=EFFORT)
    assert operating_characteristics(GRID, effort=EFFORT, spread=on_dask(client)).equals(alone)
    victim = next(iter(client.run(os.getpid).values()))
    finished = []

    def kill_midway(done, total):
        finished.append(done)
        if len(finished) == 5:
            os.kill(victim, signal.SIGKILL)

    table = operating_characteristics(
        GRID, effort=EFFORT, spread=on_dask(client), progress=kill_midway
    )
    assert table.equals(alone)
    assert len(finished) == 40


def test_a_queue_gets_a_job_script():
    pytest.importorskip("dask_jobqueue", reason="needs equipoise[hpc]")
    client = queue_client(
        "SLURM", jobs=0, cores=4, memory="8GB", walltime="01:00:00", queue="short"
    )
    script = client.cluster.job_script()
    client.close()
    client.cluster.close()
    assert "#SBATCH" in script
    assert "short" in script


def test_without_the_packages_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    with pytest.raises(OutputError, match=r"install equipoise\[hpc\]"):
        dask_client("tcp://127.0.0.1:1")
    with pytest.raises(OutputError, match="needs the package dask-jobqueue"):
        queue_client("SGE", jobs=1)
