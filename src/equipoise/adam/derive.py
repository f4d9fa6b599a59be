# SPDX-License-Identifier: Apache-2.0
"""SDTM tables to the ADaM tables the analyses read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from equipoise.adam.adae import derive_adae
from equipoise.adam.adex import derive_adex
from equipoise.adam.adjudicated_reads import accepted_rows, derive_adjudication
from equipoise.adam.adlb import derive_adlb
from equipoise.adam.adrs import derive_adrs, order_responses
from equipoise.adam.adsl import derive_adsl
from equipoise.adam.adsubtx import derive_adsubtx
from equipoise.adam.adtr import derive_adtr
from equipoise.adam.adtte import derive_adtte
from equipoise.adam.concordance import derive_concordance
from equipoise.adam.cutoff import apply_cutoff, data_cutoff
from equipoise.adam.lesion_responses import derive_lesion_responses
from equipoise.adam.response_comparison import compare_responses
from equipoise.adam.response_records import ResponseRecords, recorded_responses
from equipoise.adam.rule_set_moves import derive_rule_set_moves
from equipoise.errors import DataError, Fault
from equipoise.protocol.model import Protocol
from equipoise.tables import conform, load_contract

Tables = Mapping[str, pl.DataFrame]
NEEDED = ("DM", "DS", "EX", "AE")
SOURCES = {"recorded": ("RS",), "lesions": ("TU", "TR")}


def derive_adam(tables: Mapping[str, pl.DataFrame], protocol: Protocol) -> dict[str, pl.DataFrame]:
    """The ADaM tables of a trial, as it stood on its data cut-off.

    ADSL, ADRS, ADTTE, ADAE and ADEX of every trial; where their sources are there and the protocol
    asks: ADTR and ADRSCMP (lesions), ADADJ, ADCONC, ADTTECMP, ADLB from LB, ADSUBTX from CM or PR.

    Parameters    tables : SDTM tables by name, checked by `check_tables`; not altered
    Raises        DataError - a table that the derivation needs is not there
    """
    needed = [*NEEDED, *SOURCES[protocol.response.source]]
    absent = [name for name in needed if name not in tables]
    if absent:
        raise DataError([_missing(name, protocol) for name in absent])
    seen = apply_cutoff(conform(tables), data_cutoff(tables, protocol))
    adsl = derive_adsl(seen, protocol)
    records, others = _response_records(seen, adsl, protocol)
    adrs = derive_adrs(seen, adsl, records, protocol)
    adjudication = derive_adjudication(adrs, adsl, seen, protocol)
    if adjudication is not None:
        both = pl.concat([adrs, accepted_rows(adrs, adjudication)])
        adrs = order_responses(both, adsl, protocol)
    adtte = derive_adtte(adsl, adrs, seen, protocol)
    lesions_read = reads_lesions(protocol, seen)
    beside = {
        "ADADJ": adjudication,
        "ADCONC": derive_concordance(adrs, adtte, adsl, protocol),
        "ADTR": derive_adtr(seen, adsl, adrs, protocol) if lesions_read else None,
        "ADTTECMP": derive_rule_set_moves(adtte, protocol),
        "ADSUBTX": derive_adsubtx(seen, adsl, protocol),
        "ADLB": derive_adlb(seen["LB"], adsl) if "LB" in seen else None,
        **others,
    }
    made = {
        "ADSL": adsl,
        "ADRS": adrs,
        "ADTTE": adtte,
        "ADAE": derive_adae(seen, adsl, protocol),
        "ADEX": derive_adex(seen, adsl, protocol),
    }
    return made | {name: table for name, table in beside.items() if table is not None}


def _response_records(
    tables: Tables, adsl: pl.DataFrame, protocol: Protocol
) -> tuple[ResponseRecords, dict[str, pl.DataFrame]]:
    """The overall responses the analysis uses; ADRSCMP where they are compared with the others."""
    from_lesions = protocol.response.source == "lesions"
    compare = "RS" in tables and reads_lesions(protocol, tables)
    compare = compare and protocol.response.compare != "never"
    derived = recorded = None
    if from_lesions or compare:
        derived = derive_lesion_responses(tables, adsl, protocol)
    if not from_lesions or compare:
        recorded = recorded_responses(tables, protocol)
    used = derived if from_lesions else recorded
    assert used is not None
    if derived is None or recorded is None:
        return used, {}
    return used, {"ADRSCMP": compare_responses(derived, recorded, adsl, protocol)}


def reads_lesions(protocol: Protocol, tables: Collection[str]) -> bool:
    """Whether the lesions of TU and TR are read: for the responses, or to compare with them."""
    response = protocol.response
    asked = response.source == "lesions" or response.compare == "always"
    return asked and {"TU", "TR"} <= set(tables)


def _missing(name: str, protocol: Protocol) -> Fault:
    file = protocol.data.tables.get(name, name.lower())
    return Fault(
        what=f"the table {name} ({load_contract(name).label}) is missing",
        where=f"no file {file}.csv, .parquet, .xpt, .json or .sas7bdat among the tables",
        mend=f"add it, or say which file holds it: data.tables: {{{name}: <file>}}",
    )
