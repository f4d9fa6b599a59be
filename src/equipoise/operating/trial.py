# SPDX-License-Identifier: Apache-2.0
"""A trial of two arms described by its event times alone, and when it is looked at."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import Field, model_validator

from equipoise.protocol.model import Record

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]


class Accrual(Record):
    """A stretch of the accrual; `patients` is its expected number, spread evenly over `months`."""

    months: Positive
    patients: Positive


class Hazard(Record):
    """A constant hazard per month from `from_month` after randomisation on."""

    from_month: NonNegative = 0.0
    per_month: NonNegative

    @classmethod
    def of_median(cls, months: float, *, from_month: float = 0.0) -> Hazard:
        """The hazard of an exponential law with this median."""
        return cls(from_month=from_month, per_month=math.log(2.0) / months)


class ArmTimes(Record):
    """One arm of one stratum: S(t) = cured + (1 - cured) exp(-cumulative hazard)."""

    patients: Count
    hazard: tuple[Hazard, ...] = Field(min_length=1)
    cured: Fraction = 0.0
    dropout_per_month: NonNegative = 0.0
    response: Annotated[float, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _starts_at_zero_and_rises(self) -> Self:
        starts = [piece.from_month for piece in self.hazard]
        if starts[0] != 0.0 or sorted(set(starts)) != starts:
            raise ValueError("`hazard` must start from month 0 and go on in rising from_month")
        return self

    def scaled(self, pieces: tuple[Hazard, ...]) -> ArmTimes:
        """The arm with its hazard multiplied by a ratio that itself is piecewise constant."""
        starts = sorted({h.from_month for h in self.hazard} | {r.from_month for r in pieces})
        hazard = tuple(
            Hazard(from_month=t, per_month=_at(self.hazard, t) * _at(pieces, t)) for t in starts
        )
        return self.model_copy(update={"hazard": hazard})


def _at(pieces: tuple[Hazard, ...], month: float) -> float:
    return [piece.per_month for piece in pieces if piece.from_month <= month][-1]


class Stratum(Record):
    """Patients randomised together: both arms have a fixed size within it."""

    name: str = "all"
    control: ArmTimes
    experimental: ArmTimes


class Scans(Record):
    """Scans every `every_months`, until `until_month` where a later stretch follows."""

    every_months: Positive
    until_month: Positive | None = None


class EventTimeTrial(Record):
    """A trial as its event times see it. Times are months; 0 is randomisation, or first entry.

    Entry times are independent draws from the accrual. Without `scans` an event is known when it
    happens; with them at the next scan, and a patient is censored at the last scan before leaving.
    """

    accrual: tuple[Accrual, ...] = Field(min_length=1)
    strata: tuple[Stratum, ...] = Field(min_length=1)
    scans: tuple[Scans, ...] = ()

    @model_validator(mode="after")
    def _only_the_last_stretch_is_open(self) -> Self:
        ends = [scan.until_month for scan in self.scans]
        if any(end is None for end in ends[:-1]) or (ends and ends[-1] is not None):
            raise ValueError("every stretch of `scans` but the last needs until_month")
        return self

    @property
    def patients(self) -> int:
        """Patients in the whole trial."""
        return sum(s.control.patients + s.experimental.patients for s in self.strata)


class Looks(Record):
    """When the data are read: at the `events`-th event, or at `latest_month` if that comes first.

    Parameters    events : rising numbers of events
                  latest_month : months after the first possible entry; absent: no such limit
    """

    events: tuple[Count, ...] = Field(min_length=1)
    latest_month: Positive | None = None

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if sorted(set(self.events)) != list(self.events):
            raise ValueError("`events` must rise from look to look")
        return self
