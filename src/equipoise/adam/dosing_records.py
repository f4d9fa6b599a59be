# SPDX-License-Identifier: Apache-2.0
"""EX beside its plan: each record's days, number of doses, and dose in the regimen's unit."""

from __future__ import annotations

from typing import Any

import polars as pl

from equipoise.adam.dates import complete_day
from equipoise.adam.regimen_plan import derive_regimen_plan
from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key

_SIZE = ("BSA", "HEIGHT", "WEIGHT")


def derive_dosing_records(ex: pl.DataFrame, adsl: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """One row per course of dosing: a record of EX, or each cycle of a record that spans several.

    Parameters    ex : conformed, as of the data cut-off; adsl : BSA, or HEIGHT (cm), WEIGHT (kg)
    Returns       START, END, DOSE (in UNIT, per administration), ADMINS, the plan (null where the
                  protocol has none) and WHY : why DOSE or ADMINS is missing
    """
    rules = load_contract("ADEX").rules
    placebo = load_contract("EX").rules["placebo"]
    key = subject_key(ex)
    arm = pl.coalesce([c for c in ("ACTARMCD", "ARMCD") if c in adsl.columns])
    size = [_number(adsl, name) for name in _SIZE]
    records = (
        _with_all_columns(ex)
        .with_columns(
            EXTRT=pl.col("EXTRT").str.strip_chars().str.to_uppercase(),
            START=complete_day(pl.col("EXSTDTC")),
            END=complete_day(pl.col("EXENDTC")),
        )
        .join(adsl.select(*key, arm.alias("ARMCD"), "TRT01A", *size), on=key, how="inner")
        .join(
            derive_regimen_plan(protocol),
            left_on=["ARMCD", "EXTRT"],
            right_on=["ARMCD", "DRUG"],
            how="left",
        )
        .with_columns(
            PLACEBO=pl.col("PLACEBO").fill_null(
                pl.col("EXTRT").str.contains(placebo, literal=True)
            ),
            DOSE=_dose(),
        )
        .filter((pl.col("EXDOSE") > 0).fill_null(value=True) | pl.col("PLACEBO"))
        .with_columns(END=pl.coalesce("END", pl.when(_given_once(rules)).then("START")))
    )
    return (
        _split_by_cycle(records)
        .with_columns(ADMINS=_administrations(rules))
        .with_columns(WHY=_why(rules))
    )


def _with_all_columns(ex: pl.DataFrame) -> pl.DataFrame:
    absent = [c for c in ("EXDOSU", "EXDOSFRQ", "VISIT") if c not in ex.columns]
    return ex.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)


def _number(adsl: pl.DataFrame, name: str) -> pl.Expr:
    if name not in adsl.columns:
        return pl.lit(None, dtype=pl.Float64).alias(name)
    value = pl.col(name).cast(pl.Float64, strict=False)
    return pl.when(value > 0).then(value).alias(name)


def _given_once(rules: dict[str, Any]) -> pl.Expr:
    once = pl.col("EXDOSFRQ").str.to_uppercase() == rules["once"]
    single: pl.Expr = pl.col("DOSEDAYS").list.len() == 1
    return pl.any_horizontal(once.fill_null(value=False), single.fill_null(value=False))


def _plain(unit: pl.Expr) -> pl.Expr:
    """A unit as it is compared: mg/m^2, MG/M2 and mg/m² are one."""
    close: pl.Expr = unit.str.to_lowercase().str.replace_all(r"[\s^*]", "")
    return close.str.replace("²", "2", literal=True)


def _surface() -> pl.Expr:
    """Body surface in m2: as the data give it, else by the regimen's formula.

    Source: Mosteller, N Engl J Med 1987;317:1098; Du Bois and Du Bois, Arch Intern Med 1916;17:863.
    """
    height, weight = pl.col("HEIGHT"), pl.col("WEIGHT")
    made = (
        pl.when(pl.col("FORMULA") == "mosteller")
        .then((height * weight / 3600).sqrt())
        .when(pl.col("FORMULA") == "du-bois")
        .then(0.007184 * height.pow(0.725) * weight.pow(0.425))
    )
    return pl.coalesce("BSA", made)


def _size() -> pl.Expr:
    """What the dose is given by: m2 of body surface, kg of body weight; else nothing."""
    return (
        pl.when(pl.col("PER") == "m2").then(_surface()).when(pl.col("PER") == "kg").then("WEIGHT")
    )


def _same_unit() -> pl.Expr:
    return _plain(pl.col("EXDOSU")) == _plain(pl.col("UNIT"))


def _whole_unit() -> pl.Expr:
    """EXDOSU is mg where the plan says mg/m2: the dose was not divided by the body's size."""
    return pl.col("PER").is_in(["m2", "kg"]) & (
        _plain(pl.col("EXDOSU")) == _plain(pl.col("UNIT")).str.split("/").list.first()
    )


def _dose() -> pl.Expr:
    """EXDOSE in the regimen's unit; as it stands where there is no regimen."""
    dose = pl.col("EXDOSE")
    return (
        pl.when(pl.col("UNIT").is_null() | _same_unit())
        .then(dose)
        .when(_whole_unit())
        .then(dose / _size())
    )


def _split_by_cycle(records: pl.DataFrame) -> pl.DataFrame:
    """A record longer than a cycle becomes one course per cycle, on the planned dosing days."""
    days = (pl.col("END") - pl.col("START")).dt.total_days() + 1
    cycle = pl.col("CYCLED")
    parts = pl.when((days > cycle) & (cycle > 1)).then((days + cycle - 1) // cycle).otherwise(1)
    length = pl.col("DOSEDAYS").list.max()
    split = records.with_columns(PARTS=parts).with_columns(PART=pl.int_ranges(0, "PARTS"))
    split = split.explode("PART", empty_as_null=True, keep_nulls=True)
    several = pl.col("PARTS") > 1
    start = pl.col("START") + pl.duration(days=pl.col("PART") * cycle)
    end = pl.min_horizontal("END", start + pl.duration(days=length))
    return split.with_columns(
        START=pl.when(several).then(start).otherwise("START"),
        END=pl.when(several).then(end).otherwise("END"),
    )


def _administrations(rules: dict[str, Any]) -> pl.Expr:
    """Doses of a course: every day of it, or its planned days where the schedule has gaps."""
    days = (pl.col("END") - pl.col("START")).dt.total_days() + 1
    planned = pl.col("DOSEDAYS")
    gaps = planned.list.max() + 1 > planned.list.len()
    on_plan = (planned - days).list.eval(pl.element() < 0).list.sum()
    counted = pl.when(gaps & days.is_not_null()).then(on_plan).otherwise(days)
    word = pl.col("EXDOSFRQ").str.to_uppercase()
    per_day = word.replace_strict(rules["per_day"], default=None, return_dtype=pl.Float64)
    per_day = pl.when(word.is_null()).then(1.0).otherwise(per_day)
    return pl.when(word == rules["once"]).then(1.0).otherwise(counted * per_day)


def _why(rules: dict[str, Any]) -> pl.Expr:
    """The first thing missing that DOSE or ADMINS needs, in words."""
    said = {name: pl.lit(text) for name, text in rules["reasons"].items()}
    planned = pl.col("UNIT").is_not_null()
    sizeless = planned & _whole_unit().fill_null(value=False) & _size().is_null()
    wrong = planned & ~(_same_unit() | _whole_unit()).fill_null(value=False)
    return (
        pl.when(pl.col("START").is_null())
        .then(said["start"])
        .when(pl.col("END").is_null())
        .then(said["end"])
        .when(pl.col("EXDOSE").is_null())
        .then(said["dose"])
        .when(sizeless & (pl.col("PER") == "kg"))
        .then(said["weight"])
        .when(sizeless)
        .then(said["surface"])
        .when(wrong & ~pl.col("PLACEBO"))
        .then(said["unit"])
        .when(pl.col("ADMINS").is_null())
        .then(said["frequency"])
    )
