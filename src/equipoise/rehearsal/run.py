# SPDX-License-Identifier: Apache-2.0
"""Many replicates of a trial, block by block, to one table of operating characteristics."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from equipoise.operating.spread import Spread, in_this_process
from equipoise.protocol.model import Protocol
from equipoise.rehearsal.block import RehearsalBlock, rehearse_block
from equipoise.rehearsal.summary import join_sums, sum_block
from equipoise.rehearsal.truth import declared_truths
from equipoise.store.blocks import read_block, write_block
from equipoise.store.manifest import versions

BLOCK_SIZE = 50
"""Replicates in a block: about a second of work, and the most that is in memory at once."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How many replicates are rehearsed, from which seed, and how many make a block."""

    replicates: int
    seed: int
    block_size: int = BLOCK_SIZE


def _silent(_done: int, _total: int) -> None:
    return None


def plan_blocks(protocol: Protocol, effort: Effort) -> list[RehearsalBlock]:
    """The blocks; replicates are numbered from 1."""
    size = effort.block_size
    return [
        RehearsalBlock(
            protocol=protocol,
            seed=effort.seed,
            index=place // size,
            first=place + 1,
            replicates=min(size, effort.replicates - place),
        )
        for place in range(0, effort.replicates, size)
    ]


def block_name(block: RehearsalBlock, effort: Effort) -> str:
    """The file of a block; it follows from all that its numbers follow from."""
    stated = f"{block.protocol.model_dump_json()} {effort.seed} {effort.block_size} {versions()}"
    mark = hashlib.sha256(stated.encode()).hexdigest()[:16]
    return f"replicates-{mark}-{block.index:06d}-{block.replicates}"


def rehearse_protocol(
    protocol: Protocol,
    *,
    effort: Effort,
    spread: Spread = in_this_process,
    folder: Path | None = None,
    progress: Progress = _silent,
) -> pl.DataFrame:
    """What the analyses of the protocol find over many simulated trials of whole patients.

    Parameters    spread : who computes, see `operating.spread`; the numbers do not depend on it
                  folder : where the numbers of every replicate are kept, a Parquet file a block;
                  blocks found there are not computed again
    Returns       see `join_sums`: analysis_id, method_id, arm, comparator, stat, quantity (mean;
                  reject; bias and coverage where the truth is declared), value, se (Monte-Carlo),
                  sd, n, replicates, truth
    """
    blocks, truths = plan_blocks(protocol, effort), declared_truths(protocol)
    alpha = None if protocol.design is None else protocol.design.alpha
    sums: dict[int, pl.DataFrame] = {}

    def take(index: int, numbers: pl.DataFrame) -> None:
        sums[index] = sum_block(numbers, truths, alpha=alpha)
        progress(sum(blocks[i].replicates for i in sums), effort.replicates)

    def missing() -> Iterator[RehearsalBlock]:
        for block in blocks:
            found = None if folder is None else read_block(folder, block_name(block, effort))
            if found is None:
                yield block
            else:
                take(block.index, found)

    for done in spread(rehearse_block, missing()):
        if folder is not None:
            write_block(folder, block_name(done.block, effort), done.numbers)
        take(done.block.index, done.numbers)
    return join_sums([sums[block.index] for block in blocks])
