# SPDX-License-Identifier: Apache-2.0
"""Arms of the data and arms of the protocol."""

from __future__ import annotations

import polars as pl

from equipoise.errors import DataError, Fault
from equipoise.protocol.model import Protocol


def treatment(protocol: Protocol, code: str, name: str) -> pl.Expr:
    """The label of the protocol's arm; the data's own name where the code is no arm of it."""
    labels = {arm.id: arm.label for arm in protocol.arms}
    known = pl.col(code).replace_strict(labels, default=None, return_dtype=pl.String)
    return pl.coalesce(known, pl.col(name))


def check_arms(adsl: pl.DataFrame, protocol: Protocol) -> None:
    """Every subject who was randomised, or treated, is in an arm of the protocol.

    Raises        DataError - naming the codes that are not, and how many subjects bear them
    """
    known = [arm.id for arm in protocol.arms]
    lost = adsl.filter(
        pl.any_horizontal(pl.col("RANDDT", "TRTSDT").is_not_null())
        & ~pl.col("ARMCD").is_in(known).fill_null(value=False)
    )
    if not lost.height:
        return
    codes = lost["ARMCD"].unique(maintain_order=True).to_list()
    shown = ", ".join("missing" if code is None else repr(code) for code in codes[:5])
    raise DataError(
        Fault(
            what=f"subjects of the trial are in an arm the protocol does not have: {shown}",
            where=f"DM, {lost.height} of {adsl.height} subjects, first {lost['USUBJID'][0]}, "
            "column ARMCD",
            mend=f"give the arm's id in the protocol or the data: {', '.join(known)}",
        )
    )
