# SPDX-License-Identifier: Apache-2.0
"""TU and TR as the two tables of the lesion engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from equipoise.recist.criterion import read_rules
from equipoise.tables.key_codes import as_categories, find_rows, group_rows, take_rows

SHORT_AXIS, LONGEST_DIAMETER, TUMOUR_STATE = "LPERP", "LDIAM", "TUMSTATE"


def lesions_from_sdtm(tu: pl.DataFrame, *, key: Sequence[str]) -> pl.DataFrame:
    """One row per lesion and read: key, LNKID, CLASS, NODE, LOC, METHOD.

    Parameters    tu : key, TULNKID, TUSTRESC (TARGET, NON-TARGET, NEW), TULOC, TUMETHOD; optional
                       NODE (bool) where another source than TULOC says what is a lymph node
    """
    in_location = (
        pl.col("TULOC").str.to_uppercase().str.contains("LYMPH NODE").fill_null(value=False)
    )
    node = pl.col("NODE") if "NODE" in tu.columns else in_location.fill_null(value=False)
    known = read_rules("sdtm_lesions.yaml")["classes"]
    return tu.select(
        *key,
        LNKID="TULNKID",
        CLASS=_mapped(pl.col("TUSTRESC"), known),
        NODE=node,
        LOC="TULOC",
        METHOD="TUMETHOD",
        VISIT="VISIT",
    )


def measurements_from_sdtm(
    tr: pl.DataFrame,
    lesions: pl.DataFrame,
    *,
    key: Sequence[str],
    longest: str = LONGEST_DIAMETER,
    short: str = SHORT_AXIS,
) -> pl.DataFrame:
    """One row per lesion and timepoint: key, LNKID, VISIT, ADT, SIZE, STATE, ABLFL; PART if given.

    LNKID and VISIT are categories: they are compared again and again.

    Parameters    tr : key, TRLNKID, TRTESTCD, TRORRES, TRSTAT, VISIT, ADT (Date, imputed already);
                       optional PART, the fragment of a lesion that fell apart
                  lesions : from `lesions_from_sdtm`
                  longest, short : TRTESTCD of the longest diameter and of a node's short axis
    Notes         Baseline visits are those at which a read identifies its target and non-target
                  lesions in TU. Tests other than the one a lesion is followed by are left out.
    """
    part = ["PART"] if "PART" in tr.columns else []
    named = tr.select(
        *key, "VISIT", "ADT", "TRTESTCD", "TRORRES", "TRSTAT", *part, LNKID="TRLNKID"
    ).with_columns(as_categories(tr["VISIT"]), as_categories(tr["TRLNKID"]).alias("LNKID"))
    places = find_rows(named, lesions, on=[*key, "LNKID"])
    named = pl.concat([named, take_rows(lesions.select("CLASS", "NODE"), places)], how="horizontal")
    wanted = pl.when("NODE").then(pl.lit(short)).otherwise(pl.lit(longest))
    test = pl.col("TRTESTCD")
    by_state = test == TUMOUR_STATE
    by_size = (test == wanted) | (pl.col("CLASS").is_null() & test.is_in([longest, short]))
    rows = named.filter(by_state | by_size)
    rows = rows.with_columns(SIZE=_number(rows["TRORRES"]))
    identified = lesions.filter(pl.col("CLASS") != "NEW")
    at_baseline = find_rows(rows, identified, on=[*key, "VISIT"]).is_not_null()
    return rows.with_columns(
        STATE=_states(rows), ABLFL=pl.when(at_baseline).then(pl.lit("Y"))
    ).select(*key, "LNKID", "VISIT", "ADT", "SIZE", "STATE", "ABLFL", *part)


def _number(text: pl.Series) -> pl.Series:
    """Sizes as written, blanks about them or not; null for what is no number."""
    plain = text.cast(pl.Float64, strict=False)
    others = text.filter(plain.is_null() & text.is_not_null()).unique()
    if not others.str.strip_chars().cast(pl.Float64, strict=False).count():
        return plain
    return text.str.strip_chars().cast(pl.Float64, strict=False)


def without_copies(measurements: pl.DataFrame) -> pl.DataFrame:
    """Measurements without rows that repeat another in every column; two that differ both stay.

    A call of its own, so that whoever drops copies says so and counts them.
    """
    return measurements.unique(maintain_order=True)


def separate_dates(measurements: pl.DataFrame, *, key: Sequence[str]) -> pl.DataFrame:
    """Give a visit recorded on several days one timepoint per day: VISIT becomes "VISIT date".

    For data that use one label for two assessments; a timepoint imaged over several days must not
    pass through here. Baseline stays one timepoint.
    """
    several = pl.col("ADT").n_unique().over([*key, "VISIT"]) > 1
    visit = pl.col("VISIT").cast(pl.String)
    dated = visit + " " + pl.col("ADT").cast(pl.String)
    split = several & pl.col("ABLFL").is_null()
    return measurements.with_columns(VISIT=pl.when(split).then(dated).otherwise(visit))


def _states(rows: pl.DataFrame) -> pl.Series:
    """The state of each row; most are sizes and have none, and few are told in different words."""
    told = rows.select(pl.col("SIZE").is_null() | pl.col("TRSTAT").is_not_null()).to_series()
    words = rows.filter(told).select("CLASS", "TRORRES", "TRSTAT", unsized=pl.col("SIZE").is_null())
    group = group_rows(words, on=words.columns)
    one = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    one[group] = np.arange(len(group))
    states = words[one].select(_state()).to_series().gather(group)
    empty = pl.Series("STATE", [None], dtype=pl.String).new_from_index(0, rows.height)
    return empty.scatter(told.arg_true(), states)


def _state() -> pl.Expr:
    rules = read_rules("sdtm_lesions.yaml")
    state = pl.lit(None, dtype=pl.String)
    told = pl.when("unsized").then("TRORRES")
    for name, known in rules["states"].items():
        of_class = pl.when(pl.col("CLASS") == name).then(told)
        state = pl.coalesce(_mapped(of_class, known), state)
    not_done = pl.col("TRSTAT") == rules["not_done"]
    return (
        pl.when(not_done)
        .then(pl.lit("NOT DONE"))
        .when("unsized")
        .then(pl.coalesce(state, "TRORRES"))
        .alias("STATE")
    )


def _mapped(text: pl.Expr, known: dict[str, str]) -> pl.Expr:
    """Known values mapped, unknown ones kept, for the check of the tables to report."""
    upper = text.str.strip_chars().str.to_uppercase()
    return pl.coalesce(upper.replace_strict(known, default=None, return_dtype=pl.String), text)
