# SPDX-License-Identifier: Apache-2.0
"""Anticancer therapy before and after the reference day: every record, first new one flagged."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.dates import first_day, imputed_part, last_day
from equipoise.adam.new_therapy import therapy_records
from equipoise.adam.reference_day import reference_variable
from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key

_KIND = {"CM": "MEDICATION", "PR": "PROCEDURE"}
_TEXTS = {"TRT": "ATRT", "DECOD": "ADECOD", "CAT": "ACAT", "SCAT": "ASCAT"}


def derive_adsubtx(
    tables: Mapping[str, pl.DataFrame], adsl: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame | None:
    """Anticancer therapy that began after the subject's reference day.

    Parameters    tables : CM or PR, conformed, as of the data cut-off; adsl : its subjects
    Returns       ADSUBTX, or None where no table has a column that data.new_therapy names:
                  nobody knows, which is not that there was none
    Source: the records and the rule (after the reference day, partial date to its first day) are
    those of censoring at new therapy, adam/new_therapy.py.
    """
    found = _all_records(tables, adsl, protocol)
    if found is None:
        return None
    after = found.filter(pl.col("ASTDT") > pl.col("STARTDT"))
    flagged = _numbered(after, subject_key(adsl)).with_columns(
        NTDY=(pl.col("ASTDT") - pl.col("STARTDT")).dt.total_days() + 1,
        FIRSTFL=pl.when(pl.col("ASEQ") == 1).then(pl.lit("Y")),
    )
    return _in_contract(flagged, subject_key(adsl), "ADSUBTX")


def derive_adprtx(
    tables: Mapping[str, pl.DataFrame], adsl: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame | None:
    """Anticancer therapy that began on or before the subject's reference day.

    Parameters, source : as derive_adsubtx
    Returns       ADPRTX, or None where nobody has such a record: that earlier therapy was asked
                  for is then not known. A record without a start stands in neither table.
    """
    found = _all_records(tables, adsl, protocol)
    if found is None:
        return None
    before = found.filter(pl.col("ASTDT") <= pl.col("STARTDT"))
    if not before.height:
        return None
    key = subject_key(adsl)
    return _in_contract(_numbered(before, key), key, "ADPRTX")


def _all_records(
    tables: Mapping[str, pl.DataFrame], adsl: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame | None:
    """Every record that data.new_therapy names, with the reference day of its subject."""
    key = subject_key(adsl)
    found = [_records(rows, domain, key) for domain, rows in therapy_records(tables, protocol)]
    if not found:
        return None
    start = reference_variable(protocol)
    named = [k for k in ("STUDYID",) if k in adsl.columns]
    subjects = adsl.select(*key, *named, "TRT01P", STARTDT=pl.col(start))
    return pl.concat(found).unique(maintain_order=True).join(subjects, on=key, how="inner")


def _numbered(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """In the order of their start, numbered within the subject."""
    ordered = rows.sort(*key, "ASTDT", "SRCDOM", "SRCSEQ")
    return ordered.with_columns(ASEQ=pl.int_range(1, pl.len() + 1).over(key))


def _in_contract(rows: pl.DataFrame, key: list[str], table: str) -> pl.DataFrame:
    columns = [c.name for c in load_contract(table).columns if c.name in rows.columns]
    return rows.select(*(k for k in key if k not in columns), *columns)


def _records(rows: pl.DataFrame, domain: str, key: list[str]) -> pl.DataFrame:
    """The records of CM or PR in the columns both share."""

    def text(suffix: str) -> pl.Expr:
        name = f"{domain}{suffix}"
        return pl.col(name) if name in rows.columns else pl.lit(None, dtype=pl.String)

    start = pl.col(f"{domain}STDTC")
    return rows.select(
        *key,
        **{new: text(suffix) for suffix, new in _TEXTS.items()},
        ACLASS=pl.lit(_KIND.get(domain, domain)),
        ASTDT=first_day(start),
        ASTDTF=imputed_part(start, first_day(start)),
        AENDT=last_day(text("ENDTC")),
        SRCDOM=pl.lit(domain),
        SRCVAR=pl.lit(f"{domain}STDTC"),
        SRCSEQ=pl.col(f"{domain}SEQ"),
    )
