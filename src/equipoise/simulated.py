# SPDX-License-Identifier: Apache-2.0
"""A simulated trial as SDTM tables: the stages `simulate` and `sdtm` joined."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.study import record_study
from equipoise.simulation.trial import simulate_patients

_AT_ONCE = 20
"""Replicates drawn together: more only costs memory."""


def simulate_trial(
    protocol: Protocol, *, seed: int, replicates: int | None = None
) -> dict[str, pl.DataFrame]:
    """The trial's patients as the protocol's `simulation` section describes them.

    Parameters    seed : 0 to 2^64 - 1; replicates : absent, one trial without the column REPID
                  (it is replicate 1); else that many, numbered from 1 in REPID
    Returns       DM SUPPDM DS EX CM AE RS TU TR, and TRUTH with the latent times
    Raises        ProtocolError - when the protocol has no simulation section
    """
    if replicates is None:
        one = simulate_replicates(protocol, seed=seed, replicates=[1])
        return {name: table.drop("REPID") for name, table in one.items()}
    return simulate_replicates(protocol, seed=seed, replicates=range(1, replicates + 1))


def simulate_replicates(
    protocol: Protocol, *, seed: int, replicates: Sequence[int]
) -> dict[str, pl.DataFrame]:
    """These replicates, by number in REPID; each is the same whichever others are asked for."""
    parts = [
        record_study(
            protocol,
            simulate_patients(protocol, seed=seed, replicates=replicates[first : first + _AT_ONCE]),
        )
        for first in range(0, len(replicates), _AT_ONCE)
    ]
    return {name: pl.concat([part[name] for part in parts]) for name in parts[0]}
