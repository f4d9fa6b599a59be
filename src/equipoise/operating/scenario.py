# SPDX-License-Identifier: Apache-2.0
"""A trial under one assumption, with the bounds at which its looks stop it."""

from __future__ import annotations

import hashlib
import math
from typing import Self

from pydantic import Field, model_validator

from equipoise.operating.trial import EventTimeTrial, Looks
from equipoise.protocol.model import Record


class Bounds(Record):
    """Where looks stop the trial, on the scale of -Z: larger favours the experimental arm.

    A look stops for efficacy when Z <= -efficacy and for futility when Z > -futility; `null` means
    that this look cannot stop that way. Futility stops are obeyed (binding).
    """

    efficacy: tuple[float | None, ...] = Field(min_length=1)
    futility: tuple[float | None, ...] = ()


class Scenario(Record):
    """What is assumed, when it is looked at, and what stops it. `levels` names the grid cell."""

    name: str
    trial: EventTimeTrial
    looks: Looks
    bounds: Bounds
    levels: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_bound_for_each_look(self) -> Self:
        looks = len(self.looks.events)
        if len(self.bounds.efficacy) != looks or len(self.bounds.futility) not in (0, looks):
            raise ValueError(f"`bounds` needs one entry for each of the {looks} looks")
        if max(self.looks.events) > self.trial.patients:
            raise ValueError("`looks` wait for more events than the trial has patients")
        return self

    def fingerprint(self, *, seed: int, block_size: int, confidence: float) -> str:
        """Names the numbers this scenario gives: same fingerprint, same blocks."""
        stated = f"{self.model_dump_json()} {seed} {block_size} {confidence!r}"
        return hashlib.sha256(stated.encode()).hexdigest()[:16]


def true_log_hazard_ratio(trial: EventTimeTrial) -> float | None:
    """The log hazard ratio where it is one number for all months and strata, else None."""
    ratios = set()
    for stratum in trial.strata:
        control, experimental = stratum.control, stratum.experimental
        starts = [piece.from_month for piece in control.hazard]
        if starts != [piece.from_month for piece in experimental.hazard]:
            return None
        if control.cured or experimental.cured:
            return None
        for one, other in zip(experimental.hazard, control.hazard, strict=True):
            if one.per_month == 0 or other.per_month == 0:
                return None
            ratios.add(round(math.log(one.per_month / other.per_month), 12))
    return ratios.pop() if len(ratios) == 1 else None
