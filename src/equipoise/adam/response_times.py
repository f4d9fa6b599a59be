# SPDX-License-Identifier: Apache-2.0
"""Times that begin or end with a response, from the progression-free time of the same rules."""

from __future__ import annotations

import polars as pl

from equipoise.adam.censoring import load_endings
from equipoise.protocol.model import RuleSet
from equipoise.tables import subject_key


def from_response(times: pl.DataFrame, responses: pl.DataFrame) -> pl.DataFrame:
    """The same ending, counted from the response; never before it."""
    key = subject_key(times)
    return (
        times.drop("STARTDT")
        .join(responses.select(*key, STARTDT=pl.col("ADT")), on=key, how="inner")
        .with_columns(ADT=pl.max_horizontal("ADT", "STARTDT"))
        .select(times.columns)
    )


def time_to_response(times: pl.DataFrame, responses: pl.DataFrame) -> pl.DataFrame:
    """The response ends the time; without one the end of the progression-free time censors it.

    A response after that end does not count: the rules had ended the observation.
    """
    key = subject_key(times)
    found = responses.select(*key, _day="ADT", _sequence="ASEQ")
    responded = (pl.col("_day") <= pl.col("ADT")).fill_null(value=False)
    sources = {name: ending.source for name, ending in load_endings("randomisation").items()}
    of_ending = pl.col("ending").replace_strict(sources, return_dtype=pl.String)
    of_start = of_ending == sources["no_baseline"]
    ended = pl.when(~of_start).then(pl.coalesce("SOURCE", of_ending))
    return (
        times.join(found, on=key, how="left", maintain_order="left")
        .with_columns(
            SOURCE=pl.when(~responded).then(ended),
            ending=pl.when(responded).then(pl.lit("responded")).otherwise(pl.lit("not_responded")),
            ADT=pl.when(responded).then("_day").otherwise("ADT"),
            SRCSEQ=pl.when(responded).then("_sequence").otherwise("SRCSEQ"),
            LEFTDT=pl.lit(None, dtype=pl.Date),
            RIGHTDT=pl.lit(None, dtype=pl.Date),
        )
        .select(times.columns)
    )


def with_disease_control(times: pl.DataFrame, benefits: pl.DataFrame) -> pl.DataFrame:
    """The times of subjects whose disease was controlled."""
    key = subject_key(times)
    return times.join(benefits.select(key), on=key, how="semi")


def time_to_failure(rules: RuleSet) -> RuleSet:
    """The rule set with every reason to stop as an event and nothing that censors an event."""
    return rules.model_copy(
        update={
            "new_therapy": "event",
            "treatment_stop": "event",
            "clinical_progression": "event",
            "missed_assessments": None,
            "no_baseline": "ignore",
        }
    )
