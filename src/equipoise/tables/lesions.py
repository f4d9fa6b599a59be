# SPDX-License-Identifier: Apache-2.0
"""Faults of lesion data that no response may be derived from, each with its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from equipoise.errors import Fault
from equipoise.recist.criterion import read_rules
from equipoise.recist.size import LARGEST_MM
from equipoise.tables.conform import conform
from equipoise.tables.contract import load_contract, subject_key
from equipoise.tables.iso_date import earliest_day, latest_day
from equipoise.tables.place import Place, row_numbers

Tables = Mapping[str, pl.DataFrame]
Files = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionChecks:
    """What the protocol says of its lesion data.

    sizes       TRTESTCD of the sizes used; states : TRTESTCD of states in words
    copies      rows that repeat another in everything but TRSEQ are let through
    per_day     a visit on several days is several timepoints
    baseline    baseline visits as declared; empty: where TU identifies targets and non-targets
    """

    sizes: tuple[str, ...]
    states: tuple[str, ...]
    copies: bool
    per_day: bool
    baseline: tuple[str, ...]


def check_lesions(tables: Tables, checks: LesionChecks, *, files: Files) -> list[Fault]:
    """Impossible sizes, duplicate reads, changed classes, unknown lesions, scans before baseline.

    Notes         Tables or columns that are missing are told by `check_tables`, not here.
    """
    known = conform({name: tables[name] for name in ("TU", "TR") if name in tables})
    if {"TU", "TR"} - set(known) or not _complete(known):
        return []
    tu, tr = (_with_read(known[name], name) for name in ("TU", "TR"))
    return [
        *_sizes(tr, checks, files=files),
        *_duplicates(tr, checks, files=files),
        *_classes(tu, files=files),
        *_unknown(tr, tu, checks, files=files),
        *_before_baseline(tr, tu, checks, files=files),
    ]


def check_accepted(tables: Tables, *, files: Files) -> Iterator[Fault]:
    """Two reads of one subject and evaluator that both bear --ACPTFL = Y."""
    for name in ("RS", "TU", "TR"):
        columns = {"USUBJID", f"{name}EVAL", f"{name}EVALID", f"{name}ACPTFL"}
        if name not in tables or not columns <= set(tables[name].columns):
            continue
        frame = tables[name].with_columns(pl.col(sorted(columns)).cast(pl.String))
        reader = pl.col(f"{name}EVALID").fill_null("")
        accepted = pl.col(f"{name}ACPTFL") == "Y"
        several = reader.filter(accepted).n_unique().over([*subject_key(frame), f"{name}EVAL"])
        yield from _fault(
            frame,
            accepted & (several > 1),
            "has two accepted reads",
            "mark the rows of one whole read per subject and evaluator with Y",
            place=(files.get(name, name), (f"{name}EVALID", f"{name}ACPTFL")),
        )


def _complete(tables: Tables) -> bool:
    needed = {
        "TU": {"USUBJID", "TULNKID", "TUSTRESC", "TUEVAL"},
        "TR": {"USUBJID", "TRLNKID", "TRTESTCD", "TRORRES", "TREVAL", "TRDTC"},
    }
    return all(columns <= set(tables[name].columns) for name, columns in needed.items())


def _with_read(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """One name for the columns both tables have; a visit without name bears its date."""
    absent = [
        c for c in ("VISIT", f"{name}DTC", f"{name}EVALID", f"{name}STAT") if c not in frame.columns
    ]
    whole = frame.with_columns(pl.lit(None, dtype=pl.String).alias(c) for c in absent)
    return whole.with_columns(
        _EVAL=f"{name}EVAL",
        _EVALID=pl.col(f"{name}EVALID").fill_null(""),
        _LNKID=f"{name}LNKID",
        _VISIT=pl.coalesce("VISIT", f"{name}DTC"),
    )


def _read(frame: pl.DataFrame) -> list[str]:
    return [*subject_key(frame), "_EVAL", "_EVALID"]


def _sizes(tr: pl.DataFrame, checks: LesionChecks, *, files: Files) -> Iterator[Fault]:
    text = pl.col("TRORRES").str.strip_chars()
    number = text.cast(pl.Float64, strict=False)
    size = pl.col("TRTESTCD").is_in(list(checks.sizes))
    words = {
        word for states in read_rules("sdtm_lesions.yaml")["states"].values() for word in states
    }
    done = (pl.col("TRSTAT") != "NOT DONE").fill_null(value=True)
    in_words = text.str.to_uppercase().is_in(sorted(words))
    place = (files.get("TR", "TR"), ("TRORRES",))
    yield from _fault(
        tr,
        size & ~number.is_between(0, LARGEST_MM),
        f"has an impossible size (not 0 to {LARGEST_MM} mm)",
        "correct TRORRES, or leave it empty and say in TRSTAT why",
        place=place,
    )
    yield from _fault(
        tr,
        size & done & number.is_null() & ~in_words.fill_null(value=False),
        "has neither a size nor a known state",
        "give the size in mm, a state such as TOO SMALL TO MEASURE, or TRSTAT = NOT DONE",
        place=place,
    )


def _duplicates(tr: pl.DataFrame, checks: LesionChecks, *, files: Files) -> Iterator[Fault]:
    used = pl.col("TRTESTCD").is_in([*checks.sizes, *checks.states])
    identity = [*_read(tr), "_LNKID", "TRTESTCD", "_VISIT"]
    if checks.per_day:
        identity.append("TRDTC")
    said = pl.struct("TRORRES", "TRSTAT", "TRDTC")
    several = (said.n_unique() if checks.copies else pl.len()).over(identity) > 1
    yield from _fault(
        tr,
        used & several & pl.col("_LNKID").is_not_null(),
        "is read more than once at one visit",
        "keep one row per lesion, visit and reader",
        place=(files.get("TR", "TR"), ("TRLNKID", "VISIT", "TRORRES")),
    )


def _classes(tu: pl.DataFrame, *, files: Files) -> Iterator[Fault]:
    kinds = pl.col("TUSTRESC").n_unique().over([*_read(tu), "_LNKID"])
    yield from _fault(
        tu,
        (kinds > 1) & pl.col("_LNKID").is_not_null(),
        "changes class",
        "a lesion keeps its class; give a new finding a TULNKID of its own",
        place=(files.get("TU", "TU"), ("TULNKID", "TUSTRESC")),
    )


def _unknown(
    tr: pl.DataFrame, tu: pl.DataFrame, checks: LesionChecks, *, files: Files
) -> Iterator[Fault]:
    used = pl.col("TRTESTCD").is_in([*checks.sizes, *checks.states])
    identity = [*_read(tr), "_LNKID"]
    identified = tu.select(identity).unique().with_columns(_known=True)
    rows = tr.join(identified, on=identity, how="left", maintain_order="left")
    yield from _fault(
        rows,
        used & pl.col("_known").is_null(),
        "is measured but not identified",
        f"add the lesion to {files.get('TU', 'TU')} for this reader",
        place=(files.get("TR", "TR"), ("TRLNKID",)),
    )


def _before_baseline(
    tr: pl.DataFrame, tu: pl.DataFrame, checks: LesionChecks, *, files: Files
) -> Iterator[Fault]:
    """Scans before a declared baseline are declared unread; they are no fault."""
    if checks.baseline:
        return
    at_baseline = pl.col("TUSTRESC").is_in(load_contract("TU").rules["baseline"])
    read = _read(tr)
    visits = tu.filter(at_baseline).select(*read, "_VISIT").unique().with_columns(_first=True)
    rows = tr.join(visits, on=[*read, "_VISIT"], how="left", maintain_order="left").with_columns(
        _day=earliest_day(pl.col("TRDTC")), _last=latest_day(pl.col("TRDTC"))
    )
    start = pl.col("_day").filter(pl.col("_first").is_not_null()).max().over(read)
    yield from _fault(
        rows,
        pl.col("_first").is_null() & (pl.col("_last") <= start),
        "has an assessment that does not come after baseline",
        "correct TRDTC, or name the baseline in response.lesions.baseline_visits",
        place=(files.get("TR", "TR"), ("VISIT", "TRDTC")),
    )


def _fault(
    frame: pl.DataFrame,
    broken: pl.Expr,
    what: str,
    mend: str,
    *,
    place: tuple[str, tuple[str, ...]],
) -> Iterator[Fault]:
    rows = row_numbers(frame, broken)
    if rows:
        first = frame.row(rows[0] - 1, named=True)
        named = [first["USUBJID"], first.get("_LNKID"), first.get("_VISIT")]
        yield Fault(
            what=f"{', '.join(str(n) for n in named if n is not None)} {what}",
            where=Place(place[0], tuple(rows), place[1]).text(),
            mend=mend,
        )
