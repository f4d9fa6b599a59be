# SPDX-License-Identifier: Apache-2.0
"""How long a user waits for the kernels: import, first calls cold, first calls from the cache."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from time import perf_counter

IMPORT = "import equipoise.statistics.cox"
EVERYTHING = "import equipoise.statistics as s; s.compile_kernels()"
READOUT = """
import numpy as np
from equipoise.statistics.conventions import convention, survival_readout
rng = np.random.default_rng(1)
survival_readout(rng.exponential(10, 272), rng.random(272) < 0.6, rng.integers(0, 2, 272),
                 using=convention("equipoise"), conf_level=0.95, landmarks=(6.0, 12.0))
"""


def wait(code: str, cache: str) -> float:
    """Wall-clock seconds of a fresh process that runs `code` with that cache folder."""
    began = perf_counter()
    subprocess.run(
        [sys.executable, "-c", code], check=True, env=os.environ | {"NUMBA_CACHE_DIR": cache}
    )
    return perf_counter() - began


def main() -> None:
    """Print each wait in seconds."""
    for name, code in (("import", IMPORT), ("one readout", READOUT), ("every kernel", EVERYTHING)):
        with tempfile.TemporaryDirectory() as cache:
            cold = wait(code, cache)
            warm = min(wait(code, cache) for _ in range(3))
        print(f"{name:14} cold {cold:6.2f} s, from the cache {warm:5.2f} s")


if __name__ == "__main__":
    main()
