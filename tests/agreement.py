# SPDX-License-Identifier: Apache-2.0
"""Two tables compared row by row on named columns: what differs is in the message."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def in_plain_types(frame: pl.DataFrame) -> pl.DataFrame:
    """Numbers as Float64, dates as ISO text: so that files of any kind compare."""
    plain = {
        pl.Date: lambda c: c.dt.to_string("%Y-%m-%d"),
        pl.String: lambda c: pl.when(c != "").then(c),
    }
    return frame.select(
        plain[dtype](pl.col(name)).alias(name) if dtype in plain else pl.col(name).cast(pl.Float64)
        for name, dtype in ((n, t.base_type()) for n, t in frame.schema.items())
    )


def differences(
    found: pl.DataFrame, expected: pl.DataFrame, *, on: Sequence[str], columns: Sequence[str]
) -> pl.DataFrame:
    """Rows of either table that the other lacks or has otherwise; empty when the tables agree."""
    wanted = [*on, *columns]
    ours = in_plain_types(found.select(wanted)).with_columns(side=pl.lit("found"))
    theirs = in_plain_types(expected.select(wanted)).with_columns(side=pl.lit("expected"))
    both = pl.concat([ours, theirs], how="vertical_relaxed")
    return (
        both.group_by(wanted)
        .agg(
            n_found=(pl.col("side") == "found").sum(),
            n_expected=(pl.col("side") == "expected").sum(),
        )
        .filter(pl.col("n_found") != pl.col("n_expected"))
        .sort(on)
    )


def assert_agree(
    found: pl.DataFrame, expected: pl.DataFrame, *, on: Sequence[str], columns: Sequence[str]
) -> None:
    """Every row of `expected` is found, with these columns equal, and no other row is."""
    assert expected.height > 0, "nothing to compare with"
    differ = differences(found, expected, on=on, columns=columns)
    with pl.Config(tbl_cols=-1, tbl_rows=20, tbl_width_chars=200):
        assert differ.is_empty(), f"{differ.height} rows differ\n{differ}"
