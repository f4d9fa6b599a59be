# SPDX-License-Identifier: Apache-2.0
"""Designs that learn on the way: many arms, combined stages, predicted success, more events."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.record import Name, Probability, Record

OpenShare = Annotated[float, Field(gt=0, lt=1)]
PositiveInt = Annotated[int, Field(gt=0)]
OneSided = Annotated[float, Field(gt=0, lt=0.5, description="One-sided.")]


class Reestimation(Record):
    """More events after the interim look where its conditional power is promising."""

    low: OpenShare = Field(description="Conditional power from which the zone is promising.")
    target: OpenShare = Field(description="Conditional power that the added events aim at.")
    most_events: PositiveInt


class BayesianResponseDesign(Record):
    """One arm, a response rate: stop when success at the end has become improbable."""

    kind: Literal["bayesian-predictive"]
    endpoint: Name
    alpha: Annotated[float, Field(gt=0, lt=0.5, description="The size at p0 may not exceed it.")]
    power: OpenShare = Field(description="The chance of success at p1 may not be less.")
    p0: OpenShare
    p1: OpenShare
    prior: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] = Field(
        description="Beta prior of the rate: responses and failures that it counts for."
    )
    patients: PositiveInt = Field(description="At most.")
    first_look: PositiveInt = Field(description="Patients at the first look.")
    every: PositiveInt = Field(default=1, description="Patients from one look to the next.")
    posterior_cut: OpenShare = Field(description="Success: P(rate > p0) above it at the end.")
    futility_cut: Probability = Field(description="Stop: predictive probability below it.")


class MultiArmDesign(Record):
    """Several experimental arms against one control, in up to three stages.

    The events of one comparison are solved for, so that a trial in which one arm has the effect
    and the others none finds something with that power.
    """

    kind: Literal["multi-arm-multi-stage"]
    endpoint: Name
    alpha: OneSided = Field(description="One-sided, over all comparisons.")
    power: OpenShare
    hazard_ratio: OpenShare
    looks: Annotated[tuple[OpenShare | Literal[1], ...], Field(min_length=1, max_length=3)]
    shape: Annotated[float, Field(ge=0, le=0.5, description="0 O'Brien-Fleming, 0.5 Pocock.")]


class CombinationDesign(Record):
    """Two stages joined by their p-values: the second may be planned after the first is seen."""

    kind: Literal["fisher-combination", "inverse-normal-combination"]
    endpoint: Name
    alpha: OneSided
    futility_p: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Stop when the p-value of the first stage is above it; 1: never."
    )
    first_share: OpenShare = Field(
        default=0.5, description="Planned information of the first stage; a weight that stays."
    )
    shape: Annotated[float, Field(ge=0, le=0.5)] | None = Field(
        default=None, description="Inverse normal: 0 O'Brien-Fleming, 0.5 Pocock."
    )
