# SPDX-License-Identifier: Apache-2.0
"""Mathematics of a clinical trial: arrays in, frozen result out; knows no trial.

Import each method from the file that bears its name, for instance
`from equipoise.statistics.logrank import logrank`. This file imports nothing, so that reading
`equipoise.statistics.rounding` costs no compiler.
"""

from __future__ import annotations


def compile_kernels() -> float:
    """Compile every kernel into the cache and return the seconds it took.

    `make setup` calls it once, so that no user waits for compilation at the command line
    (docs/decisions/0010-kernels.md). A second call in a new process takes well under a second.
    """
    from equipoise.statistics.compilation import run_every_kernel

    return run_every_kernel()
