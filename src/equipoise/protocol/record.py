# SPDX-License-Identifier: Apache-2.0
"""What every protocol record shares: frozen, and closed to fields nobody declared."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=40)]
"""An identifier that other parts of the protocol refer to."""

Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=32)]
"""A CDISC variable name: capitals."""

Text = Annotated[str, Field(min_length=1)]
Probability = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=0)]


class Record(BaseModel):
    """A frozen record of the protocol; a field that is not declared is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)


class WithinDays(Record):
    """A date no later than another one, and no more than `days` before it."""

    variable: Variable
    days: Days


class Condition(Record):
    """One clause on a variable of the subject: it holds, fails, or is unknown.

    `one_of` compares as text; `min` and `max` are inclusive; `known` asks only whether a value is
    there. The clauses of a list all have to hold. In eligibility criteria alone: `unit` is that of
    `min` and `max`; `within_days_of` asks that the date lies so many days before another date.
    """

    variable: Variable
    one_of: tuple[str, ...] | None = None
    none_of: tuple[str, ...] | None = None
    min: float | None = None
    max: float | None = None
    known: bool | None = None
    unit: str | None = Field(
        default=None, description="Unit of min and max; a value in another unit is unknown."
    )
    within_days_of: WithinDays | None = None


class Factor(Record):
    """A baseline characteristic: stratum, subgroup or row of the baseline table."""

    variable: Variable
    label: Text
    levels: tuple[str, ...] | None = Field(
        default=None, description="Categories in printing order; absent for a continuous variable."
    )
    unit: str | None = None


class Group(Record):
    """One level of a grouping: the values it takes, or the range, bounds included."""

    level: Text
    one_of: tuple[str, ...] | None = None
    min: float | None = None
    max: float | None = None


class Grouping(Record):
    """A categorical variable made from another: the first group that fits names the level.

    A missing source value gives a missing level; `otherwise` takes what no group does.
    """

    variable: Variable
    of: Variable
    groups: tuple[Group, ...] = Field(min_length=1)
    otherwise: str | None = None
