# SPDX-License-Identifier: Apache-2.0
"""A Dask cluster gives the numbers of one process, also when a worker is killed."""

import os
import signal
import sys

import pytest
from tests.event_time_trials import THREE_LOOKS, plain_trial

import equipoise
from equipoise.errors import OutputError, ProtocolError, TrialNotFoundError
from equipoise.operating.characteristics import Effort, operating_characteristics
from equipoise.operating.cluster import (
    cluster_spread,
    dask_client,
    on_dask,
    queue_client,
    read_queue,
)
from equipoise.operating.scenario import Bounds, Scenario

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


def test_whole_patients_on_a_cluster_give_the_numbers_of_one_process(client):
    address = client.scheduler.address
    there = equipoise.rehearse("alter-s006", replicates=60, seed=3, cluster=address)
    assert there.equals(equipoise.rehearse("alter-s006", replicates=60, seed=3))


def test_an_address_where_nothing_answers_is_told(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="needs equipoise[hpc]")

    def refuse(*_args, **_settings):
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(OutputError, match="No Dask scheduler answers there"):
        dask_client("tcp://127.0.0.1:1")


QUEUE = """\
system: SLURM
jobs: 20
cores: 8
memory: 16GB
walltime: "01:00:00"
"""


def test_a_queue_file_states_system_jobs_and_settings():
    settings = {"cores": 8, "memory": "16GB", "walltime": "01:00:00"}
    assert read_queue(QUEUE, source="queue.yaml") == ("SLURM", 20, settings)


def test_every_fault_of_a_queue_file_is_told_at_once():
    with pytest.raises(ProtocolError) as caught:
        read_queue("system: LSF\njobs: 0\ncores: 8\n", source="queue.yaml")
    told = [fault.what for fault in caught.value.faults]
    assert told == ["`system` is 'LSF'.", "`jobs` is 0.", "`memory` is missing."]
    with pytest.raises(ProtocolError, match=r"queue\.yaml:[0-9]+:"):
        read_queue("system: [SLURM\n", source="queue.yaml")


def test_a_queue_file_that_is_not_there_is_told():
    with pytest.raises(TrialNotFoundError, match="The queue cannot be read"):
        cluster_spread("nowhere/queue.yaml")
