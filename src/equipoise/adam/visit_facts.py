# SPDX-License-Identifier: Apache-2.0
"""What is recorded of a visit beside its lesions: regions not searched, tumour markers raised."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.dates import last_day
from equipoise.adam.evaluators import named_evaluator, reading_evaluators, rows_of
from equipoise.adam.lesion_reads import LesionReads
from equipoise.errors import DataError, Fault
from equipoise.protocol.model import Protocol, VisitFact
from equipoise.tables import subject_key

Tables = Mapping[str, pl.DataFrame]
READ_BY_SOMEBODY = ("RS", "TU", "TR")


def derive_visit_facts(
    tables: Tables, adsl: pl.DataFrame, found: LesionReads, protocol: Protocol
) -> pl.DataFrame | None:
    """Visits of which the protocol's `not_searched` or `raised_markers` hold: SEARCHED, MARKERS.

    Returns       key of the reads, VISIT, ADT, SEARCHED and MARKERS, false where the records say
                  so; None where the protocol names no such records
    Raises        DataError - a table or variable that the protocol names is not there
    Notes         A visit without lesions becomes a timepoint of its own where a region was not
                  searched; raised markers alone make none. At baseline neither matters.
    """
    options = protocol.response.lesions
    named = {"SEARCHED": options.not_searched, "MARKERS": options.raised_markers}
    facts = {name: fact for name, fact in named.items() if fact is not None}
    if not facts:
        return None
    _check(facts, tables)
    scans = found.measurements.filter(pl.col("ABLFL").is_null())
    visits: pl.DataFrame | None = None
    on = [*found.key, "VISIT", "ADT"]
    for name, fact in facts.items():
        rows = _visits(fact, tables[fact.table], adsl, protocol)
        rows = _labelled(rows, scans, found.key, alone=name == "SEARCHED")
        rows = rows.with_columns(pl.lit(value=False).alias(name))
        visits = (
            rows
            if visits is None
            else visits.join(rows, on=on, how="full", coalesce=True, nulls_equal=True)
        )
    return visits


def _check(facts: Mapping[str, VisitFact], tables: Tables) -> None:
    faults = []
    for fact in facts.values():
        known = tables[fact.table].columns if fact.table in tables else []
        absent = [name for name in (*fact.where, f"{fact.table}DTC") if name not in known]
        if absent:
            faults.append(
                Fault(
                    what=f"a record of visits is looked for, and {fact.table} lacks "
                    + ", ".join(absent),
                    where="protocol: response.lesions",
                    mend=f"give {fact.table} with these variables, or take the record out",
                )
            )
    if faults:
        raise DataError(faults)


def _visits(
    fact: VisitFact, frame: pl.DataFrame, adsl: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame:
    """The visits of the matching rows, by evaluator; those of a laboratory are everybody's."""
    subject = subject_key(adsl)
    day = f"{fact.table}DTC"
    matching = frame.join(adsl.select(subject), on=subject, how="semi").filter(
        *(pl.col(name).is_in(list(values)) for name, values in fact.where.items())
    )
    label = pl.col(day) if "VISIT" not in matching.columns else pl.coalesce("VISIT", day)
    by_reader = fact.table in READ_BY_SOMEBODY
    return pl.concat(
        (rows_of(evaluator, matching, domain=fact.table) if by_reader else matching).select(
            *subject,
            EVALUATOR=named_evaluator(evaluator, protocol),
            VISIT=label,
            ADT=last_day(pl.col(day)),
        )
        for evaluator in reading_evaluators(protocol)
    )


def _labelled(
    rows: pl.DataFrame, scans: pl.DataFrame, key: list[str], *, alone: bool
) -> pl.DataFrame:
    """Visits as the measurements name them; a visit of several timepoints is each of them."""
    names = scans.select(*key, TIMEPOINT=pl.col("VISIT").cast(pl.String), DAY="ADT").unique()
    by_day = pl.col("VISIT") + " " + pl.col("DAY").cast(pl.String)
    joined = rows.join(names, on=key, how="left")
    same = (pl.col("TIMEPOINT") == pl.col("VISIT")) | (pl.col("TIMEPOINT") == by_day)
    met = joined.filter(same).select(*key, VISIT="TIMEPOINT", ADT=pl.lit(None, dtype=pl.Date))
    if not alone:
        return met.unique()
    left = rows.join(joined.filter(same), on=[*key, "VISIT"], how="anti")
    return pl.concat([met, left.filter(pl.col("ADT").is_not_null())]).unique()
