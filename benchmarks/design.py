# SPDX-License-Identifier: Apache-2.0
"""Time of the design calculations a statistician waits for in a meeting.

Run: python benchmarks/design.py [SECONDS]   (per line; default 1)
Each line gives the median time of one call; targets are those of the design issue.
"""

from __future__ import annotations

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


def main() -> None:
    """Print one line per calculation."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    for name, target, call in LINES:
        call()
        times, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end or len(times) < 3:
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        middle = sorted(times)[len(times) // 2]
        print(f"{name:<40} {1000 * middle:9.2f} ms   target {1000 * target:7.0f} ms")


if __name__ == "__main__":
    main()
