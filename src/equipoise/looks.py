# SPDX-License-Identifier: Apache-2.0
"""The trial as it stood at a look of its plan: when the look fell, and what it saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from equipoise.adam import derive_adam
from equipoise.adam.cutoff import apply_cutoff
from equipoise.design.interim_tables import date_of_look
from equipoise.design.look_table import LookHeld, design_looks, look_number, look_table
from equipoise.design.plan import outline_of
from equipoise.errors import DataError, Fault, MethodError
from equipoise.results.look_comparison import look_rows, look_statistic
from equipoise.trial import Evidence, Tables, Trial, simulate_evidence

_LONGER_YEARS = (0, 1, 2, 4, 8, 16)
"""How much longer simulated patients are followed, step by step, until the look's events came."""


def follow_to_last_look(trial: Trial, *, seed: int) -> Evidence:
    """Simulated patients, followed until the events of the last look have happened, or 16 years.

    Every look of one seed is of the same patients, whichever look is read.

    Raises ProtocolError when the protocol declares no simulation
    """
    assumed = trial.protocol.simulation
    if assumed is None:
        return simulate_evidence(trial, seed=seed)  # it raises, and says why
    wanted, evidence = int(outline_of(trial.protocol).events[-1]), None
    for years in _LONGER_YEARS:
        until = date.fromisoformat(assumed.cutoff) + timedelta(days=round(365.25 * years))
        longer = _cut_at(trial, None, simulated_until=until)
        evidence = replace(simulate_evidence(longer, seed=seed), cutoff=until.isoformat())
        rows = look_rows(derive_adam(evidence.tables, longer.protocol), longer.protocol)
        if rows.filter(pl.col("CNSR") == 0).height >= wanted:
            break
    assert evidence is not None  # the loop ran
    return evidence


def hold_look(trial: Trial, evidence: Evidence, look: str) -> tuple[Trial, Evidence, Tables]:
    """The trial at the data cut-off of that look, its tables as then known, and ADaM with ADLOOK.

    The cut-off is the day `held` that the protocol states, else the day of the planned events.

    Raises DataError - ADaM tables alone cannot be cut at an earlier day
           MethodError - the events of the look have not happened
    """
    if "ADSL" in evidence.tables:
        raise DataError(_not_cut())
    last = look_number(trial.protocol, look)
    until = date.fromisoformat(evidence.cutoff) if evidence.simulated and evidence.cutoff else None
    whole = _cut_at(trial, None, simulated_until=until)
    everything = derive_adam(evidence.tables, whole.protocol)
    began = everything["ADSL"]["RANDDT"].drop_nulls().min()
    held: list[LookHeld] = []
    adam, then, cutoff, seen = everything, whole, began, dict(evidence.tables)
    for at in range(last):
        cutoff = _cutoff_of(trial, everything, at)
        then = _cut_at(trial, cutoff, simulated_until=until)
        seen = _known_by(evidence.tables, cutoff)
        adam = derive_adam(seen, then.protocol)
        events, z = look_statistic(adam, then.protocol)
        assert isinstance(began, date)  # a look has events, so somebody was randomised
        months = (cutoff - began).days / trial.protocol.days_per_month
        held.append(LookHeld(cutoff, months, events, z))
    assert isinstance(cutoff, date)
    study = str(adam["ADSL"]["STUDYID"][0])
    arguments = evidence.arguments | {"look": last}
    known = replace(evidence, tables=seen, arguments=arguments, cutoff=cutoff.isoformat())
    return then, known, adam | {"ADLOOK": look_table(trial.protocol, held, study=study)}


def _cutoff_of(trial: Trial, everything: Tables, at: int) -> date:
    """The day of one look: as held, or when its planned events and its month are both reached."""
    design = design_looks(trial.protocol)
    planned = design.looks[at]
    if planned.held is not None:
        return date.fromisoformat(planned.held)
    try:
        return date_of_look(
            everything["ADSL"],
            look_rows(everything, trial.protocol),
            events=int(outline_of(trial.protocol).events[at]) if planned.fraction else None,
            month=planned.month,
            patients=planned.patients,
            days_per_month=trial.protocol.days_per_month,
        )
    except MethodError as error:
        raise MethodError([replace(f, mend=_held(at, f.mend)) for f in error.faults]) from error


def _held(at: int, otherwise: str) -> str:
    return (
        f"{otherwise}; or, if the look was held with fewer events, state its data cut-off in the "
        f'protocol: design.looks.{at}.held: "YYYY-MM-DD"'
    )


def _cut_at(trial: Trial, cutoff: date | None, *, simulated_until: date | None) -> Trial:
    """The trial with that data cut-off, the simulated follow-up as long as it was."""
    protocol = trial.protocol
    changes: dict[str, object] = {
        "data": protocol.data.model_copy(update={"cutoff": cutoff and cutoff.isoformat()})
    }
    if simulated_until is not None and protocol.simulation is not None:
        changes["simulation"] = protocol.simulation.model_copy(
            update={"cutoff": simulated_until.isoformat(), "cutoff_at": None}
        )
    return replace(trial, protocol=protocol.model_copy(update=changes))


def _known_by(tables: Mapping[str, pl.DataFrame], cutoff: date) -> Tables:
    """SDTM tables as they stood on the day: patients who came later are not among them."""
    cut = apply_cutoff(tables, cutoff)
    begun = cut["DS"]["USUBJID"].implode()
    later = pl.col("USUBJID").is_in(tables["DS"]["USUBJID"].implode())
    later &= ~pl.col("USUBJID").is_in(begun)
    of_patients = [name for name, table in cut.items() if "USUBJID" in table.columns]
    return cut | {name: cut[name].filter(~later) for name in of_patients}


def _not_cut() -> Fault:
    return Fault(
        what="ADaM tables cannot be cut at the day of a look: their derivations are done",
        where="--look",
        mend="give the SDTM tables: --data DIR with DM, DS, EX, AE and the responses",
    )
