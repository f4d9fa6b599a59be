# SPDX-License-Identifier: Apache-2.0
"""When tumours are read, by whom, and by which criteria."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.record import Days, Name, Record, Text, Variable

PositiveInt = Annotated[int, Field(gt=0)]


class Interval(Record):
    """Scans every `every_days`, up to and including `until_day`; the last interval has no end."""

    every_days: PositiveInt
    until_day: PositiveInt | None = None


class Assessments(Record):
    """The planned imaging calendar, counted from the reference date (day 0)."""

    schedule: tuple[Interval, ...] = Field(min_length=1)
    window_days: Days = Field(description="A scan this many days early or late is on time.")
    baseline_window_days: Days = Field(description="Baseline scan at most so long before start.")


class Evaluator(Record):
    """A reader of the images; `where` selects its rows in RS, TU and TR by variable suffix."""

    id: Name
    label: Text
    where: dict[Variable, str] = Field(
        description="RS variables and their values: {RSEVAL: INVESTIGATOR}."
    )
    accepted_only: bool = Field(
        default=False, description="Use only reads with RSACPTFL = Y (after adjudication)."
    )


class Confirmation(Record):
    """When a response counts as confirmed."""

    min_days: Days = 28
    max_ne: Days = 1
    sd_between: bool = False


class Response(Record):
    """Criteria, and the options that RECIST leaves to the protocol."""

    criteria: Literal["RECIST 1.1"]
    source: Literal["recorded", "lesions"] = Field(
        description="Overall responses as recorded in RS, or derived from TU and TR."
    )
    sd_min_days: Days = Field(
        description="Stable disease needs an assessment at least so long after the reference date."
    )
    confirmation: Confirmation
    confirmed_is_primary: bool = Field(description="Which best response the tables print first.")
