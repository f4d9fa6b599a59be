# SPDX-License-Identifier: Apache-2.0
"""SDTM tables to the ADaM tables the analyses read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from equipoise.adam.adae import derive_adae
from equipoise.adam.addv import derive_addv
from equipoise.adam.adex import derive_adex
from equipoise.adam.adjudicated_reads import accepted_rows, derive_adjudication
from equipoise.adam.adlb import derive_adlb
from equipoise.adam.adles import derive_adles
from equipoise.adam.adrs import derive_adrs, order_responses
from equipoise.adam.adsl import derive_adsl
from equipoise.adam.adsubtx import derive_adprtx, derive_adsubtx
from equipoise.adam.adtr import derive_adtr
from equipoise.adam.adtte import derive_adtte
from equipoise.adam.assessment_schedule import derive_assessment_schedule
from equipoise.adam.concordance import derive_concordance
from equipoise.adam.cutoff import apply_cutoff, data_cutoff
from equipoise.adam.end_of_treatment import derive_adeot
from equipoise.adam.lesion_responses import derive_lesion_responses
from equipoise.adam.response_comparison import compare_responses
from equipoise.adam.response_records import ResponseRecords, recorded_responses, without_trace
from equipoise.adam.rule_set_moves import derive_rule_set_moves
from equipoise.adam.subject_numbers import number_subjects
from equipoise.errors import DataError, Fault
from equipoise.protocol.model import Protocol
from equipoise.recist.batches import derive_in_batches
from equipoise.tables import conform, load_contract, subject_key

Tables = Mapping[str, pl.DataFrame]
NEEDED = ("DM", "DS", "EX", "AE")
SOURCES = {"recorded": ("RS",), "lesions": ("TU", "TR")}
SUBJECTS_PER_BATCH = 25_000
"""Memory is taken for so many subjects at a time, whatever their number."""
TIMED = frozenset(("ADTTE", "ADCONC", "ADTTECMP"))
FROM_RESPONSES = TIMED | {"ADRS", "ADADJ", "ADRSCMP", "ADTR", "ADLES", "ADSCHED"}
ADAM_TABLES = FROM_RESPONSES | {
    "ADSL",
    "ADAE",
    "ADEX",
    "ADEOT",
    "ADPRTX",
    "ADSUBTX",
    "ADLB",
    "ADDV",
}
TRACED = frozenset(("ADRS", "ADRSCMP"))
"""The tables that say where a response comes from and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What a derivation is asked for."""

    tables: frozenset[str]
    traced: bool


def derive_adam(
    tables: Tables,
    protocol: Protocol,
    *,
    only: Collection[str] | None = None,
    traced: bool = True,
) -> dict[str, pl.DataFrame]:
    """The ADaM tables of a trial, as it stood on its data cut-off.

    ADSL, ADRS, ADSCHED, ADTTE, ADAE and ADEX of every trial; where their sources are there and the
    protocol asks: ADTR, ADLES and ADRSCMP (lesions), ADADJ, ADCONC, ADTTECMP, ADLB from LB,
    ADSUBTX and ADPRTX from CM or PR, ADEOT from DS,
    ADDV from DV.

    Parameters    tables : SDTM tables by name, checked by `check_tables`; not altered
                  only : names of the tables wanted, None for all; what they do not need is not made
                  traced : with the columns of ADRS that say where a response comes from and why
                  (response_records.TRACE), which no other table and no analysis reads
    Returns       tables by name; more than SUBJECTS_PER_BATCH subjects are derived in batches
    Raises        DataError - a table that the derivation needs is not there
    """
    needed = [*NEEDED, *SOURCES[protocol.response.source]]
    absent = [name for name in needed if name not in tables]
    if absent:
        raise DataError([_missing(name, protocol) for name in absent])
    named = frozenset(ADAM_TABLES if only is None else only)
    wanted = _Wanted(tables=named, traced=traced and not named.isdisjoint(TRACED))
    return derive_in_batches(
        lambda batch: _derive_batch(batch, protocol, wanted),
        tables,
        subjects="DM",
        key=subject_key(tables["DM"]),
        size=SUBJECTS_PER_BATCH,
    )


def _derive_batch(tables: Tables, protocol: Protocol, wanted: _Wanted) -> dict[str, pl.DataFrame]:
    seen = apply_cutoff(conform(tables), data_cutoff(tables, protocol))
    numbered = number_subjects(seen)
    if numbered is None:
        return _derive(seen, protocol, wanted)
    try:
        made = _derive(numbered.tables, protocol, wanted)
    except DataError:
        return _derive(seen, protocol, wanted)  # which says the same of subjects by their names
    return {name: numbered.named(table) for name, table in made.items()}


def _derive(seen: Tables, protocol: Protocol, wanted: _Wanted) -> dict[str, pl.DataFrame]:
    adsl = derive_adsl(seen, protocol)
    made: dict[str, pl.DataFrame | None] = {"ADSL": adsl}
    if wanted.tables & FROM_RESPONSES:
        made |= _of_responses(seen, adsl, protocol, wanted)
    if "ADAE" in wanted.tables:
        made["ADAE"] = derive_adae(seen, adsl, protocol)
    if "ADEX" in wanted.tables:
        made["ADEX"] = derive_adex(seen, adsl, protocol)
    if "ADEOT" in wanted.tables:
        made["ADEOT"] = derive_adeot(seen, adsl)
    if "ADSUBTX" in wanted.tables:
        made["ADSUBTX"] = derive_adsubtx(seen, adsl, protocol)
    if "ADPRTX" in wanted.tables:
        made["ADPRTX"] = derive_adprtx(seen, adsl, protocol)
    if "ADLB" in wanted.tables and "LB" in seen:
        made["ADLB"] = derive_adlb(seen["LB"], adsl)
    if "ADDV" in wanted.tables and "DV" in seen:
        made["ADDV"] = derive_addv(seen["DV"], adsl)
    return {
        name: table for name, table in made.items() if name in wanted.tables and table is not None
    }


def _of_responses(
    seen: Tables, adsl: pl.DataFrame, protocol: Protocol, wanted: _Wanted
) -> dict[str, pl.DataFrame | None]:
    """ADRS, and what follows from responses."""
    records, compared = _response_records(seen, adsl, protocol, wanted)
    adrs = derive_adrs(seen, adsl, records, protocol)
    adjudication = derive_adjudication(adrs, adsl, seen, protocol)
    if adjudication is not None:
        both = pl.concat([adrs, accepted_rows(adrs, adjudication)])
        adrs = order_responses(both, adsl, protocol)
    made = {"ADRS": adrs, "ADADJ": adjudication, "ADRSCMP": compared}
    if wanted.tables & TIMED:
        adtte = derive_adtte(adsl, adrs, seen, protocol)
        made["ADTTE"] = adtte
        if "ADCONC" in wanted.tables:
            made["ADCONC"] = derive_concordance(adrs, adtte, adsl, protocol)
        if "ADTTECMP" in wanted.tables:
            made["ADTTECMP"] = derive_rule_set_moves(adtte, protocol)
    if "ADSCHED" in wanted.tables:
        made["ADSCHED"] = derive_assessment_schedule(adrs, adsl, seen, protocol)
    if "ADTR" in wanted.tables and reads_lesions(protocol, seen):
        made["ADTR"] = derive_adtr(seen, adsl, adrs, protocol)
    if "ADLES" in wanted.tables and reads_lesions(protocol, seen):
        made["ADLES"] = derive_adles(seen, adsl, protocol)
    return made


def _response_records(
    tables: Tables, adsl: pl.DataFrame, protocol: Protocol, wanted: _Wanted
) -> tuple[ResponseRecords, pl.DataFrame | None]:
    """The overall responses the analysis uses; ADRSCMP where they are compared with the others."""
    from_lesions = protocol.response.source == "lesions"
    asked = "ADRSCMP" in wanted.tables and protocol.response.compare != "never"
    compare = asked and "RS" in tables and reads_lesions(protocol, tables)
    derived = recorded = None
    if from_lesions or compare:
        derived = derive_lesion_responses(tables, adsl, protocol, traced=wanted.traced or compare)
    if not from_lesions or compare:
        recorded = recorded_responses(tables, protocol)
    used = derived if from_lesions else recorded
    assert used is not None
    if not wanted.traced:
        used = without_trace(used)
    if derived is None or recorded is None:
        return used, None
    return used, compare_responses(derived, recorded, adsl, protocol)


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
