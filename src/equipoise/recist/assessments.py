# SPDX-License-Identifier: Apache-2.0
"""Which assessments count: the analysis flags ANL01FL and ANL02FL."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from equipoise.errors import DataError, Fault
from equipoise.recist.history import Booleans, any_before
from equipoise.recist.response_options import WORST_OF_ONE_DAY, ResponseOptions

READ = "_read"
NOT_DONE = "ND"
_OPTIONAL: dict[str, pl.DataType] = {
    "RSSEQ": pl.Float64(),
    "ADTLAST": pl.Date(),
    "NACTDT": pl.Date(),
    "PDDT": pl.Date(),
    "CUTOFFDT": pl.Date(),
}


def order_assessments(
    assessments: pl.DataFrame, subjects: pl.DataFrame, *, key: Sequence[str]
) -> pl.DataFrame:
    """Assessments with their read's number and dates, in the order of time.

    Parameters    assessments : key, ADT, AVALC; optional RSSEQ, ADTLAST (its last scan)
                  subjects : one row per read: key, RANDDT; optional NACTDT (new anticancer
                             therapy), PDDT (progression known from elsewhere), CUTOFFDT
    Raises        DataError - two rows of `subjects` for one read, assessments of a read without row
    """
    reads = subjects.with_row_index(READ).with_columns(pl.col(READ).cast(pl.Int64))
    _check_keys(assessments, reads, key=key)
    dates = [c for c in ("RANDDT", "NACTDT", "PDDT", "CUTOFFDT") if c in reads.columns]
    rows = assessments.join(reads.select(*key, READ, *dates), on=list(key), how="left")
    absent = [
        pl.lit(None, dtype=kind).alias(c) for c, kind in _OPTIONAL.items() if c not in rows.columns
    ]
    rank = pl.col("AVALC").replace_strict(
        {r: i for i, r in enumerate(WORST_OF_ONE_DAY)}, default=-1, return_dtype=pl.Int8
    )
    return (
        rows.with_columns(*absent, rank.alias("_rank"))
        .with_columns(pl.col("ADTLAST").fill_null(pl.col("ADT")))
        .sort([READ, "ADT", "RSSEQ"], nulls_last=True, maintain_order=True)
    )


def flag_assessments(ordered: pl.DataFrame, *, options: ResponseOptions) -> pl.DataFrame:
    """Add ANL01FL (the response of its day) and ANL02FL (up to the first progression), Y or null.

    Source: rules of the admiralonco ADRS template; worst response of a day: best_response.yaml.
    """
    rows = ordered.with_columns(_counts(options).alias("_counts"))
    read = rows[READ].to_numpy()
    chosen = _of_its_day(rows)
    progressed = (rows["AVALC"] == "PD").fill_null(value=False).to_numpy()
    if not options.uncounted_pd_stops:
        progressed &= chosen
    return rows.with_columns(
        _flag(chosen).alias("ANL01FL"),
        _flag(~any_before(read, progressed)).alias("ANL02FL"),
    ).drop("_counts", "_rank")


def used_rows(flagged: pl.DataFrame, *, options: ResponseOptions) -> pl.DataFrame:
    """The assessments that decide the best response: flagged, and none after a progression."""
    used = pl.col("ANL01FL") == "Y"
    if options.stop_at_pd:
        used &= pl.col("ANL02FL") == "Y"
    known_elsewhere = (pl.col("ADT") > pl.col("PDDT")).fill_null(value=False)
    return flagged.filter(used & ~known_elsewhere)


def _of_its_day(rows: pl.DataFrame) -> Booleans:
    counted = rows.select(READ, "ADT", "_rank", "RSSEQ", "_counts").with_row_index("_row")
    chosen = (
        counted.filter("_counts")
        .sort([READ, "ADT", "_rank", "RSSEQ"], nulls_last=False, maintain_order=True)
        .filter(
            pl.col(READ).ne_missing(pl.col(READ).shift(-1))
            | pl.col("ADT").ne_missing(pl.col("ADT").shift(-1))
        )
    )
    flag = np.zeros(rows.height, dtype=bool)
    flag[chosen["_row"].to_numpy()] = True
    return flag


def _flag(mask: Booleans) -> pl.Expr:
    return pl.when(pl.Series(mask)).then(pl.lit("Y"))


def _counts(options: ResponseOptions) -> pl.Expr:
    known = pl.col("_rank") >= 0
    if options.report_not_done:
        known |= pl.col("AVALC") == NOT_DONE
    counts = known & pl.col("ADT").is_not_null()
    if options.from_reference_date:
        counts &= pl.col("ADT") >= pl.col("RANDDT")
    if options.stop_at_new_therapy:
        counts &= ~(pl.col("ADT") > pl.col("NACTDT")).fill_null(value=False)
    counts &= ~(pl.col("ADT") > pl.col("CUTOFFDT")).fill_null(value=False)
    return counts.fill_null(value=False)


def _check_keys(assessments: pl.DataFrame, reads: pl.DataFrame, *, key: Sequence[str]) -> None:
    faults = []
    twice = reads.filter(reads.select(key).is_duplicated())
    if twice.height:
        faults.append(
            Fault(
                what=f"{_named(twice, key)} has more than one row in the table of subjects.",
                where=f"{twice.height} of {reads.height} rows",
                mend="Give one row per read: subject, evaluator and reader.",
            )
        )
    orphans = assessments.join(reads, on=list(key), how="anti")
    if orphans.height:
        faults.append(
            Fault(
                what=f"{_named(orphans, key)} has assessments but no row in the table of subjects.",
                where=f"{orphans.height} of {assessments.height} assessments",
                mend="Add the subject, or leave its assessments out.",
            )
        )
    if faults:
        raise DataError(faults)


def _named(rows: pl.DataFrame, key: Sequence[str]) -> str:
    first = rows.select(key).row(0)
    return " ".join(str(value) for value in first)
