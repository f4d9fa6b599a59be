# SPDX-License-Identifier: Apache-2.0
"""Scans, what each reader makes of them, and the tumour behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.baseline_lesions import Brought, bring_lesions
from equipoise.simulation.columns import text_column
from equipoise.simulation.disease import Latent
from equipoise.simulation.lesions import Growth, Lesions, simulate_lesions
from equipoise.simulation.reading import Reads, call_progression, give_reads
from equipoise.simulation.scans import Scans
from equipoise.simulation.streams import IntArray, Streams
from equipoise.simulation.tumour_course import fit_tumour_curves, read_depth, see_depth


@dataclass(frozen=True, slots=True)
class Images:
    """What was scanned and read; `truth` has a row per subject with what nobody saw."""

    scans: Scans
    reads: Reads
    lesions: Lesions
    truth: pl.DataFrame


def take_images(
    protocol: Protocol,
    simulation: Simulation,
    latent: Latent,
    scans: Scans,
    *,
    reference: IntArray,
    streams: Streams,
) -> Images:
    """The readers' calls of progression first, then lesions that grow and shrink to match."""
    readers = [reader.id for reader in protocol.readers]
    law, brought = simulation.tumour, bring_lesions(streams)
    calls = call_progression(
        protocol, simulation, latent.progression, scans, reference=reference, streams=streams
    )
    lesions = simulate_lesions(
        law,
        readers,
        calls,
        read_depth(law, latent.depth, readers, streams),
        brought,
        Growth(ratio=latent.growth_ratio, day=latent.grown[:, None]),
        scans.date - reference[:, None],
        streams,
    )
    reads = give_reads(protocol, simulation, calls, lesions.response, streams)
    return Images(scans, reads, lesions, _truth(simulation, latent, brought, lesions, reads))


def _truth(
    simulation: Simulation, latent: Latent, brought: Brought, lesions: Lesions, reads: Reads
) -> pl.DataFrame:
    """The curve of each patient, and how often a reader's sum was held at a limit."""
    depth = see_depth(simulation.tumour, latent.depth)
    curves = fit_tumour_curves(
        depth.nadir, latent.growth_ratio, tenths=brought.tenths, day=latent.grown
    )
    return pl.DataFrame(
        {
            "latent_response": text_column("", [None, "PR", "CR"], depth.response),
            "latent_burden_mm": brought.tenths / 10,
            "latent_nadir": curves.nadir,
            "latent_nadir_day": curves.nadir_day,
            "latent_sensitive": curves.sensitive,
            "latent_shrinkage_per_day": curves.shrinkage,
            "latent_growth_per_day": curves.growth,
            "sums_read": np.count_nonzero(reads.read, axis=(1, 2)),
            "sums_held": np.count_nonzero(lesions.held, axis=(1, 2)),
        }
    )
