# SPDX-License-Identifier: Apache-2.0
"""ADaM tables somebody else derived, in the columns our analyses read."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.adverse_event_flags import event_flags, occurrence_flags, special_interest
from equipoise.adam.arms import check_arms
from equipoise.adam.subject_groups import derive_subject_groups
from equipoise.errors import DataError, Fault
from equipoise.protocol.model import Endpoint, Protocol
from equipoise.tables import conform, subject_key

_TIMED = ("pfs", "os", "dor", "ttr", "ttf", "ttd", "dodc")


def adopt_adam(tables: Mapping[str, pl.DataFrame], protocol: Protocol) -> dict[str, pl.DataFrame]:
    """The tables with what the protocol can say of them added; nothing they hold is changed.

    Parameters    tables : ADSL and any of ADRS, ADTTE and ADAE, checked by `check_tables`
    Returns       ADSL with the protocol's groupings and flags; ADTTE with ENDPOINT, EVALUATOR and
                  RULESET and ADRS with EVALUATOR, where the protocol leaves one reading only;
                  ADAE with its flags; all, where they were not there before
    Raises        DataError - ADSL is missing, or a column that only the deriver can give
    """
    if "ADSL" not in tables:
        raise DataError(
            Fault(
                what="the table ADSL is missing",
                where=f"tables {', '.join(sorted(tables))}",
                mend="give ADSL beside the other ADaM tables, or the SDTM tables instead",
            )
        )
    given = conform(tables)
    check_arms(given["ADSL"], protocol)
    adsl = given["ADSL"]
    grouped = derive_subject_groups(adsl, protocol)
    given["ADSL"] = adsl.with_columns(
        grouped.select(c for c in grouped.columns if c not in adsl.columns)
    )
    faults: list[Fault] = []
    if "ADRS" in given:
        given["ADRS"] = _with_evaluator(given["ADRS"], protocol, faults)
    if "ADTTE" in given:
        given["ADTTE"] = _with_endpoint(given["ADTTE"], protocol, faults)
    if "ADAE" in given:
        given["ADAE"] = _with_event_columns(given["ADAE"], given["ADSL"], protocol)
    if faults:
        raise DataError(faults)
    return given


def _with_evaluator(adrs: pl.DataFrame, protocol: Protocol, faults: list[Fault]) -> pl.DataFrame:
    if "EVALUATOR" in adrs.columns:
        return adrs
    declared = protocol.data.adam_evaluator
    names = [declared] if declared else [evaluator.id for evaluator in protocol.evaluators]
    if len(names) > 1:
        faults.append(_ambiguous("ADRS", "EVALUATOR", f"the protocol has {', '.join(names)}"))
    return adrs.with_columns(EVALUATOR=pl.lit(names[0]))


def _with_endpoint(adtte: pl.DataFrame, protocol: Protocol, faults: list[Fault]) -> pl.DataFrame:
    """ENDPOINT by the columns that tell endpoints apart, as far as the table has them."""
    if "ENDPOINT" in adtte.columns:
        return adtte
    reader = None if "EVALUATOR" in adtte.columns else protocol.data.adam_evaluator
    timed = [
        endpoint
        for endpoint in protocol.endpoints
        if endpoint.kind in _TIMED and (reader is None or endpoint.evaluator in (None, reader))
    ]
    listed = pl.DataFrame([_named(endpoint) for endpoint in timed], schema=_NAMED)
    on = [c for c in ("PARAMCD", "EVALUATOR", "RULESET") if c in adtte.columns]
    present = listed.join(adtte.select(on).unique(), on=on, how="semi", nulls_equal=True)
    unclear = present.filter(pl.struct(on).is_duplicated())
    if unclear.height:
        faults.append(
            _ambiguous(
                "ADTTE",
                "ENDPOINT",
                f"{unclear['PARAMCD'][0]} may be {', '.join(unclear['ENDPOINT'])}",
            )
        )
    new = [c for c in listed.columns if c not in adtte.columns]
    first = present.unique(on, keep="first", maintain_order=True).select(*on, *new)
    return adtte.join(first, on=on, how="left", nulls_equal=True, maintain_order="left")


_NAMED = dict.fromkeys(("ENDPOINT", "PARAMCD", "EVALUATOR", "RULESET"), pl.String)


def _named(endpoint: Endpoint) -> dict[str, str | None]:
    read = endpoint.kind not in ("os", "ttd")
    return {
        "ENDPOINT": endpoint.id,
        "PARAMCD": endpoint.paramcd,
        "EVALUATOR": endpoint.evaluator if read else None,
        "RULESET": endpoint.censoring if read else None,
    }


def _with_event_columns(adae: pl.DataFrame, adsl: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    key = subject_key(adae)
    dates = ("TRT01A", "TRTSDT", "TRTEDT")
    new = [c for c in dates if c in adsl.columns and c not in adae.columns]
    adae = adae.join(adsl.select(*key, *new), on=key, how="left", maintain_order="left")
    for flags in (event_flags(adae), special_interest(adae, protocol)):
        adae = adae.with_columns(**{n: v for n, v in flags.items() if n not in adae.columns})
    flags = occurrence_flags(adae, protocol) if "ASTDT" in adae.columns else {}
    return adae.with_columns(**{n: v for n, v in flags.items() if n not in adae.columns})


def _ambiguous(table: str, column: str, why: str) -> Fault:
    return Fault(
        what=f"{table} does not say its {column}: {why}",
        where=f"table {table}",
        mend=f"add the column {column} with the protocol's names, or say in the protocol whose "
        "reads these are: data: {adam_evaluator: NAME}",
    )
