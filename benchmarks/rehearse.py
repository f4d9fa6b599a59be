# SPDX-License-Identifier: Apache-2.0
"""Whole-patient trials per second through the whole pipeline, the share of each stage, and memory.

ALTN-III-04, 272 patients: simulated, recorded as SDTM, derived, analysed. Processor time of one
core (polars held to one thread), the best of several blocks of 50 trials.

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
from typing import TypeVar

os.environ["POLARS_MAX_THREADS"] = "1"  # read when polars is imported

from equipoise.adam import derive_adam
from equipoise.protocol.model import Protocol
from equipoise.rehearsal.block import READ, without_sensitivity
from equipoise.rehearsal.run import BLOCK_SIZE, Effort, rehearse_protocol
from equipoise.results.replicates import analyse_replicates
from equipoise.sdtm.study import record_study
from equipoise.simulation.trial import simulate_patients
from equipoise.trial import load_trial

SEED = 1
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


def one_size(trials: int) -> dict[str, float]:
    """Processor time and peak memory of so many trials, in this process."""
    trial = protocol("recorded")
    rehearse_protocol(trial, effort=Effort(replicates=BLOCK_SIZE, seed=SEED))
    start = time.process_time()
    rehearse_protocol(trial, effort=Effort(replicates=trials, seed=SEED))
    return {
        "trials": trials,
        "cpu_seconds": round(time.process_time() - start, 2),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def main() -> None:
    """Print the share of each stage for both sources of response, then time and memory by size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--trials", type=int, nargs="*", default=[100, 200, 400])
    parser.add_argument("--one", type=int)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one_size(given.one)))
        return
    for source in ("recorded", "lesions"):
        found = stages(protocol(source), given.rounds)
        total = sum(found.values())
        shares = ", ".join(f"{name} {ms:.1f} ms ({ms / total:.0%})" for name, ms in found.items())
        print(f"responses {source}: {shares}; {1000 / total:.0f} trials a second and core")
    for trials in given.trials:
        command = [sys.executable, __file__, "--one", str(trials)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


if __name__ == "__main__":
    main()
