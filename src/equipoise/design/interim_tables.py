# SPDX-License-Identifier: Apache-2.0
"""ADaM tables as the interim data of event prediction, and the date on which a look falls due."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil

import numpy as np
import polars as pl

from equipoise.design.event_prediction import InterimData
from equipoise.errors import Fault, MethodError


def date_of_event(adtte: pl.DataFrame, events: int) -> date:
    """The day of the n-th event: the cut-off of a look planned at that many events.

    Parameters    adtte : the rows of one endpoint, ADT and CNSR
    Raises        MethodError - fewer events have happened; the fault says how many
    """
    days = adtte.filter(pl.col("CNSR") == 0)["ADT"].sort()
    if events > len(days):
        raise MethodError(
            Fault(
                what=f"{events} events have not happened: the table holds {len(days)}",
                where="ADTTE, CNSR = 0",
                mend="follow the patients longer, or predict the date with predict_events",
            )
        )
    day: date = days[events - 1]
    return day


def date_of_look(
    adsl: pl.DataFrame,
    adtte: pl.DataFrame,
    *,
    events: int | None,
    month: float | None,
    patients: int | None,
    days_per_month: float,
) -> date:
    """The data cut-off of a look: the day of its last event, not before its month or patients.

    Parameters    adsl : RANDDT; adtte : the rows of one endpoint, ADT and CNSR
                  events, month, patients : as planned; not all may be absent
    Raises        MethodError - the events have not happened, or too few are randomised
    """
    days = [date_of_event(adtte, events)] if events is not None else []
    if month is not None:
        days.append(_first_day(adsl) + timedelta(days=ceil(month * days_per_month)))
    if patients is not None:
        entered = adsl["RANDDT"].drop_nulls().sort()
        if len(entered) < patients:
            raise MethodError(
                Fault(
                    what=f"{patients} patients have not entered: the table holds {len(entered)}",
                    where="ADSL.RANDDT",
                    mend="wait for them",
                )
            )
        days.append(entered[patients - 1])
    return max(days)


def _first_day(adsl: pl.DataFrame) -> date:
    first = adsl["RANDDT"].min()
    if not isinstance(first, date):
        raise MethodError(
            Fault(
                what="nobody is randomised in these tables",
                where="ADSL.RANDDT",
                mend="give the tables of a trial that has begun",
            )
        )
    return first


def interim_data(
    adsl: pl.DataFrame, adtte: pl.DataFrame, *, cutoff: date, days_per_month: float, blinded: bool
) -> InterimData:
    """One endpoint's patients as they stand at the cut-off.

    Parameters    adsl    : RANDDT, ARMCD, EOSSTT - patients without RANDDT are left out
                  adtte   : the rows of one endpoint, STARTDT, ADT, CNSR
                  blinded : whether the arms are to stay unknown; else groups follow ARMCD in order
    Returns       InterimData - dropped out: censored, and ended the study (EOSSTT DISCONTINUED)
    Notes         Month 0 is the first randomisation. A patient going on is known event-free until
                  the censoring date only, usually the last scan, and is at risk from there.
    """
    rows = (
        adtte.join(adsl.select("USUBJID", "RANDDT", "ARMCD", "EOSSTT"), on="USUBJID", how="inner")
        .drop_nulls("RANDDT")
        .sort("USUBJID")
    )
    first = _first_day(rows)
    months = rows.select(
        entry=(pl.col("STARTDT") - first).dt.total_days() / days_per_month,
        time=((pl.col("ADT") - pl.col("STARTDT")).dt.total_days() + 1) / days_per_month,
        status=pl.when(pl.col("CNSR") == 0)
        .then(1)
        .when(pl.col("EOSSTT") == "DISCONTINUED")
        .then(2)
        .otherwise(0),
        group=pl.lit(0) if blinded else pl.col("ARMCD").rank("dense").cast(pl.Int64) - 1,
    )
    return InterimData(
        entry=months["entry"].to_numpy().astype(np.float64),
        time=months["time"].to_numpy().astype(np.float64),
        status=months["status"].to_numpy().astype(np.int64),
        group=months["group"].to_numpy().astype(np.int64),
        month=((cutoff - first).days + 1) / days_per_month,
    )
