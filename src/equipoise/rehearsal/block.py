# SPDX-License-Identifier: Apache-2.0
"""The unit of work: some whole-patient replicates, simulated, derived and analysed together."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from equipoise.adam import derive_adam
from equipoise.protocol.model import Protocol
from equipoise.results.replicates import analyse_replicates
from equipoise.simulated import simulate_replicates

READ = ("ADSL", "ADRS", "ADTTE")
"""The ADaM tables that the analyses of a rehearsal read; the others are not made."""


@dataclass(frozen=True, slots=True)
class RehearsalBlock:
    """Replicates first to first + replicates - 1 of a protocol's simulated trial."""

    protocol: Protocol
    seed: int
    index: int
    first: int
    replicates: int


@dataclass(frozen=True, slots=True)
class RehearsedBlock:
    """A block, and every number of every replicate as `analyse_replicates` gives them."""

    block: RehearsalBlock
    numbers: pl.DataFrame


def without_sensitivity(protocol: Protocol) -> Protocol:
    """The protocol with the planned rule set of each endpoint alone; no other is analysed."""
    endpoints = tuple(e.model_copy(update={"sensitivity": ()}) for e in protocol.endpoints)
    return protocol.model_copy(update={"endpoints": endpoints})


def rehearse_block(block: RehearsalBlock) -> RehearsedBlock:
    """The patients of the block to their results; depends on nothing but the block."""
    wanted = range(block.first, block.first + block.replicates)
    protocol = without_sensitivity(block.protocol)
    patients = simulate_replicates(protocol, seed=block.seed, replicates=wanted)
    adam = derive_adam(patients, protocol, only=READ, traced=False)
    numbers = analyse_replicates(adam, protocol)
    return RehearsedBlock(block, numbers.with_columns(data=pl.lit("SIMULATED")))
