# SPDX-License-Identifier: Apache-2.0
"""Event-time replicates per second and core beside installed peers, and trials of whole patients.

The trial: 272 patients 1:1, 18 months of accrual, control median 3.02 months, hazard ratio 0.65,
2 % dropout a month, read at 170 events: log-rank Z and full Efron Cox hazard ratio for each. Times
are processor times of one core, the best of several runs; what counts is the ratio. At the end
`rehearse.py`: trials of whole patients through the whole pipeline, with the share of each stage.

    python benchmarks/simulate.py [--replicates N] [--rounds N] [--trials N ...]
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from equipoise.operating.export import export_snapshots
from equipoise.operating.reference import (
    draw_patients,
    find_cut,
    simulate_reference,
    take_snapshot,
)
from equipoise.operating.simulate_events import simulate_replicates
from equipoise.operating.trial import Accrual, ArmTimes, EventTimeTrial, Hazard, Looks, Stratum

CONTROL = ArmTimes(
    patients=136, hazard=(Hazard.of_median(3.02),), dropout_per_month=-math.log(0.98)
)
TRIAL = EventTimeTrial(
    accrual=(Accrual(months=18, patients=272),),
    strata=(Stratum(control=CONTROL, experimental=CONTROL.scaled((Hazard(per_month=0.65),))),),
)
ONE, THREE = Looks(events=(170,)), Looks(events=(85, 128, 170))
SEED = 1
HERE = Path(__file__).parent


def rate(run: Callable[[int], object], number: int, rounds: int) -> float:
    """Replicates per second of processor time, the best of `rounds`."""
    best = 0.0
    for _ in range(rounds):
        start = time.process_time()
        run(number)
        best = max(best, number / (time.process_time() - start))
    return best


def fast(looks: Looks) -> Callable[[int], object]:
    """The fast simulator over n replicates."""
    return lambda n: simulate_replicates(TRIAL, looks=looks, seed=SEED, first=0, replicates=n)


def readable(number: int) -> None:
    """The readable simulator, one trial at a time."""
    for replicate in range(number):
        simulate_reference(TRIAL, looks=ONE, seed=SEED, replicate=replicate)


def lifelines_loop(number: int) -> None:
    """logrank_test and CoxPHFitter of lifelines, patients drawn by the readable form."""
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.statistics import logrank_test

    for replicate in range(number):
        patients = draw_patients(TRIAL, seed=SEED, replicate=replicate)
        data = take_snapshot(TRIAL, patients, cut=find_cut(patients, events=170, latest=math.inf))
        one, other = data.arm == 1, data.arm == 0
        logrank_test(data.time[one], data.time[other], data.event[one], data.event[other])
        frame = pd.DataFrame({"time": data.time, "event": data.event, "arm": data.arm})
        CoxPHFitter().fit(frame, "time", "event")


def r_loop(number: int) -> dict[str, str]:
    """Rate of survdiff + coxph in R, and how far our Z and log HR are from R's on the same data."""
    with tempfile.TemporaryDirectory() as folder:
        table = export_snapshots(TRIAL, looks=ONE, seed=SEED, replicates=range(number))
        table.write_csv(f"{folder}/exported.csv")
        command = ["Rscript", str(HERE / "simulate.R"), f"{folder}/exported.csv"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(line.split("=") for line in lines.split())


def compare_with_r(found: dict[str, str], number: int) -> tuple[float, float]:
    """Largest difference of Z and of the log hazard ratio over the exported replicates."""
    ours = simulate_replicates(TRIAL, looks=ONE, seed=SEED, first=0, replicates=number)[:, 0]
    z, log_hr = (np.array(found[key].split(","), dtype=float) for key in ("z", "log_hr"))
    return float(np.abs(ours[:, 3] - z).max()), float(np.abs(ours[:, 4] - log_hr).max())


def compile_times() -> None:
    """Seconds until the first replicate, with and without what numba keeps on disk."""
    script = (
        "import time; import numba, polars, scipy.stats, pydantic; t = time.process_time();"
        "import sys; sys.path.insert(0, sys.argv[1]); from simulate import *; fast(THREE)(8);"
        "print(time.process_time() - t)"
    )
    with tempfile.TemporaryDirectory() as folder:
        for what in ("compiled anew", "from the cache"):
            done = subprocess.run(
                [sys.executable, "-c", script, str(HERE)],
                check=True,
                capture_output=True,
                text=True,
                env={"NUMBA_CACHE_DIR": folder, "PATH": ""},
            )
            print(f"first replicate, {what:<15} {float(done.stdout):8.2f} s")


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--trials", nargs="*", default=["200", "1000", "2000"], help="of whole patients"
    )
    given = parser.parse_args()
    compile_times()
    fast(THREE)(8)
    rates = {
        "equipoise, one look": rate(fast(ONE), given.replicates, given.rounds),
        "equipoise, three looks": rate(fast(THREE), given.replicates, given.rounds),
        "equipoise, readable form": rate(readable, 50, 2),
    }
    if shutil.which("Rscript"):
        found = r_loop(300)
        rates["R survdiff + coxph loop"] = float(found["rate"])
        z, log_hr = compare_with_r(found, 300)
        print(f"largest difference from R: Z {z:.1e}, log hazard ratio {log_hr:.1e}")
    if importlib.util.find_spec("lifelines"):
        lifelines_loop(1)
        rates["lifelines loop"] = rate(lifelines_loop, 30, 2)
    ours = rates["equipoise, one look"]
    for name, value in rates.items():
        print(f"{name:<28} {value:>10,.0f} replicates/s/core   equipoise is {ours / value:8,.1f} x")
    out = simulate_replicates(TRIAL, looks=ONE, seed=SEED, first=0, replicates=given.replicates)
    exact = bool(np.all(out[:, 0, 1] == 170))
    parts = [
        simulate_replicates(TRIAL, looks=ONE, seed=SEED, first=first, replicates=999)
        for first in range(0, 9990, 999)
    ]
    print(f"170 events in each of {given.replicates:,} replicates: {exact}")
    print(f"same bytes in pieces: {np.concatenate(parts).tobytes() == out[:9990].tobytes()}")
    print("whole patients, 272 a trial, simulated, recorded, derived and analysed:", flush=True)
    command = [sys.executable, str(HERE / "rehearse.py"), "--trials", *given.trials]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
