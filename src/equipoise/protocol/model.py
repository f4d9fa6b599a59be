# SPDX-License-Identifier: Apache-2.0
"""The protocol as frozen records; the one stage module others may import."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.adaptive_design import (
    BayesianResponseDesign,
    CombinationDesign,
    MultiArmDesign,
)
from equipoise.protocol.assessment import (
    Adjudication,
    Assessments,
    Confirmation,
    Evaluator,
    Interval,
    Lesions,
    Response,
    VisitFact,
)
from equipoise.protocol.assumption import (
    Assumption,
    Burden,
    Correlation,
    Course,
    Crossover,
    Effect,
    EntryRate,
    EventCutoff,
    Piece,
    ScreenFailures,
    Simulation,
    Tumour,
)
from equipoise.protocol.design import (
    Design,
    DesignStratum,
    FixedTestDesign,
    Look,
    Multiplicity,
    OneSampleSurvivalDesign,
    Prior,
    SingleArmResponseDesign,
    Spend,
    SurvivalDesign,
    TwoArmResponseDesign,
)
from equipoise.protocol.endpoint import (
    AdverseEvents,
    Analysis,
    AnalysisSet,
    Concordance,
    ConventionName,
    Data,
    Endpoint,
    RuleSet,
    SpecialInterest,
)
from equipoise.protocol.published import Bind, Figure, Printed, Published
from equipoise.protocol.record import (
    Condition,
    Factor,
    Group,
    Grouping,
    Name,
    Record,
    Text,
    WithinDays,
)
from equipoise.protocol.treatment import Arm, Randomisation, Regimen, Schedule

__all__ = [
    "Adjudication",
    "AdverseEvents",
    "Analysis",
    "AnalysisSet",
    "Arm",
    "Assessments",
    "Assumption",
    "BayesianResponseDesign",
    "Bind",
    "Burden",
    "CombinationDesign",
    "Concordance",
    "Condition",
    "Confirmation",
    "Correlation",
    "Course",
    "Criterion",
    "Crossover",
    "Data",
    "Design",
    "DesignStratum",
    "Effect",
    "Eligibility",
    "Endpoint",
    "EntryRate",
    "Evaluator",
    "EventCutoff",
    "Factor",
    "Figure",
    "FixedTestDesign",
    "Group",
    "Grouping",
    "Identity",
    "Interval",
    "Lesions",
    "Look",
    "MultiArmDesign",
    "Multiplicity",
    "OneSampleSurvivalDesign",
    "Piece",
    "Printed",
    "Prior",
    "Protocol",
    "Published",
    "Randomisation",
    "Record",
    "Regimen",
    "Response",
    "RuleSet",
    "Schedule",
    "ScreenFailures",
    "Simulation",
    "SingleArmResponseDesign",
    "SpecialInterest",
    "Spend",
    "SurvivalDesign",
    "Tumour",
    "TwoArmResponseDesign",
    "VisitFact",
    "WithinDays",
]


class Identity(Record):
    """What the trial is called and where it is registered."""

    id: Text
    title: Text
    short_title: Text
    registration: str | None = None
    phase: Literal["1", "1/2", "2", "2/3", "3", "4"]
    blinding: Literal["open-label", "single-blind", "double-blind"]
    multicentre: bool
    planned_patients: Annotated[int, Field(gt=0)] | None = None
    publication: str | None = None


class Criterion(Record):
    """One eligibility criterion: its words, and where it can be evaluated, its clauses."""

    id: Name
    text: Text
    where: tuple[Condition, ...] = Field(
        default=(),
        description="Clauses on patient data, all of which have to hold; absent: a person decides.",
    )
    any_of: tuple[tuple[Condition, ...], ...] = Field(
        default=(), description="Lists of clauses, one of which has to hold as a whole as well."
    )


class Eligibility(Record):
    """Who may enter: every inclusion criterion holds and no exclusion criterion does."""

    population: Text
    include: tuple[Criterion, ...] = Field(min_length=1)
    exclude: tuple[Criterion, ...] = ()


class Protocol(Record):
    """A whole trial, as one file states it."""

    equipoise: Literal[1] = Field(description="Version of this file format.")
    identity: Identity
    eligibility: Eligibility
    arms: tuple[Arm, ...] = Field(min_length=1)
    regimens: dict[Name, Regimen] = Field(default_factory=dict)
    randomisation: Randomisation | None = None
    baseline: tuple[Factor, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    analysis_sets: tuple[AnalysisSet, ...] = Field(min_length=1)
    assessments: Assessments
    evaluators: tuple[Evaluator, ...] = Field(min_length=1)
    response: Response
    censoring: dict[Name, RuleSet] = Field(
        default_factory=dict, description="Rule sets of this trial, beside the bundled R0 to R6."
    )
    endpoints: tuple[Endpoint, ...] = Field(min_length=1)
    analyses: tuple[Analysis, ...] = Field(min_length=1)
    concordance: tuple[Concordance, ...] = Field(
        default=(), description="Pairs of evaluators whose agreement is reported."
    )
    adverse_events: AdverseEvents
    convention: ConventionName
    days_per_month: Annotated[float, Field(gt=0)] = 30.4375
    curve_least_at_risk: Annotated[int, Field(gt=0)] | None = Field(
        default=None,
        description="Curves stop after the last time with so many patients at risk; absent: at the "
        "last observed time.",
    )
    data: Data = Data()
    design: Design | None = None
    simulation: Simulation | None = None
    published: Published | None = None
    assumptions: tuple[Assumption, ...] = ()

    @property
    def readers(self) -> tuple[Evaluator, ...]:
        """The evaluators who read themselves: all but those who accept one of two reads."""
        return tuple(item for item in self.evaluators if item.adjudication is None)

    @property
    def control(self) -> Arm | None:
        """The arm that others are compared with; None in a trial of one arm."""
        controls = [arm for arm in self.arms if arm.role == "control"]
        return controls[0] if len(self.arms) > 1 and controls else None
