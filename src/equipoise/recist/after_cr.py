# SPDX-License-Identifier: Apache-2.0
"""What a recorded PR or SD means once a complete response has been recorded."""

from __future__ import annotations

import polars as pl

from equipoise.recist.assessments import READ
from equipoise.recist.history import any_after, any_before
from equipoise.recist.response_options import ResponseOptions

_DISEASE = ("PR", "SD", "NON-CR/NON-PD")


def respond_after_cr(used: pl.DataFrame, *, options: ResponseOptions) -> pl.DataFrame:
    """Recorded responses with disease after CR read as the protocol says.

    Parameters    used : assessments that count, in order, with READ and AVALC
    Returns       the same columns; AVALC changed, and rows after a progression found here dropped
    Source: RECIST 1.1 Table 3, footnote a; section 7, After CR, of the specification.
    """
    if options.after_cr == "as_recorded" or used.is_empty():
        return used
    read = used[READ].to_numpy()
    is_cr = (used["AVALC"] == "CR").to_numpy()
    has_disease = used["AVALC"].is_in(_DISEASE).to_numpy()
    if options.after_cr == "first_was_pr":
        corrected = pl.Series(is_cr & any_after(read, has_disease))
        return used.with_columns(AVALC=pl.when(corrected).then(pl.lit("PR")).otherwise("AVALC"))
    relapsed = has_disease & any_before(read, is_cr)
    reread = used.with_columns(
        AVALC=pl.when(pl.Series(relapsed)).then(pl.lit("PD")).otherwise("AVALC")
    )
    if not options.stop_at_pd:
        return reread
    return reread.filter(pl.Series(~any_before(read, relapsed)))
