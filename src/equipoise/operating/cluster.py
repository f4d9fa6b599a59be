# SPDX-License-Identifier: Apache-2.0
"""The workers of a Dask cluster: one that runs already, or jobs of a SLURM, SGE or PBS queue."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from equipoise.errors import Fault, OutputError, ProtocolError
from equipoise.operating.spread import AHEAD, Block, BlockResult, Run, Spread, fill
from equipoise.operating.stated_yaml import parse_stated
from equipoise.store.stated_file import read_stated

QUEUES = ("SLURM", "SGE", "PBS")
FILE_NAMES = (".yaml", ".yml")


def cluster_spread(cluster: str) -> Spread:
    """The workers at the address of a Dask scheduler, or those that a queue file asks for.

    Parameters    cluster : `tcp://host:port`, or the path of a YAML file, see `read_queue`
    Raises        ProtocolError - the queue file has a fault;  OutputError - no cluster, or no Dask
    """
    if not cluster.endswith(FILE_NAMES):
        return on_dask(dask_client(cluster))
    system, jobs, settings = read_queue(read_stated(cluster, kind="queue"), source=cluster)
    return on_dask(queue_client(system, jobs=jobs, **settings))


def read_queue(text: str, *, source: str) -> tuple[str, int, dict[str, Any]]:
    """System, number of jobs and settings of a queue file.

    Parameters    text : YAML - `system`, `jobs`, `cores`, `memory`, and whatever else dask-jobqueue
                  takes for that system (walltime, queue, account, ...)
                  source : how messages name the file
    Raises        ProtocolError - all faults of the file at once
    """
    stated = parse_stated(text, source=source)
    asked = dict(stated) if isinstance(stated, dict) else {}
    system, jobs = asked.pop("system", None), asked.pop("jobs", None)
    faults = []
    if system not in QUEUES:
        what = f"`system` is {system!r}."
        faults.append(Fault(what, source, f"name the queue: {', '.join(QUEUES)}."))
    if not isinstance(jobs, int) or isinstance(jobs, bool) or jobs < 1:
        faults.append(Fault(f"`jobs` is {jobs!r}.", source, "say how many jobs: 1 or more."))
    faults += [
        Fault(f"`{name}` is missing.", source, f"say what each job gets, as `{name}: {example}`.")
        for name, example in (("cores", 8), ("memory", "16GB"))
        if name not in asked
    ]
    if faults:
        raise ProtocolError(faults)
    return str(system), int(jobs), asked


def on_dask(client: Any) -> Spread:
    """The workers of a Dask cluster, given its `distributed.Client`.

    The scheduler computes a lost worker's blocks again on another.
    """

    def spread(run: Run, blocks: Iterable[Block]) -> Iterator[BlockResult]:
        waiting: deque[tuple[Block, Any]] = deque()
        todo = iter(blocks)
        try:
            while True:
                slots = max(1, sum(client.nthreads().values()))
                fill(waiting, todo, partial(client.submit, run, pure=False), to=AHEAD * slots)
                if not waiting:
                    return
                result: BlockResult = waiting[0][1].result()
                waiting.popleft()
                yield result
        finally:
            client.cancel([future for _, future in waiting])

    return spread


def dask_client(address: str) -> Any:
    """A client of the Dask scheduler at `address`, for `on_dask`."""
    distributed = _distributed()
    try:
        return distributed.Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise OutputError(
            Fault(
                what="No Dask scheduler answers there.",
                where=address,
                mend="start one with `dask scheduler`, and give its address: tcp://host:8786.",
            )
        ) from error


def queue_client(system: str, *, jobs: int, **settings: Any) -> Any:
    """A client whose workers are jobs of a batch queue, for `on_dask`.

    Parameters    system : SLURM, SGE or PBS
                  jobs : jobs to submit;  settings : as dask-jobqueue's cluster takes them
                  (cores, memory, walltime, queue, account, ...)
    """
    try:
        import dask_jobqueue
    except ImportError as error:
        raise _not_installed("dask-jobqueue") from error
    cluster = getattr(dask_jobqueue, f"{system}Cluster")(**settings)
    cluster.scale(jobs=jobs)
    return _distributed().Client(cluster)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise _not_installed("distributed") from error
    return distributed


def _not_installed(package: str) -> OutputError:
    return OutputError(
        Fault(
            what=f"A cluster needs the package {package}, which is not installed.",
            where="this Python environment",
            mend="install equipoise[hpc], or run on this machine.",
        )
    )
