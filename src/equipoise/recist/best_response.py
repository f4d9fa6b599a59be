# SPDX-License-Identifier: Apache-2.0
"""Best overall response, with and without confirmation, from overall responses over time."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from equipoise.recist.after_cr import respond_after_cr
from equipoise.recist.assessments import flag_assessments, order_assessments, used_rows
from equipoise.recist.confirmation import confirmed_complete, confirmed_partial
from equipoise.recist.response_options import RESPONSE_CODES, ResponseOptions
from equipoise.recist.response_parameters import (
    best_parameters,
    last_assessment,
    progression_parameter,
    response_sequence,
)

CR, PR = RESPONSE_CODES["CR"], RESPONSE_CODES["PR"]


def compute_best_response(
    assessments: pl.DataFrame,
    subjects: pl.DataFrame,
    *,
    key: Sequence[str],
    options: ResponseOptions,
) -> pl.DataFrame:
    """Best response, response, benefit and progression of every read; recorded rows kept as OVR.

    Parameters    assessments : key, ADT (Date), AVALC (overall response); optional RSSEQ (order
                                within a day), ADTLAST (last scan of the timepoint; default ADT)
                  subjects : one row per read to derive: key, RANDDT (Date, may be null); optional
                             NACTDT (new anticancer therapy), CUTOFFDT, PDDT (progression known
                             from elsewhere: its date is taken and nothing later counts)
                  key : columns that name a read, such as [USUBJID, EVALUATOR]
                  options : profile of choices, see ResponseOptions
    Returns       key, PARAMCD, ADT, AVALC, AVAL, ANL01FL, ANL02FL, RSSEQ (of the source row).
                  PARAMCD: OVR, PD, LSTA, RSP, CB, BOR, BCP and confirmed CRSP, CCB, CBOR, CBCP.
                  ADT of a CR or PR is the last scan of its timepoint, of all else the first.
    Raises        DataError - duplicate subjects, assessments of an unknown subject
    Source: RECIST 1.1 Table 3; admiralonco ADRS template.   Page:
     docs/methods/recist-best-response.md
    """
    ordered = order_assessments(assessments, subjects, key=key)
    flagged = flag_assessments(ordered, options=options)
    used = respond_after_cr(used_rows(flagged, options=options), options=options)
    seen = response_sequence(used, n_reads=subjects.height)
    counted = flagged.filter(pl.col("ANL01FL") == "Y")
    progressing = respond_after_cr(counted, options=options)
    complete = confirmed_complete(seen.read, seen.last_day, seen.code, options=options)
    partial = confirmed_partial(seen.read, seen.last_day, seen.code, options=options)
    parameters = [
        progression_parameter(
            response_sequence(progressing, n_reads=subjects.height),
            known=subjects.get_column("PDDT", default=None),
        ),
        last_assessment(response_sequence(counted, n_reads=subjects.height)),
        *best_parameters(
            seen,
            complete=seen.code == CR,
            partial=seen.code == PR,
            names=("RSP", "CB", "BOR", "BCP"),
            options=options,
        ),
        *best_parameters(
            seen,
            complete=complete,
            partial=partial,
            names=("CRSP", "CCB", "CBOR", "CBCP"),
            options=options,
        ),
    ]
    return _with_keys(flagged, parameters, subjects, key=key)


def _with_keys(
    flagged: pl.DataFrame,
    parameters: list[pl.DataFrame],
    subjects: pl.DataFrame,
    *,
    key: Sequence[str],
) -> pl.DataFrame:
    columns = [*key, "PARAMCD", "ADT", "AVALC", "AVAL", "ANL01FL", "ANL02FL", "RSSEQ"]
    codes = pl.col("AVALC").replace_strict(RESPONSE_CODES, default=None, return_dtype=pl.Int64)
    recorded = flagged.with_columns(PARAMCD=pl.lit("OVR"), AVAL=codes)
    derived = [
        pl.concat([subjects.select(key), parameter], how="horizontal").select(columns)
        for parameter in parameters
    ]
    return pl.concat([recorded.select(columns), *derived], how="vertical_relaxed")
