# SPDX-License-Identifier: Apache-2.0
"""The verbs that plan a trial: its design, and what scenarios would make of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.verbs import Progress, silent, write_apart

if TYPE_CHECKING:  # imported where they are used: `import equipoise` stays fast
    from equipoise.operating.run_grid import GridRun
    from equipoise.pipeline import Designed


def plan(
    trial: str | Path,
    *,
    solve: str | None = None,
    verify: int = 0,
    seed: int = 1,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> Designed:
    """The plan of a trial: sizes, bounds, calendar, and the paragraph for its protocol.

    Parameters    solve : what to leave open: power, events, effect, patients or accrual
                  verify : trials to simulate beside the formulas; 0 for none
    """
    from equipoise.pipeline import design_stage
    from equipoise.trial import load_trial

    loaded = load_trial(trial)
    progress("planning")
    made = design_stage(loaded, solve=solve, verify=verify, seed=seed)
    if out is not None:
        from equipoise.store.write_run import table_files

        files = table_files(made.tables, folder="design")
        files |= {"design.html": made.html.encode(), "design.txt": f"{made.paragraph}\n".encode()}
        write_apart(
            Path(out),
            "design",
            files,
            kind="PLAN",
            inputs={loaded.file: loaded.sha256},
            arguments={"solve": solve, "verify": verify},
            seed=seed if verify else None,
        )
    return made


def scenarios(
    grid: str | Path,
    *,
    replicates: int = 100_000,
    seed: int = 1,
    precision: str | None = None,
    confidence: float = 0.95,
    workers: int = 1,
    cluster: str | None = None,
    blocks: str | Path | None = None,
    out: str | Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> GridRun:
    """Operating characteristics of a grid of scenarios: what each trial does when repeated.

    Parameters    grid : YAML file, see docs/how-to/operating-characteristics.md
                  replicates : trials in each scenario, at most
                  precision : when a scenario may end early, as `reject=0.001`
                  workers : processes on this machine; call with more than one only under
                  `if __name__ == "__main__":`
                  cluster : address of a Dask scheduler or a queue file, in place of workers, see
                  docs/how-to/use-a-cluster.md
                  blocks : folder of finished work, from which an interrupted run goes on
                  progress : told (finished, planned) blocks of work
    """
    from equipoise.operating.characteristics import Effort
    from equipoise.operating.run_grid import parse_precision, run_grid
    from equipoise.operating.spread import choose_spread
    from equipoise.store.manifest import sha256
    from equipoise.store.stated_file import read_stated

    wanted = parse_precision(precision) if precision else None
    text = read_stated(grid, kind="grid")
    made = run_grid(
        text,
        source=str(grid),
        effort=Effort(replicates, seed, confidence, wanted),
        spread=choose_spread(workers, cluster),
        folder=Path(blocks) if blocks else None,
        progress=progress,
    )
    if out is not None:
        from equipoise.store.write_run import table_files

        write_apart(
            Path(out),
            "scenarios",
            table_files(made.tables()) | {"scenarios.html": made.html.encode()},
            kind="SIMULATED",
            inputs={Path(grid).name: sha256(text.encode())},
            arguments={
                "replicates": replicates,
                "precision": precision,
                "confidence": confidence,
            },
            seed=seed,
        )
    return made
