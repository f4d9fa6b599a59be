# SPDX-License-Identifier: Apache-2.0
"""Who the patients are and what befalls them, and how much of that a cut-off lets be seen."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from equipoise.grouping import derive_groupings
from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.burden_hazard import follow_burden
from equipoise.simulation.cutoff import follow_up
from equipoise.simulation.disease import Latent, simulate_disease, times_uniform
from equipoise.simulation.enrolment import Entry, simulate_covariates, simulate_entry
from equipoise.simulation.patient_table import Lives
from equipoise.simulation.prognosis import simulate_prognosis
from equipoise.simulation.randomisation import allocate_arms
from equipoise.simulation.safety import Toxicity, simulate_toxicity
from equipoise.simulation.streams import IntArray, Streams


@dataclass(frozen=True, slots=True)
class Begun:
    """Patients before anybody says how long they are followed; see `Lives`."""

    entry: Entry
    covariates: pl.DataFrame
    arm: IntArray
    latent: Latent
    toxicity: Toxicity


def begin_lives(protocol: Protocol, simulation: Simulation, streams: Streams) -> Begun:
    """Who the patients are, which arm they get, and how long they live and stay."""
    entry = simulate_entry(protocol, simulation, streams)
    covariates = simulate_covariates(simulation, streams)
    characteristics = derive_groupings(covariates, protocol.groupings)
    arm = allocate_arms(protocol, characteristics, streams)
    prognosis = simulate_prognosis(simulation, characteristics, streams)
    latent = simulate_disease(protocol, simulation, arm, prognosis, streams)
    if simulation.burden is not None and simulation.burden.growing:
        uniform = times_uniform(streams)
        latent = follow_burden(protocol, simulation, arm, prognosis, latent, uniform, streams)
    toxicity = simulate_toxicity(
        protocol, simulation, arm, latent, start=entry.start, streams=streams
    )
    return Begun(entry, covariates, arm, latent, toxicity)


def follow_lives(begun: Begun, cutoff: IntArray) -> Lives:
    """The patients as followed up to the cut-off of each."""
    follow = follow_up(
        begun.latent,
        reference=begun.entry.reference,
        fatal_event=begun.toxicity.fatal_death,
        cutoff=cutoff,
    )
    return Lives(
        begun.entry, begun.covariates, begun.arm, begun.latent, begun.toxicity, follow, cutoff
    )
