# SPDX-License-Identifier: Apache-2.0
"""Where the tables of a run come from: files, a twin of the publication, or a simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from equipoise.pipeline import derive_stage
from equipoise.trial import (
    Evidence,
    Tables,
    Trial,
    has_twin,
    load_trial,
    read_evidence,
    simulate_evidence,
    twin_evidence,
)

Progress = Callable[[str], None]


def begin(
    trial: str | Path,
    data: str | Path | None,
    tables: Mapping[str, str] | None,
    seed: int,
    progress: Progress,
    *,
    simulated: bool,
) -> tuple[Trial, Evidence]:
    """The trial and its tables: from files, as its twin, or simulated; in this order."""
    loaded = load_trial(trial)
    if data is None and has_twin(loaded.protocol) and not simulated:
        progress("constructing patients")
        return loaded, twin_evidence(loaded, seed=seed)
    if data is None:
        progress("simulating patients")
        evidence = simulate_evidence(loaded, seed=seed)
        return cut_where_simulated(loaded, evidence), evidence
    progress("reading tables")
    return loaded, read_evidence(loaded, Path(data), tables=tables or {})


def cut_where_simulated(trial: Trial, evidence: Evidence) -> Trial:
    """The trial whose simulation ends on the day its tables end: where events decide, the found."""
    world = trial.protocol.simulation
    if world is None or world.cutoff_at is None or evidence.cutoff is None:
        return trial
    cut = world.model_copy(update={"cutoff": evidence.cutoff})
    return replace(trial, protocol=trial.protocol.model_copy(update={"simulation": cut}))


def derived(
    trial: str | Path,
    data: str | Path | None,
    tables: Mapping[str, str] | None,
    seed: int,
    look: str | None,
    progress: Progress,
    *,
    simulated: bool,
) -> tuple[Trial, Evidence, Tables]:
    """The trial, its tables and ADaM: at the protocol's cut-off, or at a look of the plan.

    Without data a look is always of simulated patients: publications do not print it.
    """
    if look is None:
        loaded, evidence = begin(trial, data, tables, seed, progress, simulated=simulated)
        progress("deriving endpoints")
        return loaded, evidence, derive_stage(loaded, evidence)

    from equipoise.design.look_table import look_number  # half of the design: looks alone need it
    from equipoise.looks import follow_to_last_look, hold_look

    loaded = load_trial(trial)
    look_number(loaded.protocol, look)  # a look that is not planned is told before the work
    if data is None:
        progress("simulating patients")
        evidence = follow_to_last_look(loaded, seed=seed)
    else:
        _, evidence = begin(trial, data, tables, seed, progress, simulated=simulated)
    progress("deriving endpoints at each look")
    return hold_look(loaded, evidence, look)
