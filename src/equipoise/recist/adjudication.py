# SPDX-License-Identifier: Apache-2.0
"""Two readers and an adjudicator: one whole read is accepted, or none yet."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from equipoise.errors import DataError, Fault


def accept_reads(
    readings: pl.DataFrame, decisions: pl.DataFrame, *, key: Sequence[str], compared: Sequence[str]
) -> pl.DataFrame:
    """Which read counts for each subject, and why.

    Parameters    readings : key, READER (READER 1, READER 2) and the variables that are compared,
                             such as BOR and PDDT; one row per subject and reader
                  decisions : key, ACCEPTED (the adjudicator's choice of READER); may lack subjects
                  compared : declared adjudication variables
    Returns       key, DISCORDANT (their names, comma between; empty if none), ADJUDICATION
                  (needed), ACCEPTED (READER or null), STATUS (AGREED, ADJUDICATED, PENDING)
    Notes         Results are never mixed or averaged; a missing decision is never replaced by a
                  reader: the endpoint is pending.
    Raises        DataError - not one row per reader, or a decision for a reader who did not read
    Source: section 12 of the specification [C 13].
    """
    on = list(key)
    _check_readings(readings, decisions, on)
    one, two = (readings.filter(READER=f"READER {number}").drop("READER") for number in (1, 2))
    both = one.join(two, on=on, how="left", suffix="_2", maintain_order="left")
    both = both.join(decisions.select(*on, "ACCEPTED"), on=on, how="left", maintain_order="left")
    differing = [
        pl.when(pl.col(name).ne_missing(pl.col(f"{name}_2"))).then(pl.lit(name))
        for name in compared
    ]
    names = pl.concat_list(differing).list.drop_nulls().list.join(", ")
    needed = pl.col("DISCORDANT") != ""
    status = (
        pl.when(~needed)
        .then(pl.lit("AGREED"))
        .when(pl.col("ACCEPTED").is_null())
        .then(pl.lit("PENDING"))
        .otherwise(pl.lit("ADJUDICATED"))
    )
    return (
        both.with_columns(DISCORDANT=names)
        .with_columns(
            ADJUDICATION=needed,
            STATUS=status,
            ACCEPTED=pl.when(needed).then("ACCEPTED").otherwise(pl.lit("READER 1")),
        )
        .select(*on, "DISCORDANT", "ADJUDICATION", "ACCEPTED", "STATUS")
    )


def check_one_accepted(readings: pl.DataFrame, *, key: Sequence[str]) -> None:
    """Raise DataError where two reads of one subject are marked as accepted (ACPTFL = Y).

    Parameters    readings : key of the subject and evaluator, READER, ACPTFL
    """
    accepted = readings.filter(pl.col("ACPTFL") == "Y").select(*key, "READER").unique()
    twice = (
        accepted.group_by(key).agg(pl.col("READER").sort()).filter(pl.col("READER").list.len() > 1)
    )
    if twice.is_empty():
        return
    twice = twice.sort(key)
    first = " ".join(str(twice[name][0]) for name in key)
    raise DataError(
        Fault(
            what=f"{first} has two accepted reads: {', '.join(twice['READER'][0])}.",
            where=f"{twice.height} subjects",
            mend="Mark exactly one read per subject and evaluator with ACPTFL = Y.",
        )
    )


def _check_readings(readings: pl.DataFrame, decisions: pl.DataFrame, on: list[str]) -> None:
    faults = []
    counts = readings.group_by(on).agg(pl.col("READER").sort())
    wrong = counts.filter(pl.col("READER").list.join(",") != "READER 1,READER 2").sort(on)
    if wrong.height:
        faults.append(
            Fault(
                what=f"{wrong[on[-1]][0]} is not read once by READER 1 and once by READER 2.",
                where=f"{wrong.height} subjects",
                mend="Give one row per subject and reader.",
            )
        )
    named = decisions.filter(pl.col("ACCEPTED").is_not_null())
    strangers = named.filter(~pl.col("ACCEPTED").is_in(["READER 1", "READER 2"])).sort(on)
    if strangers.height:
        faults.append(
            Fault(
                what=f"{strangers[on[-1]][0]} has an accepted read that is not one of the two.",
                where=f"{strangers.height} decisions",
                mend="The adjudicator accepts READER 1 or READER 2 as a whole.",
            )
        )
    if faults:
        raise DataError(faults)
