# SPDX-License-Identifier: Apache-2.0
"""Times to event with their censoring (OS, PFS, DOR)."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.censoring import find_rule_set, load_endings
from equipoise.adam.progression_free import derive_progression_free
from equipoise.adam.reference_day import START_VARIABLES
from equipoise.errors import Fault, ProtocolError
from equipoise.protocol.model import Endpoint, Evaluator, Protocol
from equipoise.tables import load_contract, subject_key

Tables = Mapping[str, pl.DataFrame]


def derive_adtte(
    adsl: pl.DataFrame, adrs: pl.DataFrame, tables: Tables, protocol: Protocol
) -> pl.DataFrame:
    """One time per subject and time-to-event endpoint of the protocol.

    Parameters    adsl, adrs : as derived; tables : TU, CM and PR, where a rule set needs them
    Returns       ADTTE; subjects without a start, and for DOR without a response, have no row
    """
    _check_distinct(protocol)
    derive = {"os": _survival, "pfs": _progression_free, "dor": _duration}
    parts = [
        _described(derive[endpoint.kind](endpoint, adsl, adrs, tables, protocol), endpoint)
        for endpoint in protocol.endpoints
        if endpoint.kind in derive
    ]
    key = subject_key(adsl)
    columns = [c.name for c in load_contract("ADTTE").columns]
    if not parts:
        return adsl.select(key).clear().with_columns(pl.lit(None).alias(c) for c in columns)
    return (
        pl.concat(parts)
        .join(adsl.select(*key, "STUDYID"), on=key, how="left")
        .select(*(c for c in key if c == "REPID"), *columns)
        .sort(*key, "PARAMCD", "EVALUATOR", "RULESET", nulls_last=True)
    )


def _check_distinct(protocol: Protocol) -> None:
    """Two endpoints of one parameter, evaluator and rule set could not be told apart in ADTTE."""
    seen: dict[tuple[str | None, ...], str] = {}
    for endpoint in protocol.endpoints:
        if endpoint.kind not in ("os", "pfs", "dor"):
            continue
        key = (endpoint.paramcd, endpoint.evaluator, endpoint.censoring)
        if key in seen:
            raise ProtocolError(
                Fault(
                    what=f"the endpoints {seen[key]} and {endpoint.id} have the same paramcd, "
                    "evaluator and censoring",
                    where="protocol: endpoints",
                    mend=f"give {endpoint.id} a paramcd of its own",
                )
            )
        seen[key] = endpoint.id


def _starts(endpoint: Endpoint, adsl: pl.DataFrame) -> pl.DataFrame:
    start = START_VARIABLES[endpoint.start]
    return adsl.filter(pl.col(start).is_not_null()).select(
        *subject_key(adsl), "DTHDT", "LSTALVDT", STARTDT=pl.col(start)
    )


def _survival(
    endpoint: Endpoint, adsl: pl.DataFrame, _adrs: pl.DataFrame, _tables: Tables, _: Protocol
) -> pl.DataFrame:
    """OS: death, or the later of the last day known alive and the start."""
    died = pl.col("DTHDT").is_not_null()
    heard_of = (pl.col("LSTALVDT") > pl.col("STARTDT")).fill_null(value=False)
    return (
        _starts(endpoint, adsl)
        .with_columns(
            ending=pl.when(died)
            .then(pl.lit("died"))
            .when(heard_of)
            .then(pl.lit("alive"))
            .otherwise(pl.lit("not_heard_of")),
            ADT=pl.coalesce("DTHDT", pl.max_horizontal("LSTALVDT", "STARTDT")),
            SRCSEQ=pl.lit(None, dtype=pl.Int64),
        )
        .drop("DTHDT", "LSTALVDT")
    )


def _progression_free(
    endpoint: Endpoint,
    adsl: pl.DataFrame,
    adrs: pl.DataFrame,
    tables: Tables,
    protocol: Protocol,
) -> pl.DataFrame:
    """PFS: the first of progression and death, or censored by the endpoint's rule set."""
    return derive_progression_free(
        _starts(endpoint, adsl),
        adrs,
        tables,
        evaluator=_evaluator(endpoint, protocol),
        rules=find_rule_set(endpoint.censoring, protocol),
        protocol=protocol,
    )


def _duration(
    endpoint: Endpoint,
    adsl: pl.DataFrame,
    adrs: pl.DataFrame,
    tables: Tables,
    protocol: Protocol,
) -> pl.DataFrame:
    """DOR: from the first response to where the same rules end the progression-free time."""
    confirmed = endpoint.confirmed
    if confirmed is None:
        confirmed = protocol.response.confirmed_is_primary
    responded = adrs.filter(
        (pl.col("PARAMCD") == ("CRSP" if confirmed else "RSP"))
        & (pl.col("AVALC") == "Y")
        & (pl.col("EVALUATOR") == _evaluator(endpoint, protocol).id)
    )
    key = subject_key(adsl)
    times = _progression_free(endpoint, adsl, adrs, tables, protocol).drop("STARTDT")
    return times.join(
        responded.select(*key, STARTDT=pl.col("ADT")), on=key, how="inner"
    ).with_columns(ADT=pl.max_horizontal("ADT", "STARTDT"))


def _evaluator(endpoint: Endpoint, protocol: Protocol) -> Evaluator:
    for evaluator in protocol.evaluators:
        if evaluator.id == endpoint.evaluator:
            return evaluator
    raise ProtocolError(
        Fault(
            what=f"the endpoint {endpoint.id} names the evaluator {endpoint.evaluator!r}",
            where="protocol: endpoints, evaluator",
            mend=f"name one of {', '.join(e.id for e in protocol.evaluators)}",
        )
    )


def _described(times: pl.DataFrame, endpoint: Endpoint) -> pl.DataFrame:
    """Value, words and codes for each time, from its ending."""
    endings = load_endings(endpoint.start)

    def words(field: str, dtype: type[pl.DataType]) -> pl.Expr:
        found = {name: getattr(ending, field) for name, ending in endings.items()}
        return pl.col("ending").replace_strict(found, return_dtype=dtype)

    # A rule that censors at the last assessment falls back on the start where there was none.
    fallback = endings["no_assessment"]
    at_start = (words("source", pl.String) == "ADRS.ADT") & pl.col("SRCSEQ").is_null()
    source = pl.when(at_start).then(pl.lit(fallback.source)).otherwise(words("source", pl.String))
    of_survival = endpoint.kind == "os"
    return times.select(
        *subject_key(times),
        ENDPOINT=pl.lit(endpoint.id),
        PARAMCD=pl.lit(endpoint.paramcd),
        PARAM=pl.lit(endpoint.label),
        EVALUATOR=pl.lit(None if of_survival else endpoint.evaluator, dtype=pl.String),
        RULESET=pl.lit(None if of_survival else endpoint.censoring, dtype=pl.String),
        STARTDT=pl.col("STARTDT"),
        ADT=pl.col("ADT"),
        AVAL=(pl.col("ADT") - pl.col("STARTDT")).dt.total_days() + 1,
        CNSR=words("cnsr", pl.Int64),
        EVNTDESC=words("event", pl.String),
        CNSDTDSC=pl.when(at_start)
        .then(pl.lit(fallback.censored))
        .otherwise(words("censored", pl.String)),
        SRCDOM=source.str.split(".").list.get(0),
        SRCVAR=source.str.split(".").list.get(1),
        SRCSEQ=pl.col("SRCSEQ"),
        RULE=words("rule", pl.String),
    )
