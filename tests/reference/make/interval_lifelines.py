# SPDX-License-Identifier: Apache-2.0
"""python make/interval_lifelines.py > interval_lifelines.yaml, where lifelines 0.30.3 is.

Turnbull's estimate of the times of interval_r.yaml by lifelines, whose intervals are closed: whole
days (l, r] are [l + 1, r] there.
"""

from pathlib import Path

import lifelines
import numpy as np
import yaml
from lifelines.fitters.npmle import npmle

data = yaml.safe_load(Path(__file__).parents[1].joinpath("interval_r.yaml").read_text())["curve"]
mass, interval = npmle(
    np.array(data["lower"], float) + 1,
    np.array(data["upper"], float),
    tol=1e-13,
    max_iter=1_000_000,
    optimize=False,
)
# Steps of the EM algorithm take for ever to reach a mass of 0.
held = [
    (part, float(p)) for part, p in zip(interval, mass, strict=True) if p > 1e-4
]  # EM: zeros take for ever
print("# Made by tests/reference/make/interval_lifelines.py; never recomputed by the tests.")
print("level: independent software")
print("command: python tests/reference/make/interval_lifelines.py")
print(f"version: lifelines {lifelines.__version__}")
print(f"left: {[float(part.left) - 1 for part, _ in held]}")
print(f"right: {[float(part.right) for part, _ in held]}")
print(f"mass: {[p for _, p in held]}")
