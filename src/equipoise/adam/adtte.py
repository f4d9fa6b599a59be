# SPDX-License-Identifier: Apache-2.0
"""Times to event with their censoring: survival, progression, response and their durations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from equipoise.adam.censoring import find_rule_set, load_endings
from equipoise.adam.progression_free import DECIDED, derive_progression_free
from equipoise.adam.reference_day import START_VARIABLES
from equipoise.adam.response_times import (
    from_response,
    time_to_failure,
    time_to_response,
    with_disease_control,
)
from equipoise.errors import Fault, ProtocolError
from equipoise.protocol.model import Endpoint, Evaluator, Protocol, RuleSet
from equipoise.tables import load_contract, subject_key
from equipoise.tables.key_codes import as_categories

Tables = Mapping[str, pl.DataFrame]


_Reading = tuple[str | None, str, RuleSet]
"""Evaluator, start and rules of a progression-free time: endpoints that agree in them share it."""
_READ = ("EVALUATOR", "PARAMCD", "ADT", "AVALC", "ANL01FL", "ASEQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Basis:
    """What every time is derived from."""

    adsl: pl.DataFrame
    adrs: pl.DataFrame
    tables: Tables
    protocol: Protocol
    progression_free: Mapping[_Reading, pl.DataFrame]


def derive_adtte(
    adsl: pl.DataFrame, adrs: pl.DataFrame, tables: Tables, protocol: Protocol
) -> pl.DataFrame:
    """One time per subject, time-to-event endpoint of the protocol and rule set it names.

    Parameters    adsl, adrs : as derived; tables : TU, DS, CM and PR, where a rule set needs them
    Returns       ADTTE; no row for subjects without a start, for DOR without a response, for DODC
                  without disease control, and while their read is still to be adjudicated
    """
    _check_distinct(protocol)
    read = adrs.select(*subject_key(adrs), *_READ).with_columns(
        as_categories(adrs[name]) for name in ("EVALUATOR", "PARAMCD")
    )
    basis = _Basis(
        adsl=adsl,
        adrs=read,
        tables=tables,
        protocol=protocol,
        progression_free=_progression_free_times(adsl, read, tables, protocol),
    )
    parts = [
        _described(_derived(endpoint, rule_set, basis), endpoint, rule_set)
        for endpoint, rule_set in _wanted(protocol)
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


def _wanted(protocol: Protocol) -> Iterator[tuple[Endpoint, str | None]]:
    """Every timed endpoint with its primary rule set, then with each of its sensitivity sets."""
    for endpoint in protocol.endpoints:
        if endpoint.kind in _UNREAD:
            yield endpoint, None
        elif endpoint.kind in _KINDS:
            for name in dict.fromkeys((endpoint.censoring, *endpoint.sensitivity)):
                yield endpoint, name


def _check_distinct(protocol: Protocol) -> None:
    """Two endpoints of one parameter, evaluator and rule set could not be told apart in ADTTE."""
    seen: dict[tuple[str | None, ...], str] = {}
    for endpoint, rule_set in _wanted(protocol):
        key = (endpoint.paramcd, endpoint.evaluator, rule_set)
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


def _derived(endpoint: Endpoint, rule_set: str | None, basis: _Basis) -> pl.DataFrame:
    if endpoint.kind in _UNREAD:
        return _UNREAD[endpoint.kind](endpoint, basis)
    return _KINDS[endpoint.kind](endpoint, find_rule_set(rule_set, basis.protocol), basis)


def _starts(endpoint: Endpoint, adsl: pl.DataFrame) -> pl.DataFrame:
    start = START_VARIABLES[endpoint.start]
    return adsl.filter(pl.col(start).is_not_null()).select(
        *subject_key(adsl), "DTHDT", "LSTALVDT", STARTDT=pl.col(start)
    )


def _survival(endpoint: Endpoint, basis: _Basis) -> pl.DataFrame:
    """OS: death, or the later of the last day known alive and the start."""
    died = pl.col("DTHDT").is_not_null()
    heard_of = (pl.col("LSTALVDT") > pl.col("STARTDT")).fill_null(value=False)
    return (
        _starts(endpoint, basis.adsl)
        .with_columns(
            ending=pl.when(died)
            .then(pl.lit("died"))
            .when(heard_of)
            .then(pl.lit("alive"))
            .otherwise(pl.lit("not_heard_of")),
            ADT=pl.coalesce("DTHDT", pl.max_horizontal("LSTALVDT", "STARTDT")),
            SRCSEQ=pl.lit(None, dtype=pl.Int64),
            SOURCE=pl.lit(None, dtype=pl.String),
            LEFTDT=pl.lit(None, dtype=pl.Date),
            RIGHTDT=pl.lit(None, dtype=pl.Date),
        )
        .select(*subject_key(basis.adsl), "STARTDT", *DECIDED)
    )


def _on_treatment(endpoint: Endpoint, basis: _Basis) -> pl.DataFrame:
    """TTD: permanent discontinuation of the last drug; censored at completion, or the last dose."""
    adsl, key = basis.adsl, subject_key(basis.adsl)
    status = pl.col("EOTSTT")
    # one dose whose end is not recorded still dates the treatment
    dosed = pl.max_horizontal("TRTEDT", "STARTDT")
    ended = status.is_in(["COMPLETED", "DISCONTINUED"]).fill_null(value=False)
    return (
        _starts(endpoint, adsl)
        .join(adsl.select(*key, "EOTSTT", "EOTDT", "TRTEDT"), on=key, how="left")
        .with_columns(
            ending=pl.when(status == "DISCONTINUED")
            .then(pl.lit("discontinued"))
            .when(status == "COMPLETED")
            .then(pl.lit("treatment_completed"))
            .otherwise(pl.lit("on_treatment")),
            ADT=pl.when(ended)
            .then(pl.max_horizontal("EOTDT", "STARTDT").fill_null(dosed))
            .otherwise(dosed),
            SRCSEQ=pl.lit(None, dtype=pl.Int64),
            SOURCE=pl.lit(None, dtype=pl.String),
            LEFTDT=pl.lit(None, dtype=pl.Date),
            RIGHTDT=pl.lit(None, dtype=pl.Date),
        )
        .select(*key, "STARTDT", *DECIDED)
    )


_UNREAD: dict[str, Callable[[Endpoint, _Basis], pl.DataFrame]] = {
    "os": _survival,
    "ttd": _on_treatment,
}


def _reading(endpoint: Endpoint, rules: RuleSet) -> _Reading:
    return endpoint.evaluator, endpoint.start, rules


def _progression_free_times(
    adsl: pl.DataFrame, adrs: pl.DataFrame, tables: Tables, protocol: Protocol
) -> dict[_Reading, pl.DataFrame]:
    """The progression-free time of each evaluator, start and rule set that an endpoint needs."""
    times: dict[_Reading, pl.DataFrame] = {}
    for endpoint, name in _wanted(protocol):
        if endpoint.kind in _UNREAD:
            continue
        rules = find_rule_set(name, protocol)
        if endpoint.kind == "ttf":
            rules = time_to_failure(rules)
        if _reading(endpoint, rules) not in times:
            times[_reading(endpoint, rules)] = derive_progression_free(
                _starts(endpoint, adsl),
                adrs,
                tables,
                evaluator=_evaluator(endpoint, protocol),
                rules=rules,
                protocol=protocol,
            )
    return times


def _progression_free(endpoint: Endpoint, rules: RuleSet, basis: _Basis) -> pl.DataFrame:
    """PFS: the first of progression and death, or censored by the rule set."""
    return basis.progression_free[_reading(endpoint, rules)]


def _duration(endpoint: Endpoint, rules: RuleSet, basis: _Basis) -> pl.DataFrame:
    """DOR: from the first response to where the same rules end the progression-free time."""
    times = _progression_free(endpoint, rules, basis)
    return from_response(times, _responses(endpoint, basis, "RSP", "CRSP"))


def _to_response(endpoint: Endpoint, rules: RuleSet, basis: _Basis) -> pl.DataFrame:
    """TTR: the first response, or censored where the progression-free time ends."""
    times = _progression_free(endpoint, rules, basis)
    return time_to_response(times, _responses(endpoint, basis, "RSP", "CRSP"))


def _to_failure(endpoint: Endpoint, rules: RuleSet, basis: _Basis) -> pl.DataFrame:
    """TTF: the first of progression, death, stop of treatment and new anticancer therapy."""
    return _progression_free(endpoint, time_to_failure(rules), basis)


def _disease_control(endpoint: Endpoint, rules: RuleSet, basis: _Basis) -> pl.DataFrame:
    """DODC: the progression-free time of those with disease control."""
    times = _progression_free(endpoint, rules, basis)
    return with_disease_control(times, _responses(endpoint, basis, "CB", "CCB"))


_KINDS: dict[str, Callable[[Endpoint, RuleSet, _Basis], pl.DataFrame]] = {
    "pfs": _progression_free,
    "dor": _duration,
    "ttr": _to_response,
    "ttf": _to_failure,
    "dodc": _disease_control,
}


def _responses(endpoint: Endpoint, basis: _Basis, plain: str, confirmed: str) -> pl.DataFrame:
    """Rows of ADRS that say yes, confirmed where the endpoint or the protocol wants it."""
    wanted = endpoint.confirmed
    if wanted is None:
        wanted = basis.protocol.response.confirmed_is_primary
    return basis.adrs.filter(
        (pl.col("PARAMCD") == (confirmed if wanted else plain))
        & (pl.col("AVALC") == "Y")
        & (pl.col("EVALUATOR") == _evaluator(endpoint, basis.protocol).id)
    )


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


def _described(times: pl.DataFrame, endpoint: Endpoint, rule_set: str | None) -> pl.DataFrame:
    """Value, words and codes for each time, from its ending."""
    endings = load_endings(endpoint.start)

    def words(field: str, dtype: type[pl.DataType]) -> pl.Expr:
        found = {name: getattr(ending, field) for name, ending in endings.items()}
        return pl.col("ending").replace_strict(found, return_dtype=dtype)

    # A rule that censors at the last assessment falls back on the start where there was none.
    fallback = endings["no_assessment"]
    named = pl.coalesce("SOURCE", words("source", pl.String))
    at_start = (named == "ADRS.ADT") & pl.col("SRCSEQ").is_null()
    source = pl.when(at_start).then(pl.lit(fallback.source)).otherwise(named)
    unread = endpoint.kind in _UNREAD
    return times.select(
        *subject_key(times),
        ENDPOINT=pl.lit(endpoint.id),
        PARAMCD=pl.lit(endpoint.paramcd),
        PARAM=pl.lit(endpoint.label),
        EVALUATOR=pl.lit(None if unread else endpoint.evaluator, dtype=pl.String),
        RULESET=pl.lit(rule_set, dtype=pl.String),
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
        LEFTDT=pl.col("LEFTDT"),
        RIGHTDT=pl.col("RIGHTDT"),
    )
