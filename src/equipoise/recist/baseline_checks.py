# SPDX-License-Identifier: Apache-2.0
"""Whether the lesions chosen at baseline may serve as they are used; findings, never changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from equipoise.recist.criterion import read_rules
from equipoise.recist.size import in_units, units

_OPTIONAL: dict[str, pl.DataType] = {
    "LOC": pl.String(),
    "METHOD": pl.String(),
    "SLICE": pl.Float64(),
    "IRRADIATED": pl.Boolean(),
    "PROGRESSED": pl.Boolean(),
    "BONE": pl.String(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRules:
    """Limits of measurability and number; lengths in units of 1e-4 mm."""

    measurable: int
    thick_slice_above: int
    xray: int
    target_node: int
    normal_node_below: int
    max_targets: int
    max_per_organ: int
    window_days: int
    slice_methods: tuple[str, ...]
    xray_methods: tuple[str, ...]
    refused_methods: tuple[str, ...]


def read_baseline_rules(name: str) -> BaselineRules:
    """The baseline section of a criterion's rule file."""
    rules = read_rules(name)["baseline"]
    limits = {key.removesuffix("_mm"): v for key, v in rules.items() if key.endswith("_mm")}
    lengths: dict[str, Any] = {key: units(v) for key, v in limits.items()}
    lists: dict[str, Any] = {key: tuple(v) for key, v in rules.items() if key.endswith("_methods")}
    counts: dict[str, Any] = {key: v for key, v in rules.items() if isinstance(v, int)}
    return BaselineRules(**lengths, **lists, **counts)


def check_baseline(
    lesions: pl.DataFrame, subjects: pl.DataFrame, *, key: Sequence[str], rules: BaselineRules
) -> pl.DataFrame:
    """Every departure from the rules for choosing lesions, one row each.

    Parameters    lesions : key, LNKID, CLASS, NODE, SIZE (mm at baseline), ADT (scan); optional
                            LOC, METHOD, SLICE (mm), IRRADIATED, PROGRESSED (since the radiation),
                            BONE (LYTIC, BLASTIC, MIXED)
                  subjects : key, RANDDT
    Returns       key, FINDING, ABOUT (the lesion or the organ; null for the read)
    Source: RECIST 1.1 sections 2 and 3; section 2 of the specification.
    """
    on = list(key)
    absent = [
        pl.lit(None, dtype=t).alias(c) for c, t in _OPTIONAL.items() if c not in lesions.columns
    ]
    rows = lesions.join(subjects.select(*on, "RANDDT"), on=on, how="left").with_columns(absent)
    rows = rows.with_columns(
        in_units(rows["SIZE"]).alias("_units"),
        in_units(rows["SLICE"]).alias("_slice"),
        _organ().alias("_organ"),
        pl.col("METHOD").str.to_uppercase().fill_null(""),
    )
    targets = rows.filter(pl.col("CLASS") == "TARGET")
    found = [
        *_lesion_findings(rows, targets, on, rules=rules),
        *_number_findings(targets, subjects, on, rules=rules),
    ]
    return pl.concat(found).sort([*on, "FINDING", "ABOUT"])


def _lesion_findings(
    rows: pl.DataFrame, targets: pl.DataFrame, on: list[str], *, rules: BaselineRules
) -> list[pl.DataFrame]:
    listed = [targets, targets, targets, targets, targets, rows]
    early = (pl.col("RANDDT") - pl.col("ADT")).dt.total_days() > rules.window_days
    nontarget_node = pl.col("NODE") & (pl.col("CLASS") == "NON-TARGET")
    checks = [
        ("TARGET_BELOW_MEASURABLE", pl.col("_units") < _measurable(rules)),
        ("METHOD_NOT_ALLOWED", pl.col("METHOD").is_in(list(rules.refused_methods))),
        ("IRRADIATED_TARGET", pl.col("IRRADIATED") & ~pl.col("PROGRESSED").fill_null(value=False)),
        ("BLASTIC_BONE_TARGET", pl.col("BONE").str.to_uppercase() == "BLASTIC"),
        ("BASELINE_TOO_EARLY", early),
        ("NORMAL_NODE_RECORDED", nontarget_node & (pl.col("_units") < rules.normal_node_below)),
    ]
    return [
        table.filter(broken).select(
            *on, FINDING=pl.lit(name), ABOUT=pl.col("LNKID").cast(pl.String)
        )
        for table, (name, broken) in zip(listed, checks, strict=True)
    ]


def _number_findings(
    targets: pl.DataFrame, subjects: pl.DataFrame, on: list[str], *, rules: BaselineRules
) -> list[pl.DataFrame]:
    nothing = pl.lit(None, dtype=pl.String)
    in_organ = targets.group_by([*on, "_organ"]).len().filter(pl.col("len") > rules.max_per_organ)
    in_all = targets.group_by(on).len().filter(pl.col("len") > rules.max_targets)
    without = subjects.join(targets, on=on, how="anti")
    return [
        in_organ.select(*on, FINDING=pl.lit("TOO_MANY_IN_ORGAN"), ABOUT="_organ"),
        in_all.select(*on, FINDING=pl.lit("TOO_MANY_TARGETS"), ABOUT=nothing),
        without.select(*on, FINDING=pl.lit("NO_TARGET_LESION"), ABOUT=nothing),
    ]


def _measurable(rules: BaselineRules) -> pl.Expr:
    sliced = pl.col("METHOD").is_in(list(rules.slice_methods))
    thick = sliced & (pl.col("_slice") > rules.thick_slice_above)
    return (
        pl.when("NODE")
        .then(rules.target_node)
        .when(pl.col("METHOD").is_in(list(rules.xray_methods)))
        .then(rules.xray)
        .when(thick.fill_null(value=False))
        .then(2 * pl.col("_slice"))
        .otherwise(rules.measurable)
    )


def _organ() -> pl.Expr:
    """The organ a location counts for: paired organs are one, all nodes are one."""
    place = pl.col("LOC").str.to_uppercase().str.split(",").list.first()
    place = place.str.replace_all(r"\b(LEFT|RIGHT|BILATERAL)\b", "").str.strip_chars()
    return pl.when("NODE").then(pl.lit("LYMPH NODE")).otherwise(place)
