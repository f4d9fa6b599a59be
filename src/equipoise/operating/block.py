# SPDX-License-Identifier: Apache-2.0
"""The unit of work: some replicates of one scenario, whoever computes them and wherever."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.operating.plan import Floats
from equipoise.operating.scenario import Scenario
from equipoise.operating.simulate_events import simulate_replicates
from equipoise.operating.summary import summarise_block


@dataclass(frozen=True, slots=True)
class Block:
    """Replicates first to first + replicates - 1 of a scenario, number `place` of the grid."""

    scenario: Scenario
    place: int
    index: int
    first: int
    replicates: int
    seed: int
    confidence: float
    keep: bool


@dataclass(frozen=True, slots=True)
class BlockResult:
    """Sums of a block, and its replicates where they are kept."""

    block: Block
    sums: pl.DataFrame
    replicates: pl.DataFrame | None


def run_block(block: Block) -> BlockResult:
    """Simulate one block; depends on nothing but the block."""
    out = simulate_replicates(
        block.scenario.trial,
        looks=block.scenario.looks,
        seed=block.seed,
        first=block.first,
        replicates=block.replicates,
    )
    sums = summarise_block(block.scenario, out, confidence=block.confidence)
    return BlockResult(block, sums, _table(out, block.first) if block.keep else None)


def _table(out: Floats, first: int) -> pl.DataFrame:
    """One row per replicate and look; a look that never comes has an infinite cut."""
    replicates, looks, _ = out.shape
    columns = ("cut", "events", "enrolled", "z", "log_hr", "se")
    return pl.DataFrame(
        {
            "replicate": np.repeat(np.arange(first, first + replicates), looks),
            "look": np.tile(np.arange(1, looks + 1), replicates),
            **{name: out[:, :, k].ravel() for k, name in enumerate(columns)},
        }
    )
