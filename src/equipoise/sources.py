# SPDX-License-Identifier: Apache-2.0
"""Where the tables of a run come from: files, a twin of the publication, or a simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from equipoise.design.look_table import look_number
from equipoise.looks import follow_to_last_look, hold_look
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
        return loaded, simulate_evidence(loaded, seed=seed)
    progress("reading tables")
    return loaded, read_evidence(loaded, Path(data), tables=tables or {})


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

    loaded = load_trial(trial)
    look_number(loaded.protocol, look)  # a look that is not planned is told before the work
    if data is None:
        progress("simulating patients")
        evidence = follow_to_last_look(loaded, seed=seed)
    else:
        _, evidence = begin(trial, data, tables, seed, progress, simulated=simulated)
    progress("deriving endpoints at each look")
    return hold_look(loaded, evidence, look)
