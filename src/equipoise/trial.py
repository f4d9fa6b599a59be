# SPDX-License-Identifier: Apache-2.0
"""A trial as the verbs see it: its checked protocol, and its tables with where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from equipoise.adam.censoring import bundled_rule_sets
from equipoise.adam.derive import reads_lesions
from equipoise.errors import DataError, Fault, ProtocolError
from equipoise.protocol.check import check_protocol
from equipoise.protocol.model import Protocol
from equipoise.protocol.read import read_protocol
from equipoise.simulated import simulate_trial
from equipoise.store.manifest import sha256
from equipoise.store.read_tables import read_tables
from equipoise.store.trial_file import read_trial_text
from equipoise.tables import (
    LesionChecks,
    check_accepted,
    check_lesions,
    check_tables,
    conform,
)

Tables = dict[str, pl.DataFrame]
DataKind = Literal["DATA", "SIMULATED", "TWIN"]

REQUIRED_SDTM = ("DM", "DS", "EX", "AE")
RESPONSE_SDTM = {"recorded": ("RS",), "lesions": ("TU", "TR")}
OPTIONAL_SDTM = ("SUPPDM", "SUPPAE", "CM", "PR", "LB", "DV", "RS", "TU", "TR", "SUPPTR")
TWIN_SUFFIX = "-TWIN"
TWIN_NOTE = "synthetic twin, constructed from published figures, not patient data"
ADAM = ("ADSL", "ADRS", "ADTTE", "ADAE")


@dataclass(frozen=True, slots=True)
class Trial:
    """A checked protocol and the file it came from."""

    protocol: Protocol
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The tables of a trial: read from files, simulated, or constructed as a synthetic twin.

    `inputs` are the SHA-256 sums of the files read; `arguments` what the user asked for.
    """

    kind: DataKind
    tables: Tables
    inputs: dict[str, str]
    arguments: dict[str, object]
    seed: int | None
    cutoff: str | None

    @property
    def simulated(self) -> bool:
        """True when no patient behind these tables ever lived."""
        return self.kind != "DATA"

    @property
    def note(self) -> str | None:
        """What every file of a twin says of itself; None of other tables."""
        return TWIN_NOTE if self.kind == "TWIN" else None

    def labelled(self, tables: Tables) -> Tables:
        """Tables as they go to a file: those of a twin say so in a column of their own."""
        if self.note is None:
            return tables
        note = pl.lit(self.note).alias("ORIGIN")
        return {name: table.with_columns(note) for name, table in tables.items()}

    def inputs_with(self, trial: Trial) -> dict[str, str]:
        """SHA-256 sums of everything that went in, the protocol file first."""
        return {trial.file: trial.sha256, **self.inputs}


def load_trial(trial: str | Path) -> Trial:
    """Read and check a protocol: a bundled name or a path.

    Raises TrialNotFoundError, or ProtocolError with every fault of the file.
    """
    text, file = read_trial_text(trial)
    protocol, positions = read_protocol(text, file=file)
    faults = check_protocol(protocol, positions, rule_sets=bundled_rule_sets())
    if faults:
        raise ProtocolError(faults)
    return Trial(protocol=protocol, file=file, sha256=sha256(text.encode()))


def read_evidence(trial: Trial, data: Path, *, tables: Mapping[str, str]) -> Evidence:
    """The trial's tables from a folder, each checked against its contract.

    Parameters    tables : file names that differ from the table's, beside those of the protocol
    Raises        DataError - every fault of every table
    """
    names = {**trial.protocol.data.tables, **tables}
    wanted = dict.fromkeys([*REQUIRED_SDTM, *OPTIONAL_SDTM, *ADAM, *names])
    read = read_tables(data, wanted=list(wanted), names=names)
    adam_alone = "ADSL" in read.files and "DM" not in read.files
    sdtm = [*REQUIRED_SDTM, *RESPONSE_SDTM[trial.protocol.response.source]]
    required = [*ADAM, *tables] if adam_alone else [*sdtm, *names]
    chosen = {name: t for name, t in read.tables.items() if (name in ADAM) == adam_alone}
    absent = [table for table in dict.fromkeys(required) if table not in read.files]
    faults = [_no_file(table, names.get(table), data) for table in absent]
    faults += read.faults + check_tables(chosen, files=read.files)
    faults += _response_faults(chosen, trial.protocol, files=read.files)
    if faults:
        raise DataError(faults)
    return Evidence(
        kind="TWIN" if _of_a_twin(chosen) else "DATA",
        tables=conform(chosen),
        inputs={read.files[name]: read.sha256[read.files[name]] for name in sorted(chosen)},
        arguments={"data": str(data), "tables": dict(tables)},
        seed=None,
        cutoff=trial.protocol.data.cutoff,
    )


def _of_a_twin(tables: Mapping[str, pl.DataFrame]) -> bool:
    """Whether the tables bear the name of a twin, which they keep wherever they go."""
    subjects = tables.get("DM", tables.get("ADSL"))
    return subjects is not None and bool(subjects["STUDYID"].str.ends_with(TWIN_SUFFIX).any())


def _response_faults(
    tables: Mapping[str, pl.DataFrame], protocol: Protocol, *, files: Mapping[str, str]
) -> list[Fault]:
    """Faults of lesions where responses come from them, and of accepted reads where they count."""
    options, faults = protocol.response.lesions, list[Fault]()
    if any(e.accepted_only or e.adjudication for e in protocol.evaluators):
        faults += check_accepted(tables, files=files)
    if reads_lesions(protocol, tables):
        checks = LesionChecks(
            sizes=(options.longest, options.short),
            states=("TUMSTATE",),
            copies=options.copies == "drop",
            per_day=options.visit_on_several_days == "one-per-day",
            baseline=options.baseline_visits,
        )
        faults += check_lesions(tables, checks, files=files)
    return faults


def _no_file(table: str, name: str | None, data: Path) -> Fault:
    said = f" under the name `{name}`" if name else ""
    return Fault(
        what=f"table {table} has no file{said}",
        where=str(data),
        mend=f"put {(name or table).lower()}.csv there (or parquet, xpt, json, ndjson, sas7bdat), "
        f"or name its file: --table {table}=NAME",
    )


def simulate_evidence(trial: Trial, *, seed: int) -> Evidence:
    """The trial's tables as its declared assumptions would have them, and when they were cut.

    Raises ProtocolError when the protocol declares no simulation.
    """
    simulation = trial.protocol.simulation
    if simulation is None:
        raise ProtocolError(
            Fault(
                what="this protocol declares no `simulation`: without data there are no patients",
                where=trial.file,
                mend="give the trial's tables, --data DIR, or add a `simulation` section",
            )
        )
    tables = simulate_trial(trial.protocol, seed=seed)
    found = tables["TRUTH"]["cutoff"].max()
    return Evidence(
        kind="SIMULATED",
        tables=conform(tables),
        inputs={},
        arguments={"seed": seed},
        seed=seed,
        cutoff=simulation.cutoff if found is None else str(found),
    )


def has_twin(protocol: Protocol) -> bool:
    """Whether published figures, bound to analyses, say enough to construct patients."""
    figures = protocol.published.figures if protocol.published else ()
    return protocol.simulation is not None and any(figure.bind for figure in figures)


def twin_evidence(trial: Trial, *, seed: int) -> Evidence:
    """Patients constructed so that the published figures of the protocol come out.

    Raises ProtocolError when the protocol has no published figures or no simulation.
    """
    from equipoise.twins.construct import construct_twin

    twin = construct_twin(trial.protocol, seed=seed)
    assert trial.protocol.simulation is not None  # a twin needs one
    return Evidence(
        kind="TWIN",
        tables=conform(twin.tables),
        inputs={},
        arguments={"seed": seed, "twin": True},
        seed=seed,
        cutoff=trial.protocol.simulation.cutoff,
    )
