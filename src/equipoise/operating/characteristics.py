# SPDX-License-Identifier: Apache-2.0
"""Operating characteristics of a grid of scenarios, to a number of replicates or a precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from equipoise.errors import Fault, OutputError
from equipoise.operating.block import Block, run_block
from equipoise.operating.scenario import Scenario
from equipoise.operating.spread import Spread, in_this_process
from equipoise.operating.summary import join_blocks
from equipoise.store.blocks import read_block, write_block

BLOCK_SIZE = 20_000
"""Replicates in a block: a twentieth of a second of work, the most that a lost worker costs."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Precision:
    """Stop a scenario when the standard error of a quantity is at most `se`; look 0: the trial."""

    quantity: str
    look: int
    se: float


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is simulated, and what makes it repeatable.

    Every scenario gets the same random numbers, so that scenarios differ by their assumptions and
    not by chance. `replicates` is the most that any scenario gets.
    """

    replicates: int
    seed: int
    confidence: float
    precision: Precision | None = None
    block_size: int = BLOCK_SIZE


def _blocks(scenario: Scenario, place: int, effort: Effort, keep: bool) -> list[Block]:
    size = effort.block_size
    return [
        Block(
            scenario=scenario,
            place=place,
            index=first // size,
            first=first,
            replicates=min(size, effort.replicates - first),
            seed=effort.seed,
            confidence=effort.confidence,
            keep=keep,
        )
        for first in range(0, effort.replicates, size)
    ]


def _name(block: Block, effort: Effort) -> str:
    mark = block.scenario.fingerprint(
        seed=effort.seed, block_size=effort.block_size, confidence=effort.confidence
    )
    return f"sums-{mark}-{block.index:06d}-{block.replicates}"


def _silent(_done: int, _total: int) -> None:
    return None


def operating_characteristics(
    scenarios: Sequence[Scenario],
    *,
    effort: Effort,
    spread: Spread = in_this_process,
    folder: Path | None = None,
    keep_replicates: bool = False,
    progress: Progress = _silent,
) -> pl.DataFrame:
    """What each scenario's trial does over many replicates.

    Parameters    spread : who computes, see `spread`; the numbers do not depend on it
                  folder : where finished blocks are kept; blocks found there are not computed again
                  keep_replicates : write every replicate there too, replicates-*.parquet
    Returns       scenario, the levels of its grid cell, quantity, look (0 = the trial as a whole),
                  value, se (Monte-Carlo), sd, n (replicates that have the quantity), unit. See
                  docs/methods/event-time-simulation.md for the quantities.
    """
    plan = [_blocks(s, k, effort, keep_replicates) for k, s in enumerate(scenarios)]
    total = sum(map(len, plan))
    gathered: list[list[pl.DataFrame]] = [[] for _ in plan]

    def finished(place: int) -> bool:
        parts = gathered[place]
        return len(parts) == len(plan[place]) or _precise(parts, effort.precision)

    def take_stored(place: int) -> None:
        while folder is not None and not finished(place):
            name = _name(plan[place][len(gathered[place])], effort)
            found = read_block(folder, name)
            if found is None or (keep_replicates and read_block(folder, _other(name)) is None):
                return
            gathered[place].append(found)

    def missing() -> Iterator[Block]:
        for place, blocks in enumerate(plan):
            take_stored(place)
            for block in blocks[len(gathered[place]) :]:
                if finished(place):
                    break
                yield block

    for result in spread(run_block, missing()):
        place = result.block.place
        if finished(place):
            continue  # computed ahead of the decision to stop
        if folder is not None:
            name = _name(result.block, effort)
            if result.replicates is not None:
                write_block(folder, _other(name), result.replicates)
            write_block(folder, name, result.sums)
        gathered[place].append(result.sums)
        progress(sum(map(len, gathered)), total)
    return _table(scenarios, gathered)


def _other(name: str) -> str:
    return name.replace("sums-", "replicates-", 1)


def _precise(parts: list[pl.DataFrame], precision: Precision | None) -> bool:
    """Whether the blocks so far, in their order, reach the precision asked for."""
    if precision is None or not parts:
        return False
    wanted = (pl.col("quantity") == precision.quantity) & (pl.col("look") == precision.look)
    se = join_blocks(parts).filter(wanted)["se"]
    if se.is_empty():
        raise OutputError(
            Fault(
                what=f"No quantity `{precision.quantity}` at look {precision.look} is simulated.",
                where="requested precision",
                mend="name one of the quantities of the output table, with its look.",
            )
        )
    return se[0] is not None and 0 < se[0] <= precision.se


def _table(scenarios: Sequence[Scenario], gathered: list[list[pl.DataFrame]]) -> pl.DataFrame:
    frames = []
    for scenario, parts in zip(scenarios, gathered, strict=True):
        labels = {"scenario": scenario.name, **scenario.levels}
        columns = [pl.lit(text).alias(name) for name, text in labels.items()]
        frames.append(join_blocks(parts).select(*columns, pl.all()))
    return pl.concat(frames, how="diagonal")


def compute_shard(
    scenarios: Sequence[Scenario],
    *,
    effort: Effort,
    shard: int,
    shards: int,
    folder: Path,
    spread: Spread = in_this_process,
    progress: Progress = _silent,
) -> None:
    """Blocks shard, shard + shards, ... (from 0) into `folder`; those found there are skipped.

    When all shards have run, `operating_characteristics` with the same scenarios and effort reads
    the joined folder and computes nothing but what is missing.
    """
    if effort.precision is not None:
        raise OutputError(
            Fault(
                what="A shard cannot stop at a precision: it sees only its own blocks.",
                where=f"shard {shard}/{shards}",
                mend="ask for a number of replicates, or run without shards.",
            )
        )
    every = [b for k, s in enumerate(scenarios) for b in _blocks(s, k, effort, keep=False)]
    own = [b for b in every[shard::shards] if read_block(folder, _name(b, effort)) is None]
    for done, result in enumerate(spread(run_block, iter(own)), start=1):
        write_block(folder, _name(result.block, effort), result.sums)
        progress(done, len(own))
