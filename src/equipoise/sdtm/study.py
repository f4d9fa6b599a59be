# SPDX-License-Identifier: Apache-2.0
"""All domains of a simulated study, and the truth beside them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.ae import ae_table
from equipoise.sdtm.cm import cm_table
from equipoise.sdtm.dm import dm_table, suppdm_table
from equipoise.sdtm.ds import ds_table
from equipoise.sdtm.ex import ex_table
from equipoise.sdtm.records import domain_table, iso, subject_ids
from equipoise.sdtm.rs import rs_table
from equipoise.sdtm.screening import with_screen_failures
from equipoise.sdtm.tr import tr_table
from equipoise.sdtm.tu import tu_table


def record_study(protocol: Protocol, world: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """SDTM tables of the simulated patients in `world`, by domain, and TRUTH; REPID in all."""
    patients = world["patients"].hstack(subject_ids(protocol, world["patients"]))
    simulation = protocol.simulation
    covariates = [*simulation.continuous, *simulation.categorical] if simulation else []
    tables = {
        "DM": dm_table(protocol, patients, world["doses"]),
        "SUPPDM": suppdm_table(protocol, patients, covariates),
        "DS": ds_table(protocol, patients, world["doses"]),
        "EX": ex_table(protocol, patients, world["doses"]),
        "CM": cm_table(protocol, patients),
        "AE": ae_table(protocol, patients, world["events"]),
        "RS": rs_table(protocol, patients, world["reads"]),
        "TU": tu_table(protocol, patients, world["lesions"]),
        "TR": tr_table(protocol, patients, world["measurements"]),
        "TRUTH": _truth_table(protocol, patients),
    }
    recorded = _entered(tables, patients)
    failures = world.get("failures")
    if failures is None or failures.is_empty():
        return recorded
    return with_screen_failures(protocol, recorded, _screened(failures, patients))


def _screened(failures: pl.DataFrame, patients: pl.DataFrame) -> pl.DataFrame:
    """The failures up to the cut-off of their replicate."""
    cutoffs = patients.select("replicate", "cutoff").unique()
    both = failures.join(cutoffs, on="replicate", how="left", maintain_order="left")
    return both.filter(pl.col("failed") <= pl.col("cutoff")).drop("cutoff")


def _entered(tables: dict[str, pl.DataFrame], patients: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Without the patients who had not entered on the day of the cut-off."""
    entered = patients["entry"] <= patients["observed_to"]
    if entered.all():
        return tables
    keys = patients.select(pl.col("replicate").alias("REPID"), "USUBJID").filter(entered)
    return {
        name: table.join(keys, on=keys.columns, how="semi", maintain_order="left")
        for name, table in tables.items()
    }


def _truth_table(protocol: Protocol, patients: pl.DataFrame) -> pl.DataFrame:
    """What no site ever sees: latent times, in days after `reference`, and latent response."""
    latent = [name for name in patients.columns if name.startswith("latent_")]
    latent += ["died_of_event", "sums_read", "sums_held"]
    return domain_table(
        protocol,
        "TRUTH",
        patients,
        pl.int_range(patients.height, eager=True),
        {
            "ARMCD": patients["arm"],
            "cutoff": iso(patients["cutoff"]),
            "reference": iso(patients["reference"]),
            **{name: patients[name] for name in latent},
        },
    ).drop("DOMAIN")
