# SPDX-License-Identifier: Apache-2.0
"""Arms, regimens and randomisation: who gets what, when, and by which chance."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.record import Factor, Name, Record, Text

PositiveInt = Annotated[int, Field(gt=0)]


class Schedule(Record):
    """Dosing days within a repeating cycle."""

    days: tuple[PositiveInt, ...] = Field(description="Days of the cycle with a dose; day 1 first.")
    cycle_days: PositiveInt = Field(description="Length of one cycle in days.")
    first_cycle: PositiveInt = 1
    last_cycle: PositiveInt | None = Field(default=None, description="Absent: until a stop rule.")


class Regimen(Record):
    """One drug, its dose and its calendar."""

    drug: Text = Field(description="As EXTRT records it.")
    placebo: bool = False
    dose: Annotated[float, Field(ge=0)]
    unit: Text = Field(description="Dose unit, as EXDOSU records it.")
    per: Literal["administration", "m2", "kg"] = "administration"
    body_surface: Literal["mosteller", "du-bois"] | None = Field(
        default=None,
        description="Formula of the body surface from HEIGHT (cm) and WEIGHT (kg); absent: BSA as "
        "the data give it.",
    )
    route: Text
    schedule: Schedule
    dose_levels: tuple[float, ...] = Field(
        default=(), description="Permitted doses, highest first: the steps of a reduction."
    )
    until: tuple[str, ...] = Field(default=(), description="What ends the treatment.")


class Arm(Record):
    """A treatment group; `id` is its ARMCD and `label` its ARM in DM."""

    id: Name
    label: Text
    short: Text = Field(description="The name a table column or a curve bears.")
    role: Literal["experimental", "control"]
    regimens: tuple[Name, ...] = ()


class Randomisation(Record):
    """Allocation by permuted blocks within strata."""

    ratio: dict[Name, PositiveInt]
    strata: tuple[Factor, ...] = ()
    blocks: tuple[PositiveInt, ...] = Field(description="Block sizes, drawn with equal chance.")
