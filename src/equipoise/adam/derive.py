# SPDX-License-Identifier: Apache-2.0
"""SDTM tables to the ADaM tables the analyses read."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.adae import derive_adae
from equipoise.adam.adex import derive_adex
from equipoise.adam.adlb import derive_adlb
from equipoise.adam.adrs import derive_adrs
from equipoise.adam.adsl import derive_adsl
from equipoise.adam.adsubtx import derive_adsubtx
from equipoise.adam.adtte import derive_adtte
from equipoise.adam.cutoff import apply_cutoff, data_cutoff
from equipoise.errors import DataError, Fault
from equipoise.protocol.model import Protocol
from equipoise.tables import conform, load_contract

NEEDED = ("DM", "DS", "EX", "AE", "RS")


def derive_adam(tables: Mapping[str, pl.DataFrame], protocol: Protocol) -> dict[str, pl.DataFrame]:
    """ADSL, ADRS, ADTTE, ADAE and ADEX of a trial as of its data cut-off; ADLB from LB and
    ADSUBTX from CM or PR, where there are such.

    Parameters    tables : SDTM tables by name, checked by `check_tables`; not altered
    Raises        DataError - a table that the derivation needs is not there
    """
    absent = [name for name in NEEDED if name not in tables]
    if absent:
        raise DataError([_missing(name, protocol) for name in absent])
    seen = apply_cutoff(conform(tables), data_cutoff(tables, protocol))
    adsl = derive_adsl(seen, protocol)
    adrs = derive_adrs(seen, adsl, protocol)
    derived = {
        "ADSL": adsl,
        "ADRS": adrs,
        "ADTTE": derive_adtte(adsl, adrs, seen, protocol),
        "ADAE": derive_adae(seen, adsl, protocol),
        "ADEX": derive_adex(seen, adsl, protocol),
    }
    therapy = derive_adsubtx(seen, adsl, protocol)
    if therapy is not None:
        derived["ADSUBTX"] = therapy
    if "LB" in seen:
        derived["ADLB"] = derive_adlb(seen["LB"], adsl)
    return derived


def _missing(name: str, protocol: Protocol) -> Fault:
    file = protocol.data.tables.get(name, name.lower())
    return Fault(
        what=f"the table {name} ({load_contract(name).label}) is missing",
        where=f"no file {file}.csv, .parquet, .xpt, .json or .sas7bdat among the tables",
        mend=f"add it, or say which file holds it: data.tables: {{{name}: <file>}}",
    )
