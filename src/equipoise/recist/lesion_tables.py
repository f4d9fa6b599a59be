# SPDX-License-Identifier: Apache-2.0
"""The two tables of the lesion engine, and what must hold before any rule is applied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from equipoise.errors import DataError, Fault
from equipoise.recist.assessments import READ
from equipoise.recist.size import LARGEST_MM, UNITS_PER_MM, in_units
from equipoise.tables.key_codes import find_rows, key_numbers, repeated_rows, take_rows

TARGET, NON_TARGET, NEW = "TARGET", "NON-TARGET", "NEW"
NOT_EVALUABLE, NOT_DONE = "NOT EVALUABLE", "NOT DONE"
TOO_SMALL, MERGED = "TOO SMALL TO MEASURE", "MERGED"
PROGRESSING, INCREASED = "UNEQUIVOCAL PROGRESSION", "INCREASED"
MISSING_STATES = (NOT_EVALUABLE, NOT_DONE)
STATES = {
    TARGET: ("MEASURED", TOO_SMALL, MERGED, *MISSING_STATES),
    NON_TARGET: ("MEASURED", "PRESENT", "ABSENT", INCREASED, PROGRESSING, *MISSING_STATES),
    NEW: ("UNEQUIVOCAL", "EQUIVOCAL", "NOT TUMOUR", "ABSENT", INCREASED, *MISSING_STATES),
}
_NEVER = 10**9  # a day that no scan has

STATE_ENUM = pl.Enum(list(dict.fromkeys(state for states in STATES.values() for state in states)))
CLASS_ENUM = pl.Enum([TARGET, NON_TARGET, NEW])


def join_lesions(
    lesions: pl.DataFrame, measurements: pl.DataFrame, reads: pl.DataFrame, *, key: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lesions and measurements with READ, sizes in units, states filled in; checked.

    Parameters    lesions : key, LNKID, CLASS (TARGET, NON-TARGET, NEW), NODE (bool)
                  measurements : key, LNKID, VISIT (label of the timepoint), ADT (Date of the scan),
                                 SIZE (mm as text or number; longest diameter, short axis of a
                                 node), STATE (see STATES; null where SIZE is given), ABLFL (Y at
                                 baseline); optional PART (one row per fragment), DENSITY (HU)
                  reads : key, READ
    Raises        DataError - every fault found, each with its rows
    """
    on = list(key)
    of_reads = lesions.with_columns(reads[READ].gather(find_rows(lesions, reads, on=on)))
    places = find_rows(measurements, of_reads, on=[*on, "LNKID"])
    of_lesions = take_rows(of_reads.select(READ, "CLASS", "NODE"), places)
    rows = pl.concat([measurements.with_row_index("_row"), of_lesions], how="horizontal")
    rows = rows.with_columns(
        in_units(rows["SIZE"]).alias("UNITS"), _state().alias("STATE")
    ).with_columns(BASELINE=(pl.col("ABLFL") == "Y").fill_null(value=False))
    faults = [*_lesion_faults(of_reads, key=key), *_row_faults(rows, key=key)]
    if faults:
        raise DataError(faults)
    kept = [READ, "LNKID", "CLASS", "NODE", "VISIT", "ADT", "UNITS", "STATE", "BASELINE"]
    kept += [column for column in ("PART", "DENSITY") if column in rows.columns]
    return (
        of_reads.with_columns(pl.col("CLASS").cast(CLASS_ENUM)),
        rows.select(kept).with_columns(
            pl.col("CLASS").cast(CLASS_ENUM), pl.col("STATE").cast(STATE_ENUM)
        ),
    )


def _state() -> pl.Expr:
    measured = pl.col("STATE").is_null() & pl.col("SIZE").is_not_null()
    return pl.when(measured).then(pl.lit("MEASURED")).otherwise(pl.col("STATE").cast(pl.String))


def _lesion_faults(lesions: pl.DataFrame, *, key: Sequence[str]) -> list[Fault]:
    table = "LESIONS"
    identity = [*key, "LNKID"]
    repeated = lesions.filter(pl.Series(repeated_rows(lesions, on=identity)))
    classes = repeated.group_by(identity).agg(pl.col("CLASS").n_unique().alias("_n"))
    changed = repeated.join(classes.filter(pl.col("_n") > 1), on=identity, how="semi")
    same = repeated.join(classes.filter(pl.col("_n") == 1), on=identity, how="semi")
    unknown = lesions.filter(~pl.col("CLASS").is_in(list(STATES)).fill_null(value=False))
    checks = [
        (changed, "changes class", "A lesion keeps its class; give the new finding a new LNKID."),
        (same, "is listed more than once", "Keep one row per lesion and read."),
        (unknown, "has a class that is none of " + ", ".join(STATES), "Correct CLASS."),
        (
            lesions.filter(pl.col(READ).is_null()),
            "belongs to a read that is not in the table of subjects",
            "Add the subject, or leave the lesion out.",
        ),
        (
            lesions.filter(pl.col("NODE").is_null()),
            "does not say whether it is a lymph node",
            "Set NODE to true or false: short axis or longest diameter depends on it.",
        ),
    ]
    return [
        f for rows, what, mend in checks for f in named_faults(rows, table, what, mend, key=key)
    ]


def _row_faults(rows: pl.DataFrame, *, key: Sequence[str]) -> list[Fault]:
    table = "MEASUREMENTS"
    known = pl.col("CLASS").is_not_null()
    allowed = [
        (pl.col("CLASS") == name) & ~pl.col("STATE").is_in(list(states)).fill_null(value=False)
        for name, states in STATES.items()
    ]
    impossible = pl.col("SIZE").is_not_null() & ~pl.col("UNITS").is_between(
        0, LARGEST_MM * UNITS_PER_MM
    ).fill_null(value=False)
    checks = [
        (~known, "is measured but not identified", "Add the lesion to LESIONS."),
        (
            impossible,
            f"has an impossible size (not 0 to {LARGEST_MM} mm in steps of {1 / UNITS_PER_MM} mm)",
            "Correct SIZE, or leave it empty and say in STATE why.",
        ),
        (
            pl.any_horizontal(allowed),
            "has neither a size nor a state that its class allows",
            "Give SIZE, or one of the states listed in lesion_tables.STATES.",
        ),
        (pl.col("ADT").is_null(), "has no scan date", "Give ADT; impute a partial date first."),
        (
            (pl.col("CLASS") == NEW) & pl.col("BASELINE"),
            "is called new but was seen at baseline",
            "Make it a target or non-target lesion.",
        ),
    ]
    faults = [
        f
        for broken, what, mend in checks
        for f in named_faults(rows.filter(broken), table, what, mend, key=key)
    ]
    return [*faults, *_repeated_faults(rows, key=key), *_order_faults(rows, key=key)]


def _repeated_faults(rows: pl.DataFrame, *, key: Sequence[str]) -> list[Fault]:
    known = rows.filter(pl.col(READ).is_not_null())
    part = ["PART"] if "PART" in rows.columns else []
    repeated = known.filter(pl.Series(repeated_rows(known, on=[READ, "LNKID", "VISIT", *part])))
    return named_faults(
        repeated,
        "MEASUREMENTS",
        "is read more than once at one timepoint",
        "Keep one row per lesion and timepoint; number fragments in PART.",
        key=key,
    )


def _order_faults(rows: pl.DataFrame, *, key: Sequence[str]) -> list[Fault]:
    table = "MEASUREMENTS"
    read, _ = key_numbers(rows, on=key)
    day = rows["ADT"].to_physical().cast(pl.Int64).fill_null(_NEVER).to_numpy()
    baseline = rows["BASELINE"].to_numpy()
    last = np.full(int(read.max(initial=-1)) + 1, -_NEVER, dtype=np.int64)
    dated = baseline & (day < _NEVER)
    np.maximum.at(last, read[dated], day[dated])
    early = rows.filter(pl.Series(~baseline & (day <= last[read])))
    return named_faults(
        early,
        table,
        "has an assessment that does not come after baseline",
        "Correct ADT, or mark the row as baseline (ABLFL = Y).",
        key=key,
    )


def named_faults(
    rows: pl.DataFrame, table: str, what: str, mend: str, *, key: Sequence[str]
) -> list[Fault]:
    """One fault of all these rows, naming the first; none where there are none."""
    if rows.is_empty():
        return []
    place = [c for c in (*key, "LNKID", "VISIT") if c in rows.columns and rows[c][0] is not None]
    named = ", ".join(f"{c} {rows[c][0]}" for c in place)
    numbers = f", rows {_first(rows['_row'])}" if "_row" in rows.columns else ""
    return [Fault(f"{named} {what}.", f"{table}: {rows.height} rows{numbers}", mend)]


def _first(numbers: pl.Series) -> str:
    listed = [str(number + 1) for number in numbers.head(5)]
    return ", ".join(listed) + (" ..." if len(numbers) > len(listed) else "")
