# SPDX-License-Identifier: Apache-2.0
"""Which arm each patient gets: permuted blocks within strata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from equipoise.protocol.model import Factor, Protocol, Randomisation
from equipoise.simulation.streams import IntArray, Streams, draw_uniforms


def allocate_arms(protocol: Protocol, covariates: pl.DataFrame, streams: Streams) -> IntArray:
    """Index into `protocol.arms` for each subject; patients are in order of entry.

    Blocks are permuted afresh in every stratum of every replicate; block sizes are drawn with
    equal chance. The number of patients is fixed; the arms are as large as the blocks make them.
    """
    if protocol.randomisation is None:
        return np.zeros(streams.subjects, dtype=np.int64)
    factors = protocol.randomisation.strata
    stratum, strata = np.zeros(streams.subjects, dtype=np.int64), ["ALL"]
    if factors:
        stratum, strata = _strata(covariates, factors)
    arms = [arm.id for arm in protocol.arms]
    arm = np.empty(streams.subjects, dtype=np.int64)
    grid = np.arange(streams.subjects).reshape(-1, streams.patients)
    for index, name in enumerate(strata):
        slots = _sequence(protocol.randomisation, arms, streams, purpose=f"randomisation.{name}")
        here = (stratum == index).reshape(grid.shape)
        turn = np.cumsum(here, axis=1) - 1
        replicate, patient = np.nonzero(here)
        arm[grid[replicate, patient]] = slots[replicate, turn[replicate, patient]]
    return arm


def _strata(covariates: pl.DataFrame, factors: Sequence[Factor]) -> tuple[IntArray, list[str]]:
    """Stratum number of each subject, and the strata's names."""
    names = pl.concat_str(
        [pl.col(factor.variable).cast(pl.String).fill_null("MISSING") for factor in factors],
        separator="|",
    )
    column = covariates.select(names.alias("stratum"))["stratum"]
    strata = sorted(column.unique().to_list())
    number = column.replace_strict(strata, list(range(len(strata))), return_dtype=pl.Int64)
    return number.to_numpy(), strata


def _sequence(
    plan: Randomisation, arms: Sequence[str], streams: Streams, *, purpose: str
) -> IntArray:
    """The list of one stratum: the arm of its first, second, ... patient, per replicate."""
    sizes = np.array(plan.blocks)
    # Room for the last block to be whole, so that it too is a full permutation.
    length = streams.patients + int(sizes.max())
    uniform = draw_uniforms(replace(streams, patients=length), purpose, width=2)
    uniform = uniform.reshape(-1, length, 2)
    size = sizes[np.floor(uniform[:, :, 0] * len(sizes)).astype(np.int64)]
    end = np.cumsum(size, axis=1)
    begins = np.zeros((len(end), length + 1), dtype=np.int64)
    np.put_along_axis(begins, np.minimum(end, length), 1, axis=1)
    block = np.cumsum(begins, axis=1)[:, :length]
    # A slot's place in its block is the rank of its draw: sorting by draw inside each block
    # permutes the block.
    order = np.argsort(block + uniform[:, :, 1], axis=1)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.broadcast_to(np.arange(length), order.shape), axis=1)
    place -= np.take_along_axis(end - size, block, axis=1)
    ratio = np.cumsum([plan.ratio[arm] for arm in arms])
    block_size = np.take_along_axis(size, block, axis=1)[..., None]
    return np.asarray(np.sum(place[..., None] * ratio[-1] >= block_size * ratio[:-1], axis=-1))
