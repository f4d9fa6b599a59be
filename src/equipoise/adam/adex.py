# SPDX-License-Identifier: Apache-2.0
"""Exposure: dose, cycles, delays, and dose intensity, by cycle and over the whole treatment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from equipoise.adam.cutoff import data_cutoff
from equipoise.adam.dosing_cycles import derive_dosing_cycles
from equipoise.adam.dosing_records import derive_dosing_records
from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key

_OF_SUBJECT = ("STUDYID", "TRT01A", "REGIMEN", "UNIT", "PLACEBO", "CYCLED", "WHY")
_DOSES = ("PDOSE", "ADOSE", "TDOSE", "PTDOSE", "RDOSE", "DI", "PDI", "RDI", "NRED")
"""Parameters that a placebo does not have."""


def derive_adex(
    tables: Mapping[str, pl.DataFrame], adsl: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame:
    """What each subject was given of each drug, beside the regimen's plan.

    Parameters    tables : EX, conformed, as of the data cut-off; adsl : its subjects
    Returns       ADEX: one row per subject, drug and parameter, PARCAT1 CYCLE or OVERALL; a value
                  that cannot be known is missing, and REASND says why
    Source, equations: docs/methods/exposure.md.   Proof: tests/rules/exposure.yaml
    """
    rules = load_contract("ADEX").rules
    records = derive_dosing_records(tables["EX"], adsl, protocol)
    by = [*subject_key(records), "EXTRT"]
    cycles = derive_dosing_cycles(records, by)
    subjects = records.sort(*by, "START", "EXSEQ").group_by(by, maintain_order=True)
    same = subjects.agg(
        *(pl.col(name).drop_nulls().first() for name in _OF_SUBJECT),
        EXDOSU=pl.col("EXDOSU").drop_nulls().first(),
    )
    overall = derive_overall(records, cycles, by, data_cutoff(tables, protocol))
    parts = (
        _long(overall.join(same, on=by), by, rules, category="OVERALL"),
        _long(_of_subject(cycles, same, by), by, rules, category="CYCLE"),
    )
    return pl.concat(parts, how="vertical").select(_columns(records)).sort(*by, *_ORDER)


_ORDER = ("PARCAT1", "ACYCLE", "PARAMCD")


def _columns(frame: pl.DataFrame) -> list[str]:
    contract = load_contract("ADEX")
    names = [c.name for c in contract.columns]
    return [k for k in subject_key(frame) if k not in names] + names


def _of_subject(cycles: pl.DataFrame, same: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    new = [c for c in same.columns if c not in cycles.columns]
    return cycles.join(same.select(*by, *new), on=by).rename({"CYCLE": "ACYCLE"})


def derive_overall(
    records: pl.DataFrame, cycles: pl.DataFrame, by: list[str], cutoff: date | None
) -> pl.DataFrame:
    """One row per subject and drug with the parameters of the whole treatment, and its dates."""
    rules = load_contract("ADEX").rules
    given = pl.col("DOSE") * pl.col("ADMINS")
    before = pl.col("DOSE").shift(1).over(by, order_by=["START", "EXSEQ", "PART"])
    lower = (pl.col("DOSE") < before * (1 - rules["rounding"])).fill_null(value=False)
    whole = (
        records.with_columns(LOWER=lower)
        .group_by(by)
        .agg(
            ASTDT=_all_known(pl.col("START"), pl.col("START").min()),
            AENDT=_all_known(pl.col("END"), pl.col("END").max()),
            TDOSE=_all_known(given, given.sum()),
            NADMIN=_all_known(pl.col("ADMINS"), pl.col("ADMINS").sum()),
            NRED=_all_known(pl.col("DOSE"), pl.col("LOWER").sum()),
            DAILY=pl.when(pl.first("CYCLED") == 1).then(pl.first("PLANNED")),
            SRCSEQ=pl.col("EXSEQ").max(),
        )
        .with_columns(DURD=(pl.col("AENDT") - pl.col("ASTDT")).dt.total_days() + 1)
    )
    late = pl.col("DELAYD") >= rules["delay_from_days"]
    counted = cycles.group_by(by).agg(
        PTDOSE=pl.col("PDOSE").sum(),
        NCYC=pl.len(),
        NDELAY=late.sum(),
        DELAYT=pl.col("DELAYD").filter(late).sum(),
        NINTERR=_all_known(pl.col("INTERR"), pl.col("INTERR").sum()),
    )
    closed = _intensity(cycles, by, cutoff)
    joined = whole.join(counted, on=by, how="left").join(closed, on=by, how="left")
    # A record that no day is known of lies in no cycle: what counts cycles is not known then.
    placed = [
        pl.when(pl.col("ASTDT").is_not_null()).then(pl.col(name)).alias(name)
        for name in ("PTDOSE", "NCYC", "NDELAY", "DELAYT", "NINTERR", "DI")
    ]
    return _with_relative_doses(_with_daily(joined.with_columns(placed)))


def _all_known(part: pl.Expr, value: pl.Expr) -> pl.Expr:
    return pl.when(part.is_not_null().all()).then(value)


def _intensity(cycles: pl.DataFrame, by: list[str], cutoff: date | None) -> pl.DataFrame:
    """Dose and days of the cycles that were over on the cut-off.

    Notes         DI = 7 D / T, T = t_K - t_1 + c (methods/exposure.md, eq. 1 and 2); D ADOSE,
                  t_1 and t_K the first and last cycle's start, c CYCLED; PDI = 7 d n / c.
    Source: Hryniuk and Bush, J Clin Oncol 1984;2:1281, in words.
    """
    over = pl.col("ASTDT") + pl.duration(days=pl.col("CYCLED") - 1)
    done = cycles if cutoff is None else cycles.filter(over <= cutoff)
    began = pl.col("ASTDT")
    elapsed = (began.max() - began.min()).dt.total_days() + pl.first("CYCLED")
    return done.group_by(by).agg(
        DI=_all_known(pl.col("ADOSE"), 7 * pl.col("ADOSE").sum() / elapsed),
        PDI=7 * pl.first("PDOSE") / pl.first("CYCLED"),
    )


def _with_daily(overall: pl.DataFrame) -> pl.DataFrame:
    """A drug without cycles is planned for every day from its first dose to its last."""
    daily, days = pl.col("DAILY"), pl.col("DURD")
    return overall.with_columns(
        PTDOSE=pl.coalesce("PTDOSE", daily * days),
        DI=pl.coalesce("DI", pl.when(daily.is_not_null()).then(7 * pl.col("TDOSE") / days)),
        PDI=pl.coalesce("PDI", 7 * daily),
    )


def _with_relative_doses(overall: pl.DataFrame) -> pl.DataFrame:
    def percent(part: str, of: str) -> pl.Expr:
        return pl.when(pl.col(of) > 0).then(100 * pl.col(part) / pl.col(of))

    return overall.with_columns(RDOSE=percent("TDOSE", "PTDOSE"), RDI=percent("DI", "PDI"))


def _long(
    wide: pl.DataFrame, by: list[str], rules: dict[str, Any], *, category: str
) -> pl.DataFrame:
    """One row per parameter of the contract, with its name, unit, source and missing reason."""
    parameters = rules[category.lower()]
    for name in ("ACYCLE", "PLANDT"):
        if name not in wide.columns:
            dtype = pl.Int64 if name == "ACYCLE" else pl.Date
            wide = wide.with_columns(pl.lit(None, dtype=dtype).alias(name))
    kept = [*by, *(c for c in _OF_SUBJECT if c not in by)]
    kept += ["EXDOSU", "ACYCLE", "PLANDT", "ASTDT", "AENDT", "SRCSEQ"]
    wide = wide.with_columns(
        pl.when(~pl.col("PLACEBO")).then(pl.col(name).cast(pl.Float64)).alias(name)
        if name in _DOSES
        else pl.col(name).cast(pl.Float64)
        for name in parameters
    )
    long = wide.unpivot(list(parameters), index=kept, variable_name="PARAMCD", value_name="AVAL")
    told = {what: {code: p[what] for code, p in parameters.items()} for what in _TOLD}
    unit = _word(told["unit"])
    return long.with_columns(
        PARCAT1=pl.lit(category),
        PARAM=_word(told["label"]),
        AVALU=unit.str.replace("{dose}", pl.coalesce("UNIT", "EXDOSU"), literal=True),
        SRCDOM=pl.lit("EX"),
        SRCVAR=_word(told["from"]),
        REASND=_reason(rules["reasons"]),
    ).select(_columns(long))


_TOLD = ("label", "unit", "from")


def _word(words: Mapping[str, str | None]) -> pl.Expr:
    return pl.col("PARAMCD").replace_strict(words, default=None, return_dtype=pl.String)


def _reason(said: Mapping[str, str]) -> pl.Expr:
    """Why a value is missing: the first of these that is so of the subject and drug."""
    dose = pl.col("PARAMCD").is_in(list(_DOSES))
    return pl.when(pl.col("AVAL").is_null()).then(
        pl.when(dose & pl.col("PLACEBO"))
        .then(pl.lit(said["placebo"]))
        .when(pl.col("REGIMEN").is_null())
        .then(pl.coalesce("WHY", pl.lit(said["plan"])))
        .when(pl.col("WHY").is_not_null())
        .then("WHY")
        .when(pl.col("CYCLED") == 1)
        .then(pl.lit(said["no_cycle"]))
        .otherwise(pl.lit(said["open"]))
    )
