# SPDX-License-Identifier: Apache-2.0
"""Who computes the blocks: this process, several processes, or a cluster.

Each function gives a `Spread`: blocks in, results out in the same order, a few ahead of the reader.
The numbers are the same with all of them. A worker that dies costs the blocks it held, which are
computed again.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any

from equipoise.errors import Fault, OutputError

Block = Any
BlockResult = Any
Run = Callable[[Block], BlockResult]
Spread = Callable[[Run, Iterable[Block]], Iterator[BlockResult]]
"""Any function of a block will do: of event times, or of whole patients."""

AHEAD = 2
"""Blocks under way per worker: one computed, one waiting."""
DEATHS = 10
"""Worker deaths in a run after which it is not chance."""

WORKER_ENVIRONMENT = {
    # The processes are the threads: one more level of them only waits for itself.
    "POLARS_MAX_THREADS": "1",
    # The next block needs the memory of the last one: returned to the system, every page of it is
    # asked for and cleared again, a fifth to a third of the time of a block of whole patients.
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1",
}
"""How the libraries of a worker process are set, unless the caller's environment says otherwise."""


def in_this_process(run: Run, blocks: Iterable[Block]) -> Iterator[BlockResult]:
    """One block after the other; needs nothing."""
    return map(run, blocks)


def in_processes(workers: int) -> Spread:
    """`workers` processes on this machine.

    They are spawned, not forked: polars and numba hold threads that a fork would lose. A script
    that calls this must do so under `if __name__ == "__main__":`.
    """

    def spread(run: Run, blocks: Iterable[Block]) -> Iterator[BlockResult]:
        pool, deaths = _pool(workers), 0
        waiting: deque[tuple[Block, Future[BlockResult]]] = deque()
        todo = iter(blocks)
        try:
            while True:
                try:
                    fill(waiting, todo, partial(_submit, pool, run), to=AHEAD * workers)
                    if not waiting:
                        return
                    result = waiting[0][1].result()
                except BrokenProcessPool:
                    deaths += 1
                    _give_up_after(deaths)
                    pool.shutdown(wait=False)
                    pool = _pool(workers)
                    waiting = deque((block, pool.submit(run, block)) for block, _ in waiting)
                    continue
                waiting.popleft()
                yield result
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    return spread


def _pool(workers: int) -> ProcessPoolExecutor:
    # A spawned process reads these before it loads polars; for this process it is too late.
    for name, value in WORKER_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _submit(pool: ProcessPoolExecutor, run: Run, block: Block) -> Future[BlockResult]:
    return pool.submit(run, block)


def fill(
    waiting: deque[tuple[Block, Any]],
    todo: Iterator[Block],
    submit: Callable[[Block], Any],
    *,
    to: int,
) -> None:
    """Hand out blocks until `to` are under way; none is lost when handing out fails."""
    while len(waiting) < to:
        block = next(todo, None)
        if block is None:
            return
        try:
            waiting.append((block, submit(block)))
        except BrokenProcessPool:
            waiting.append((block, None))
            raise


def _give_up_after(deaths: int) -> None:
    if deaths > DEATHS:
        raise OutputError(
            Fault(
                what=f"{deaths} worker processes died.",
                where="simulation of operating characteristics",
                mend="look for what kills them (memory?); finished blocks are kept in the folder.",
            )
        )


def choose_spread(workers: int, cluster: str | None) -> Spread:
    """The cluster at an address or of a queue file, else `workers` processes, else this one."""
    if cluster is not None:
        from equipoise.operating.cluster import cluster_spread

        return cluster_spread(cluster)
    return in_processes(workers) if workers > 1 else in_this_process
