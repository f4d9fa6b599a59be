# SPDX-License-Identifier: Apache-2.0
"""A simulated trial as SDTM tables: the stages `simulate` and `sdtm` joined."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.study import record_study
from equipoise.simulate.trial import simulate_patients


def simulate_trial(
    protocol: Protocol, *, seed: int, replicates: int | None = None
) -> dict[str, pl.DataFrame]:
    """The trial's patients as the protocol's `simulation` section describes them.

    Parameters    seed : 0 to 2^64 - 1; replicates : absent, one trial without the column REPID
                  (it is replicate 1); else that many, numbered from 1 in REPID
    Returns       DM SUPPDM DS EX CM AE RS TU TR, and TRUTH with the latent times
    Raises        ProtocolError - when the protocol has no simulation section
    """
    world = simulate_patients(protocol, seed=seed, replicates=range(1, (replicates or 1) + 1))
    if replicates is None:
        world["patients"] = world["patients"].drop("replicate")
    return record_study(protocol, world)
