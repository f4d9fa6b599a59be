# SPDX-License-Identifier: Apache-2.0
"""A rehearsal as a verb runs it: who computes, where it is kept, and what is written at its end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from equipoise.errors import Fault, ProtocolError
from equipoise.operating.spread import choose_spread
from equipoise.rehearsal.run import Effort, Progress, rehearse_protocol
from equipoise.rehearsal.world import without_effect
from equipoise.store.blocks import refuse_other_folder, write_beside
from equipoise.store.manifest import manifest_json, run_identifier
from equipoise.store.write_run import MANIFEST, table_files
from equipoise.trial import Trial


def rehearse_trial(
    trial: Trial,
    *,
    replicates: int,
    seed: int,
    workers: int,
    cluster: str | None,
    no_effect: bool,
    out: Path | None,
    progress: Progress | None,
) -> pl.DataFrame:
    """See `equipoise.rehearse`; into `out` go rehearsal.csv and .parquet and manifest.json too."""
    protocol = trial.protocol
    if protocol.simulation is None:
        raise ProtocolError(
            Fault(
                what="this protocol declares no `simulation`: there are no patients to rehearse",
                where=trial.file,
                mend="add a `simulation` section: enrolment, cut-off and the course of each arm",
            )
        )
    if no_effect:
        protocol = without_effect(protocol)
    if out is not None:
        refuse_other_folder(out, blocks="replicates")
    table = rehearse_protocol(
        protocol,
        effort=Effort(replicates=replicates, seed=seed),
        spread=choose_spread(workers, cluster),
        folder=out,
        progress=progress or (lambda _done, _total: None),
    )
    if out is not None:
        asked = {"replicates": replicates, "without_effect": no_effect}
        write_beside(out, _files(trial, table, asked, seed=seed))
    return table


def _files(
    trial: Trial, table: pl.DataFrame, asked: Mapping[str, object], *, seed: int
) -> dict[str, bytes]:
    inputs = {trial.file: trial.sha256}
    run_id = f"SIMULATED-{run_identifier(inputs, {**asked, 'seed': seed})}"
    files = table_files({"rehearsal": table.with_columns(run_id=pl.lit(run_id))})
    simulation = trial.protocol.simulation
    manifest = manifest_json(
        run_id=run_id,
        verb="rehearse",
        data_kind="SIMULATED",
        inputs=inputs,
        outputs=files,
        arguments=asked,
        cutoff=None if simulation is None else simulation.cutoff,
        seed=seed,
    )
    return {**files, MANIFEST: manifest}
