# SPDX-License-Identifier: Apache-2.0
"""Time and peak memory of survival estimators: equipoise against lifelines, scikit-survival,
statsmodels and R survival on the same rows in the same run.

Run: python benchmarks/statistics/compare.py [rows ...]   (default 1000 100000 1000000)
Needs the `peers` group beside equipoise; R is used when `Rscript` is found. Each measurement is a
process of its own with one thread: the rows are read, one small warm-up call is made (imports and
compilation are not counted), then the best of a few calls is taken, in processor time. Memory is
the growth of the peak resident size. A Kaplan-Meier curve is measured with all that statsmodels
returns: times, numbers at risk, events, survival and its standard error.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
METHODS = ("kaplan_meier", "logrank", "cox1", "cox5")
TOOLS = ("equipoise", "statsmodels", "lifelines", "sksurv", "R")
SKIP = {  # what a peer does not offer, or does not finish in reasonable time
    ("statsmodels", "cox5", 1_000_000),
    ("statsmodels", "cox1", 1_000_000),
}
TOO_LONG = 240  # seconds for one process
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}


def write_rows(folder: Path, n: int, kind: str) -> None:
    """Exponential survival with uniform censoring; `tied` rounds times up to quarters."""
    rng = np.random.default_rng(20260101)
    arm = rng.integers(0, 2, n)
    event_time = rng.exponential(10.0 * 1.3**arm, n)
    censoring = rng.uniform(0.0, 30.0, n)
    time = np.minimum(event_time, censoring)
    if kind == "tied":
        time = np.ceil(4.0 * time) / 4.0
    x = np.column_stack([arm, rng.normal(size=(n, 4))]).astype(float)
    np.ascontiguousarray(time).tofile(folder / "time.bin")
    (event_time <= censoring).astype(float).tofile(folder / "event.bin")
    np.asfortranarray(x).T.tofile(folder / "x.bin")


def measure(tool: str, method: str, folder: Path, n: int) -> dict[str, float] | None:
    """Seconds and extra MB of one tool, or None when it has no answer in time."""
    if tool == "R":
        command = ["Rscript", "--vanilla", str(FOLDER / "worker.R"), method, str(folder), str(n)]
    else:
        command = [sys.executable, str(FOLDER / "worker.py"), tool, method, str(folder), str(n)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=TOO_LONG,
            check=True,
            env=os.environ | ONE_THREAD,
        )
        return dict(json.loads(done.stdout.strip().splitlines()[-1]))
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError, IndexError):
        return None


def report(n: int, kind: str, folder: Path) -> None:
    """One line per method: every tool, and how many times faster than the best peer we are."""
    for method in METHODS:
        found: dict[str, dict[str, float]] = {}
        for tool in TOOLS:
            if (tool == "R" and not shutil.which("Rscript")) or (tool, method, n) in SKIP:
                continue
            got = measure(tool, method, folder, n)
            if got is not None:
                found[tool] = got
        ours = found.pop("equipoise")
        best = min(found, key=lambda tool: found[tool]["seconds"])
        ratio = found[best]["seconds"] / ours["seconds"]
        cells = [
            f"{tool} {v['seconds'] * 1e3:.3f} ms {v['mb']:.0f} MB" for tool, v in found.items()
        ]
        memory = ours["mb"] / found["R"]["mb"] if found.get("R", {}).get("mb") else float("nan")
        print(
            f"{n:>8} {kind:10} {method:12} equipoise {ours['seconds'] * 1e3:.3f} ms "
            f"{ours['mb']:.0f} MB | {' | '.join(cells)} | {ratio:.1f}x the best peer ({best}), "
            f"memory {memory:.2f} of R",
            flush=True,
        )


def main() -> None:
    """All sizes, continuous and heavily tied."""
    sizes = [int(value) for value in sys.argv[1:]] or [1000, 100_000, 1_000_000]
    for n in sizes:
        for kind in ("continuous", "tied"):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                write_rows(folder, n, kind)
                report(n, kind, folder)


if __name__ == "__main__":
    main()
