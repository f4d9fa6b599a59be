# SPDX-License-Identifier: Apache-2.0
"""Two readers and an adjudicator: the accepted read of each subject, or none yet."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.adam.evaluators import rows_of
from equipoise.protocol.model import Adjudication, Evaluator, Protocol
from equipoise.recist.adjudication import accept_reads, check_one_accepted
from equipoise.tables import load_contract, subject_key

Tables = Mapping[str, pl.DataFrame]


def derive_adjudication(
    adrs: pl.DataFrame, adsl: pl.DataFrame, tables: Tables, protocol: Protocol
) -> pl.DataFrame | None:
    """ADADJ: for each subject which read is accepted, why, and whether that is still pending.

    Parameters    adrs : responses of the readers; tables : RS, TU, TR with the adjudicator's choice
    Returns       None where the protocol has no two readers
    Raises        DataError - two accepted reads of one subject
    Source: section 12 of the specification.
    """
    found = [
        _decided(evaluator, evaluator.adjudication, adrs, tables, protocol)
        for evaluator in protocol.evaluators
        if evaluator.adjudication is not None
    ]
    if not found:
        return None
    subject = subject_key(adsl)
    columns = [c.name for c in load_contract("ADADJ").columns]
    return (
        pl.concat(found)
        .join(adsl.select(*subject, "STUDYID"), on=subject, how="left")
        .select(*(c for c in subject if c == "REPID"), *columns)
        .sort(*subject, "EVALUATOR")
    )


def accepted_rows(adrs: pl.DataFrame, adjudication: pl.DataFrame) -> pl.DataFrame:
    """Rows of ADRS for the accepting evaluators: those of the accepted read, as they are.

    A pending subject has its death and, in place of best responses, PENDING: never a reader's.
    """
    subject = subject_key(adrs)
    choice = adjudication.select(*subject, "EVALUATOR", "ACCEPTED", "READER1")
    rows = adrs.rename({"EVALUATOR": "READER"})
    accepted = rows.join(
        choice.drop("READER1"),
        left_on=[*subject, "READER"],
        right_on=[*subject, "ACCEPTED"],
        how="inner",
    )
    waiting = choice.filter(pl.col("ACCEPTED").is_null())
    in_place = rows.filter(pl.col("PARAMCD").is_in(["DEATH", "BOR", "CBOR"])).join(
        waiting.drop("ACCEPTED"),
        left_on=[*subject, "READER"],
        right_on=[*subject, "READER1"],
        how="inner",
    )
    return pl.concat(
        [accepted.select(adrs.columns), _without_response(in_place).select(adrs.columns)]
    )


def _without_response(rows: pl.DataFrame) -> pl.DataFrame:
    """Best responses say that they are pending, and nothing of either read."""
    is_best = pl.col("PARAMCD") != "DEATH"
    kept = ("STUDYID", "USUBJID", "REPID", "EVALUATOR", "PARAMCD", "PARAM", "ANL01FL", "AVALC")
    pending = load_contract("ADADJ").rules["pending"]
    return rows.with_columns(
        *(pl.when(~is_best).then(c).alias(c) for c in rows.columns if c not in kept),
        AVALC=pl.when(is_best).then(pl.lit(pending)).otherwise("AVALC"),
    )


def _decided(
    evaluator: Evaluator,
    adjudication: Adjudication,
    adrs: pl.DataFrame,
    tables: Tables,
    protocol: Protocol,
) -> pl.DataFrame:
    subject, readers = subject_key(adrs), adjudication.readers
    known = {e.id: e for e in protocol.evaluators}
    numbers = {name: f"READER {i}" for i, name in enumerate(readers, start=1)}
    names = {number: name for name, number in numbers.items()}
    readings = _readings(adrs, adjudication, numbers)
    choices = _choices([known[name] for name in readers], numbers, tables, subject)
    check_one_accepted(choices, key=subject)
    decisions = choices.unique([*subject, "READER"]).select(*subject, ACCEPTED="READER")
    found = accept_reads(readings, decisions, key=subject, compared=adjudication.variables)
    told = [
        readings.filter(READER=f"READER {i}").select(*subject, _told(adjudication, f"VALUES{i}"))
        for i in (1, 2)
    ]
    for values in told:
        found = found.join(values, on=subject, how="left", maintain_order="left")
    needed = pl.when("ADJUDICATION").then(pl.lit("Y")).otherwise(pl.lit("N"))
    return found.select(
        *subject,
        "VALUES1",
        "VALUES2",
        "STATUS",
        EVALUATOR=pl.lit(evaluator.id),
        READER1=pl.lit(readers[0]),
        READER2=pl.lit(readers[1]),
        DISCORD=pl.when(pl.col("DISCORDANT") != "").then("DISCORDANT"),
        ADJUDFL=needed,
        ACCEPTED=pl.col("ACCEPTED").replace_strict(names, default=None, return_dtype=pl.String),
    )


def _readings(
    adrs: pl.DataFrame, adjudication: Adjudication, numbers: dict[str, str]
) -> pl.DataFrame:
    """One row per subject and reader with the declared variables as text."""
    subject, places = subject_key(adrs), load_contract("ADADJ").rules["variables"]
    mine = adrs.filter(pl.col("EVALUATOR").is_in(list(numbers)))
    readings = mine.select(*subject, "EVALUATOR").unique()
    for name in adjudication.variables:
        parameter, column = places[name]
        value = mine.filter(PARAMCD=parameter).select(
            *subject, "EVALUATOR", pl.col(column).cast(pl.String).alias(name)
        )
        readings = readings.join(value, on=[*subject, "EVALUATOR"], how="left")
    reader = pl.col("EVALUATOR").replace_strict(numbers, return_dtype=pl.String)
    return readings.with_columns(READER=reader).drop("EVALUATOR").sort(*subject, "READER")


def _told(adjudication: Adjudication, name: str) -> pl.Expr:
    parts = [pl.format(f"{v} {{}}", pl.col(v).fill_null("none")) for v in adjudication.variables]
    return pl.concat_str(parts, separator=", ").alias(name)


def _choices(
    readers: list[Evaluator], numbers: dict[str, str], tables: Tables, subject: list[str]
) -> pl.DataFrame:
    """Reads that bear --ACPTFL = Y: subject, READER, ACPTFL."""
    schema = {**dict.fromkeys(subject, pl.String), "READER": pl.String, "ACPTFL": pl.String}
    found = [
        rows_of(reader, tables[domain], domain=domain)
        .filter(pl.col(f"{domain}ACPTFL") == "Y")
        .select(*subject, READER=pl.lit(numbers[reader.id]), ACPTFL=pl.lit("Y"))
        for domain in load_contract("ADADJ").rules["domains"]
        if domain in tables and f"{domain}ACPTFL" in tables[domain].columns
        for reader in readers
    ]
    return pl.concat(found).unique() if found else pl.DataFrame(schema=schema)
