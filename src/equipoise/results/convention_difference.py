# SPDX-License-Identifier: Apache-2.0
"""What changes when the same data are analysed under another convention profile."""

from __future__ import annotations

from typing import Any

import polars as pl

from equipoise.errors import Fault, ProtocolError
from equipoise.protocol.model import Protocol
from equipoise.results.method_args import profiles
from equipoise.results.schema import columns

# Numbers closer than this are the same: they differ by the order of summation at most.
TOLERANCE = 1e-12
ABSENT = "absent"


def under_convention(protocol: Protocol, convention: str) -> Protocol:
    """The protocol under another profile.

    Raises ProtocolError for a profile that there is not, or that the protocol has already.
    """
    known = [name for name in profiles() if name != protocol.convention]
    if convention not in known:
        same = convention == protocol.convention
        raise ProtocolError(
            Fault(
                what=f"the protocol is already under `{convention}`"
                if same
                else f"there is no convention `{convention}`",
                where="--against",
                mend=f"one of {', '.join(known)}",
            )
        )
    return protocol.model_copy(update={"convention": convention})


def convention_difference(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """The choices and numbers in which two results tables of the same data differ.

    Parameters    first, second : results under one profile each; ids do not depend on the profile
    Returns       a row per choice that differs, then one per number in the order of `first`;
                  missing differs from any number, and NR from NE
    """
    one, two = (str(table["convention"][0]) for table in (first, second))
    named = {"first_convention": one, "second_convention": two}
    chosen: list[dict[str, Any]] = [
        {"kind": "choice", "name": name, "first": value, "second": profiles()[two][name]}
        | {"first_value": None, "second_value": None, "printed": 1}
        for name, value in profiles()[one].items()
        if name != "source" and value != profiles()[two][name]
    ]
    keys = pl.concat([first.select("result_id"), second.select("result_id")]).unique(
        maintain_order=True
    )
    both = keys
    for table, name in ((first, "first"), (second, "second")):
        own = table.select(
            "result_id",
            pl.col("display").alias(name),
            pl.col("value").alias(f"{name}_value"),
        )
        both = both.join(own, on="result_id", how="left", maintain_order="left")
    a, b = pl.col("first_value"), pl.col("second_value")
    larger = pl.max_horizontal(1.0, a.abs(), b.abs())
    apart = ((a - b).abs() > TOLERANCE * larger).fill_null(value=False)
    text = pl.col("first").ne_missing(pl.col("second"))
    numbers = both.filter(apart | text).select(
        kind=pl.lit("number"),
        name="result_id",
        first=pl.col("first").fill_null(ABSENT),
        second=pl.col("second").fill_null(ABSENT),
        first_value="first_value",
        second_value="second_value",
        printed=text.cast(pl.Int64),
    )
    wanted = columns("convention_difference")
    choices = pl.DataFrame([row | named for row in chosen], schema=wanted)
    return pl.concat(
        [
            choices,
            numbers.with_columns(**{k: pl.lit(v) for k, v in named.items()}).select(list(wanted)),
        ]
    )
