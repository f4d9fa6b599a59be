# SPDX-License-Identifier: Apache-2.0
"""Time of the design calculations a statistician waits for in a meeting.

Run: python benchmarks/design.py [SECONDS]   (per line; default 1)
Each line gives the process time (user and system) of one call, the least of several; targets are
those of the design issue. Where R with rpact is installed the same bounds are timed in it, in the
same run, by R's own user and system time; see benchmarks/design.md.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from equipoise.design.boundaries import drift_for_power, efficacy_bounds, operating
from equipoise.design.event_prediction import InterimData, ToCome, predict_events
from equipoise.design.futility import nonbinding_futility_bounds
from equipoise.design.simon import simon_two_stage
from equipoise.design.spending import hwang_shih_decani_spending, obrien_fleming_spending

FIVE = np.arange(1, 6) / 5
THREE = np.array([0.5, 0.75, 1.0])


def solve(fraction: np.ndarray) -> None:
    """Bounds and the information for 90% power."""
    bounds = efficacy_bounds(fraction, obrien_fleming_spending(fraction, 0.025))
    drift_for_power(bounds, power=0.9)


def solve_with_futility() -> None:
    """Five looks with non-binding futility, bounds meeting at the end."""
    nonbinding_futility_bounds(
        FIVE,
        alpha_spent=obrien_fleming_spending(FIVE, 0.025),
        beta_spent=hwang_shih_decani_spending(-2)(FIVE, 0.1),
    )


def power_curve() -> None:
    """Power of a five-look design at 100 effects."""
    bounds = efficacy_bounds(FIVE, obrien_fleming_spending(FIVE, 0.025))
    for drift in np.linspace(0, 5, 100):
        operating(bounds, drift=float(drift))


def interim_data() -> InterimData:
    """272 patients planned, read at month 12."""
    rng = np.random.default_rng(1)
    entry = np.sort(rng.uniform(0, 18, 272))
    entry = entry[entry < 12]
    event, dropout = rng.exponential(6, len(entry)), rng.exponential(50, len(entry))
    room = 12 - entry
    followed = np.minimum(np.minimum(event, dropout), room)
    status = np.where(followed == event, 1, np.where(followed == dropout, 2, 0))
    return InterimData(entry, followed, status, np.arange(len(entry)) % 2, 12.0)


DATA = interim_data()


def predict() -> None:
    """Month of the 170th event, unblinded, 5,000 replicates."""
    predict_events(
        DATA,
        ToCome(272 - len(DATA.entry), np.array([0.5, 0.5]), 6.0),
        targets=[128, 170],
        cuts=[0.0],
        prior=(0.5, 0.0),
        replicates=5000,
        level=0.9,
        rng=np.random.default_rng(2),
    )


def simon() -> None:
    """Both two-stage designs, complete search."""
    simon_two_stage(p0=0.2, p1=0.4, alpha=0.05, power=0.8)


LINES: list[tuple[str, float, Callable[[], object]]] = [
    ("three looks, bounds and information", 0.010, lambda: solve(THREE)),
    ("five looks, bounds and information", 0.010, lambda: solve(FIVE)),
    ("five looks with futility", 0.010, solve_with_futility),
    ("power curve, five looks, 100 points", 1.0, power_curve),
    ("event prediction, 5,000 replicates", 0.5, predict),
    ("Simon, 0.2 against 0.4", 1.0, simon),
]


RPACT = """
suppressMessages(library(rpact))
timed <- function(f) {
  f(); best <- Inf
  for (i in 1:12) {
    t <- system.time(for (j in 1:10) f())
    best <- min(best, (t[["user.self"]] + t[["sys.self"]]) / 10)
  }
  best
}
design <- function(t) getDesignCharacteristics(getDesignGroupSequential(
  informationRates = t, alpha = 0.025, beta = 0.1, sided = 1, typeOfDesign = "asOF"))
cat(timed(function() design(c(0.5, 0.75, 1))), timed(function() design(1:5 / 5)))
"""


def rpact_seconds() -> dict[str, float]:
    """CPU seconds of rpact for three and five looks; empty where it is not installed."""
    if shutil.which("Rscript") is None:
        return {}
    done = subprocess.run(["Rscript", "-e", RPACT], capture_output=True, text=True, check=False)
    if done.returncode:
        return {}
    return dict(zip(("three", "five"), map(float, done.stdout.split()[-2:]), strict=True))


def main() -> None:
    """Print one line per calculation, and rpact's where it is there."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    peer = rpact_seconds()
    for name, target, call in LINES:
        call()
        times, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end or len(times) < 3:
            start = time.process_time()
            call()
            times.append(time.process_time() - start)
        best = min(times)
        other = peer.get(name.split()[0]) if name.endswith("information") else None
        beside = f"   rpact {1000 * other:7.2f} ms, ratio {other / best:.1f}" if other else ""
        print(f"{name:<40} {1000 * best:9.2f} ms   target {1000 * target:5.0f} ms{beside}")


if __name__ == "__main__":
    main()
