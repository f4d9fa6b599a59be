# SPDX-License-Identifier: Apache-2.0
"""What the trial was sized for: effect, error rates, accrual, looks and stopping rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.adaptive_design import (
    BayesianResponseDesign,
    CombinationDesign,
    MultiArmDesign,
    Reestimation,
)
from equipoise.protocol.assumption import NonNegative, Piece, Positive
from equipoise.protocol.record import Name, Probability, Record, Text

OpenShare = Annotated[float, Field(gt=0, lt=1)]
PositiveInt = Annotated[int, Field(gt=0)]


class Spend(Record):
    """How much error each fraction of the information may use, or bounds of a classical shape."""

    family: Literal[
        "lan-demets-obrien-fleming",
        "lan-demets-pocock",
        "kim-demets",
        "hwang-shih-decani",
        "points",
        "wang-tsiatis",
        "haybittle-peto",
    ]
    parameter: float | None = Field(
        default=None,
        description="rho of Kim-DeMets, gamma of Hwang-Shih-DeCani, shape of Wang-Tsiatis "
        "(0 O'Brien-Fleming, 0.5 Pocock), interim Z of Haybittle-Peto.",
    )
    fractions: tuple[OpenShare | Literal[1], ...] = Field(
        default=(), description="For `points`: information fractions, the last 1."
    )
    shares: tuple[Probability, ...] = Field(
        default=(), description="For `points`: cumulative share of the error, the last 1."
    )


class Look(Record):
    """One analysis: at a fraction of the final events, a month, patients: when all are reached."""

    fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    month: Positive | None = Field(default=None, description="Not before this month.")
    patients: PositiveInt | None = Field(
        default=None, description="Not before so many patients have entered."
    )
    efficacy: bool = True
    futility: bool = False
    held: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = Field(
        default=None,
        description="Day of its data cut-off, once it was held; absent: when its events came.",
    )


class AccrualPiece(Record):
    """Patients per month until that month; only the proportions count where patients are given."""

    until_month: Positive
    per_month: NonNegative


class EffectPiece(Record):
    """The hazard ratio, experimental over control, from that month since randomisation on."""

    from_month: NonNegative = 0.0
    hazard_ratio: Positive


class DesignStratum(Record):
    """A stratum with its share of the patients and a factor on the hazards of both arms."""

    label: Text
    share: OpenShare
    hazard_factor: Positive = 1.0
    from_month: NonNegative = Field(default=0.0, description="Accrual of this stratum starts then.")


class Prior(Record):
    """An earlier trial's estimate, for assurance: a hazard ratio, or a median of one arm."""

    source: Text
    hazard_ratio: Positive | None = None
    median_months: Positive | None = None
    ci: tuple[Positive, Positive]
    level: OpenShare = 0.95
    discount: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Share of the earlier trial's information that counts."
    )


class Multiplicity(Record):
    """A graph that passes alpha on: first weights, and edges from a rejected endpoint to heirs."""

    weights: dict[Name, Probability]
    edges: dict[Name, dict[Name, Probability]] = Field(default_factory=dict)
    planned_events: dict[Name, PositiveInt] = Field(
        default_factory=dict, description="Of the other endpoints, at their last look."
    )


class SurvivalDesign(Record):
    """Two arms compared by the log-rank test.

    Of power, events and a constant effect one is left out and solved for. Patients are given, or
    solved for so that the last look falls on `last_look_month`; where both are given the speed of
    accrual is solved for instead.
    """

    kind: Literal["time-to-event"]
    endpoint: Name
    alpha: Annotated[float, Field(gt=0, lt=0.5, description="One-sided.")]
    power: OpenShare | None = None
    effect: tuple[EffectPiece, ...] = ()
    events: PositiveInt | None = None
    patients: PositiveInt | None = None
    last_look_month: Positive | None = None
    control: tuple[Piece, ...] = Field(min_length=1)
    accrual: tuple[AccrualPiece, ...] = Field(min_length=1)
    dropout_per_month: Annotated[float, Field(ge=0, lt=1)]
    competing_per_month: Annotated[float, Field(ge=0, lt=1)] = 0.0
    margin: Positive = Field(default=1.0, description="Hazard ratio of the null; 1: superiority.")
    strata: tuple[DesignStratum, ...] = ()
    looks: tuple[Look, ...] = Field(min_length=1)
    efficacy: Spend
    futility: Spend | None = None
    futility_binding: bool = False
    reestimation: Reestimation | None = None
    prior: Prior | None = None
    multiplicity: Multiplicity | None = None


class Weight(Record):
    """A Fleming-Harrington weight S^rho (1 - S)^gamma; (0, 0) is the log-rank test."""

    rho: NonNegative = 0.0
    gamma: NonNegative = 0.0


class FixedTestDesign(Record):
    """Two arms compared once, by a test other than the log-rank test.

    Of power and patients one is left out and solved for.
    """

    kind: Literal["weighted-log-rank", "max-combo", "milestone", "restricted-mean"]
    endpoint: Name
    alpha: Annotated[float, Field(gt=0, lt=0.5, description="One-sided.")]
    power: OpenShare | None = None
    patients: PositiveInt | None = None
    effect: tuple[EffectPiece, ...] = Field(min_length=1)
    control: tuple[Piece, ...] = Field(min_length=1)
    accrual: tuple[AccrualPiece, ...] = Field(min_length=1)
    dropout_per_month: Annotated[float, Field(ge=0, lt=1)]
    read_month: Positive
    time_months: Positive | None = Field(
        default=None, description="Of the milestone, or up to which the mean is restricted."
    )
    weights: Annotated[tuple[Weight, ...], Field(max_length=4)] = ()


class OneSampleSurvivalDesign(Record):
    """One arm against a historical curve, by the one-sample log-rank test.

    Of power and patients one is left out and solved for.
    """

    kind: Literal["one-sample-log-rank"]
    endpoint: Name
    alpha: Annotated[float, Field(gt=0, lt=0.5, description="One-sided.")]
    power: OpenShare | None = None
    patients: PositiveInt | None = None
    hazard_ratio: Annotated[float, Field(gt=0, lt=1)]
    historical: tuple[Piece, ...] = Field(min_length=1)
    accrual: tuple[AccrualPiece, ...] = Field(min_length=1)
    follow_up_months: NonNegative = Field(description="After the last patient enters.")
    dropout_per_month: Annotated[float, Field(ge=0, lt=1)]


class SingleArmResponseDesign(Record):
    """One arm, a response rate: exact in one stage, or one of Simon's two-stage designs."""

    kind: Literal["exact-single-stage", "simon-optimal", "simon-minimax"]
    endpoint: Name
    alpha: Annotated[float, Field(gt=0, lt=0.5, description="One-sided.")]
    power: OpenShare
    p0: OpenShare
    p1: OpenShare


class TwoArmResponseDesign(Record):
    """Two arms, a response rate: exact power of the named test."""

    kind: Literal["fisher", "chi-square", "miettinen-nurminen"]
    endpoint: Name
    alpha: Annotated[float, Field(gt=0, lt=0.5, description="One-sided.")]
    power: OpenShare
    p0: OpenShare
    p1: OpenShare


Design = Annotated[
    SurvivalDesign
    | FixedTestDesign
    | OneSampleSurvivalDesign
    | SingleArmResponseDesign
    | TwoArmResponseDesign
    | BayesianResponseDesign
    | MultiArmDesign
    | CombinationDesign,
    Field(discriminator="kind"),
]
