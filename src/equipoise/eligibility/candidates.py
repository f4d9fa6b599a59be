# SPDX-License-Identifier: Apache-2.0
"""Candidates as one row per subject: from a table of variables, or from SDTM."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.errors import DataError, Fault
from equipoise.tables.place import Place, row_numbers

_IDS = ("USUBJID", "SUBJID")


def check_candidates(frame: pl.DataFrame, *, file: str) -> pl.DataFrame:
    """The candidates as text, blanks as missing, named by USUBJID.

    Raises        DataError - no column names the candidates, or not each of them once
    """
    name = next((c for c in _IDS if c in frame.columns), None)
    if name is None:
        raise DataError(
            Fault(
                what="no column names the candidates",
                where=f"{file}, columns {', '.join(frame.columns[:8])}",
                mend="add the column USUBJID, one row per candidate",
            )
        )
    text = frame.with_columns(pl.all().cast(pl.String).str.strip_chars()).with_columns(
        pl.when(pl.all() != "").then(pl.all()).name.keep()
    )
    text = text if name == "USUBJID" else text.rename({name: "USUBJID"})
    faults = []
    for wrong, what in (
        (pl.col("USUBJID").is_null(), "a candidate has no USUBJID"),
        (
            pl.col("USUBJID").is_duplicated() & pl.col("USUBJID").is_not_null(),
            "a candidate stands twice",
        ),
    ):
        rows = row_numbers(text, wrong)
        if rows:
            where = Place(file, tuple(rows), (name,)).text()
            faults.append(Fault(what=what, where=where, mend="give each candidate one row"))
    if faults:
        raise DataError(faults)
    return text


def candidates_from_sdtm(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """DM with the qualifiers of SUPPDM as columns; answers of IE as columns by criterion.

    IE records the criteria that were not met: IEORRES N of an inclusion criterion, Y of an
    exclusion criterion. Source: CDISC SDTMIG 3.4, IE. A criterion IE does not list has no answer.
    """
    wide = tables["DM"]
    for name, variable, value in (("SUPPDM", "QNAM", "QVAL"), ("IE", "IETESTCD", "IEORRES")):
        rows = tables.get(name)
        if rows is None or not rows.height:
            continue
        new = rows.filter(~pl.col(variable).is_in(wide.columns))
        if new.height:
            pivoted = new.pivot(variable, index="USUBJID", values=value, aggregate_function="first")
            wide = wide.join(pivoted, on="USUBJID", how="left", maintain_order="left")
    return wide
