# SPDX-License-Identifier: Apache-2.0
"""Whole-patient trials per second through the whole pipeline, the share of each stage, and memory.

ALTN-III-04, 272 patients: simulated, recorded as SDTM, derived by two evaluators, analysed. Shares
are processor time in one process set as a worker, the best of several blocks. Trials per second
are those of two workers: by the clock where the machine is free, else by their processor time.

    python benchmarks/rehearse.py [--rounds N] [--trials N ...]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

from equipoise.operating.spread import WORKER_ENVIRONMENT, in_processes

os.environ.update(WORKER_ENVIRONMENT)  # read when polars is imported

from equipoise.adam import derive_adam
from equipoise.protocol.model import Protocol
from equipoise.rehearsal.block import READ, without_sensitivity
from equipoise.rehearsal.run import BLOCK_SIZE, Effort, rehearse_protocol
from equipoise.results.replicates import analyse_replicates
from equipoise.sdtm.study import record_study
from equipoise.simulation.trial import simulate_patients
from equipoise.trial import load_trial

SEED = 1
WORKERS = 2
LEAST = 2 * WORKERS * BLOCK_SIZE
FREE = 1.5
"""Load of the machine (one minute, before the run) up to which its clock is worth reading."""
Made = TypeVar("Made")


def protocol(source: str) -> Protocol:
    """ALTN-III-04 with responses as recorded, or derived from lesions."""
    known = without_sensitivity(load_trial("altn-iii-04").protocol)
    response = known.response.model_copy(update={"source": source})
    return known.model_copy(update={"response": response})


def stages(trial: Protocol, rounds: int) -> dict[str, float]:
    """Milliseconds of processor time per trial and stage, the best of `rounds` blocks."""
    best: dict[str, float] = {}

    def timed(stage: str, make: Callable[[], Made]) -> Made:
        start = time.process_time()
        made = make()
        spent = 1000 * (time.process_time() - start) / BLOCK_SIZE
        best[stage] = min(best.get(stage, spent), spent)
        return made

    for block in range(rounds):
        wanted = range(block * BLOCK_SIZE + 1, (block + 1) * BLOCK_SIZE + 1)
        world = timed(
            "patients", lambda w=wanted: simulate_patients(trial, seed=SEED, replicates=w)
        )
        sdtm = timed("SDTM", lambda w=world: record_study(trial, w))
        adam = timed("ADaM", lambda t=sdtm: derive_adam(t, trial, only=READ, traced=False))
        timed("analyses", lambda t=adam: analyse_replicates(t, trial))
    return best


def two_workers(trials: int) -> dict[str, float]:
    """So many trials from lesions with two workers: clock, processor time, peak of the larger.

    The clock runs from the first block of the last worker to start to the last block of all.
    """
    load, done = os.getloadavg()[0], list[tuple[float, int]]()
    rehearse_protocol(
        protocol("lesions"),
        effort=Effort(replicates=trials, seed=SEED),
        spread=in_processes(WORKERS),
        progress=lambda made, _all: done.append((time.perf_counter(), made)),
    )
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    (start, first), (end, last) = done[WORKERS - 1], done[-1]
    return {
        "trials": trials,
        "load": load,
        "by_clock": (last - first) / (end - start),
        "cpu_seconds": spent.ru_utime + spent.ru_stime,
        "peak_mib": spent.ru_maxrss / 2**10,
    }


def in_own_process(trials: int) -> dict[str, float]:
    """`two_workers` of a process that has had no other children."""
    command = [sys.executable, __file__, "--one", str(trials)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def print_sizes(sizes: list[int]) -> None:
    """Rate, processor time and memory for each number of trials, and what a further trial costs."""
    found = []
    for one in map(in_own_process, sizes):
        found.append(one)
        print(
            f"{one['trials']:,} trials from lesions, {WORKERS} workers: {one['cpu_seconds']:.1f} s "
            f"of processor time, peak of a worker {one['peak_mib']:,.0f} MiB, "
            f"{one['by_clock']:.0f} a second by the clock (load {one['load']:.1f})",
            flush=True,
        )
    for few, many in pairwise(found):
        further = many["trials"] - few["trials"]
        each = (many["cpu_seconds"] - few["cpu_seconds"]) / further
        free = many["load"] < FREE
        print(
            f"from {few['trials']:,} to {many['trials']:,}: {1000 * each:.1f} ms of a core for "
            f"each further trial, {WORKERS / each:.0f} a second on {WORKERS} cores by processor "
            f"time; counted: {'the clock' if free else 'processor time, the machine is not free'}"
        )


def main() -> None:
    """Print the share of each stage for both sources of response, then rates and memory by size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--trials", type=int, nargs="*", default=[200, 1000, 2000])
    parser.add_argument("--one", type=int)
    given = parser.parse_args()
    if any(trials < LEAST for trials in given.trials):
        parser.error(f"--trials: at least {LEAST}, so that each worker makes two blocks")
    if given.one:
        print(json.dumps(two_workers(given.one)))
        return
    for source in ("recorded", "lesions"):
        found = stages(protocol(source), given.rounds)
        total = sum(found.values())
        shares = ", ".join(f"{name} {ms:.1f} ms ({ms / total:.0%})" for name, ms in found.items())
        print(f"responses {source}: {shares}; {1000 / total:.0f} trials a second and core")
    print_sizes(given.trials)


if __name__ == "__main__":
    main()
