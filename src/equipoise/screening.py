# SPDX-License-Identifier: Apache-2.0
"""Candidates from disk, screened against several trials at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from equipoise.eligibility import candidates_from_sdtm, check_candidates, screen_candidates
from equipoise.errors import DataError, Fault
from equipoise.store.read_tables import read_one_table, read_tables
from equipoise.trial import Trial

SDTM = ("DM", "SUPPDM", "IE")


@dataclass(frozen=True, slots=True)
class Screened:
    """Every criterion of every trial for every candidate, and a verdict per trial."""

    criteria: pl.DataFrame
    verdicts: pl.DataFrame

    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables by name, as they lie in a run folder."""
        return {"criteria": self.criteria, "verdicts": self.verdicts}


def read_candidates(data: Path) -> tuple[pl.DataFrame, dict[str, str]]:
    """One row per candidate, and the SHA-256 of each file read.

    Parameters    data : a file with variables as columns, or a folder with DM and SUPPDM
    """
    if not data.is_dir():
        one = read_one_table(data)
        return check_candidates(one.tables[data.name], file=data.name), one.sha256
    read = read_tables(data, wanted=SDTM, names={})
    faults = list(read.faults)
    if "DM" not in read.files:
        faults.append(
            Fault(
                what="table DM has no file",
                where=str(data),
                mend="put dm.csv there, or give one file of candidates",
            )
        )
    if faults:
        raise DataError(faults)
    candidates = check_candidates(candidates_from_sdtm(read.tables), file=read.files["DM"])
    return candidates, read.sha256


def screen_trials(trials: Sequence[Trial], candidates: pl.DataFrame) -> Screened:
    """Each candidate against each trial."""
    found = [screen_candidates(candidates, trial.protocol) for trial in trials]
    return Screened(
        criteria=pl.concat([criteria for criteria, _ in found]),
        verdicts=pl.concat([verdicts for _, verdicts in found]),
    )
