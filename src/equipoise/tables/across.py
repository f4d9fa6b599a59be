# SPDX-License-Identifier: Apache-2.0
"""Faults between tables: subjects nobody enrolled, and events before randomisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from equipoise.errors import Fault
from equipoise.tables.contract import load_contract, subject_key
from equipoise.tables.iso_date import earliest_day, latest_day
from equipoise.tables.place import Place, row_numbers

Tables = Mapping[str, pl.DataFrame]
Files = Mapping[str, str]


def check_across(tables: Tables, *, files: Files) -> Iterator[Fault]:
    """Orphan subjects, and deaths and events dated before randomisation.

    Records of other kinds may lie before randomisation (screening scans, earlier disease); the
    derivations leave them out by rule.
    """
    yield from _orphans(tables, files=files)
    yield from _death_in_dm(tables, files=files)
    yield from _before(tables, "ADSL", day="DTHDT", start="RANDDT", event="death", files=files)
    yield from _before(
        tables, "ADTTE", day="ADT", start="STARTDT", event="the event or censoring", files=files
    )


def _orphans(tables: Tables, *, files: Files) -> Iterator[Fault]:
    roll = next((name for name in ("DM", "ADSL") if name in tables), None)
    if roll is None or "USUBJID" not in tables[roll].columns:
        return
    for name, frame in tables.items():
        if name in (roll, "ADSL") or "USUBJID" not in frame.columns or not frame.height:
            continue
        key = [c for c in subject_key(frame) if c in tables[roll].columns]
        enrolled = tables[roll].select(pl.col(key).cast(pl.String)).unique()
        rows = frame.select(pl.col(key).cast(pl.String)).join(
            enrolled.with_columns(enrolled=True), on=key, how="left", maintain_order="left"
        )
        orphan = row_numbers(rows, pl.col("enrolled").is_null() & pl.col("USUBJID").is_not_null())
        if orphan:
            subjects = rows[[r - 1 for r in orphan]]["USUBJID"].unique(maintain_order=True)
            others = f" and {len(subjects) - 1} other subjects" if len(subjects) > 1 else ""
            yield Fault(
                what=f"{roll} has no subject {subjects[0]!r}{others}",
                where=Place(files.get(name, name), tuple(orphan), ("USUBJID",)).text(),
                mend=f"add the subject to {files.get(roll, roll)}, or take its records out",
            )


def _death_in_dm(tables: Tables, *, files: Files) -> Iterator[Fault]:
    needed = {"DM": ("USUBJID", "DTHDTC"), "DS": ("USUBJID", "DSDECOD", "DSSTDTC")}
    if any(
        name not in tables or not set(columns) <= set(tables[name].columns)
        for name, columns in needed.items()
    ):
        return
    dm, ds = tables["DM"], tables["DS"]
    key = subject_key(dm)
    randomised = (
        ds.filter(pl.col("DSDECOD") == load_contract("DS").rules["randomised"])
        .group_by(pl.col(key).cast(pl.String))
        .agg(start=earliest_day(pl.col("DSSTDTC").cast(pl.String)).min())
    )
    rows = dm.select(
        pl.col(key).cast(pl.String), day=latest_day(pl.col("DTHDTC").cast(pl.String))
    ).join(randomised, on=key, how="left", maintain_order="left")
    yield from _early(
        rows,
        "death",
        place=(files.get("DM", "DM"), "DTHDTC"),
        start=f"DSSTDTC of RANDOMIZED in {files.get('DS', 'DS')}",
    )


def _before(
    tables: Tables, name: str, *, day: str, start: str, event: str, files: Files
) -> Iterator[Fault]:
    if name not in tables or not {day, start, "USUBJID"} <= set(tables[name].columns):
        return
    rows = tables[name].select(
        "USUBJID", day=_as_day(tables[name], day), start=_as_day(tables[name], start)
    )
    yield from _early(rows, event, place=(files.get(name, name), day), start=start)


def _as_day(frame: pl.DataFrame, column: str) -> pl.Expr:
    if frame.schema[column] == pl.String:
        return earliest_day(pl.col(column))
    return pl.col(column).cast(pl.Date, strict=False)


def _early(
    rows: pl.DataFrame, event: str, *, place: tuple[str, str], start: str
) -> Iterator[Fault]:
    early = row_numbers(rows, pl.col("day") < pl.col("start"))
    if early:
        first = rows.row(early[0] - 1, named=True)
        what = (
            f"{event} of {first['USUBJID']} on {first['day']} is before randomisation"
            if start != "STARTDT"
            else f"{event} of {first['USUBJID']} on {first['day']} is before its start"
        )
        yield Fault(
            what=f"{what} on {first['start']}",
            where=Place(place[0], tuple(early), (place[1],)).text(),
            mend=f"correct {place[1]}, or {start}",
        )
