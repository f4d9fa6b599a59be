# SPDX-License-Identifier: Apache-2.0
"""Endpoints, censoring rule sets, analysis sets and the analyses asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.record import Condition, Days, Factor, Name, Record, Text, Variable

EndpointKind = Literal["pfs", "os", "dor", "ttr", "ttf", "ttd", "dodc", "orr", "dcr"]
ConventionName = Literal["equipoise", "sas94", "r-survival", "nest", "spss"]
Method = Literal["kaplan-meier", "logrank", "cox", "follow-up", "proportion"]


class AnalysisSet(Record):
    """A population: the subjects of ADSL for whom every clause holds; kept as a flag in ADSL."""

    id: Name
    label: Text
    flag: Variable
    where: tuple[Condition, ...]


class RuleSet(Record):
    """How a progression-free survival time ends, as data.

    Source of the named sets: `censoring.yaml`, which cites each.
    """

    label: Text
    source: Text
    new_therapy: Literal["ignore", "censor", "event"]
    missed_assessments: Days | None = Field(
        description="Censor an event after this many consecutive missed assessments; absent: never."
    )
    no_baseline: Literal["ignore", "censor"]
    last_assessment: Literal["evaluable", "any"] = Field(
        description="Which assessments date a censoring: all but NE, or every one recorded."
    )
    missed_before: Literal["progression-or-death", "death"] = Field(
        default="progression-or-death", description="Events that missed assessments censor."
    )
    treatment_stop: Literal["ignore", "censor", "event"] = Field(
        default="ignore", description="Treatment stopped for another reason than progression."
    )
    clinical_progression: Literal["ignore", "event", "event-when-scheduled"] = Field(
        default="ignore",
        description="Progression without images as the reason for stopping, on its day or on the "
        "scheduled visit then or next.",
    )
    progression_date: Literal["found", "next-scheduled", "scheduled"] = Field(
        default="found",
        description="next-scheduled: found between visits counts at the next; scheduled: on every "
        "visit the planned day.",
    )
    progression_by: Literal["any", "independent"] = Field(
        default="any",
        description="independent: only what the independent evaluator saw too, by the same visit.",
    )
    times: Literal["exact", "interval"] = Field(
        default="exact",
        description="interval: as a sensitivity set analysed from LEFTDT to RIGHTDT, between which "
        "the event lies, not on the day it was found.",
    )


class Endpoint(Record):
    """What is measured: kind, reader, start and censoring rules."""

    id: Name
    paramcd: Variable
    label: Text
    kind: EndpointKind
    role: Literal["primary", "secondary", "exploratory"]
    evaluator: Name | None = Field(default=None, description="Absent for survival.")
    start: Literal["randomisation", "first-dose"]
    censoring: Name | None = Field(default=None, description="Rule set; absent for proportions.")
    sensitivity: tuple[Name, ...] = Field(
        default=(), description="Further rule sets: a time for each beside the primary one."
    )
    confirmed: bool | None = Field(default=None, description="For response: confirmation needed.")
    estimand: str | None = None


class Analysis(Record):
    """One question put to the data: endpoint, population, methods and strata."""

    id: Name
    label: Text
    endpoint: Name
    population: Name
    methods: tuple[Method, ...] = Field(min_length=1)
    purpose: Literal["primary", "secondary", "sensitivity", "exploratory"]
    strata: tuple[Variable, ...] = ()
    landmarks_months: tuple[Annotated[float, Field(gt=0)], ...] = ()
    subgroups: tuple[Factor, ...] = ()
    covariates: tuple[Factor, ...] = Field(
        default=(),
        description="Of a Cox model of the arm and all of them together; a category is compared "
        "with the first of its levels.",
    )
    conf_level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    convention: ConventionName | None = Field(
        default=None, description="Absent: the convention of the protocol."
    )


class Concordance(Record):
    """Two evaluators to be held beside each other, subject by subject."""

    evaluator: Name = Field(description="Whose reads are held against the other's: INV.")
    reference: Name = Field(description="Whose reads they are held against: BIRC.")
    population: Name
    conf_level: Annotated[float, Field(gt=0, lt=1)] = 0.95


class SpecialInterest(Record):
    """Adverse events of special interest: a group of preferred terms, compared without case."""

    id: Name
    label: Text
    terms: tuple[Text, ...] = Field(min_length=1)


class AdverseEvents(Record):
    """What counts as treatment-emergent, and which tables are asked for."""

    population: Name
    emergent_days_after_last_dose: Days
    grading: Literal["CTCAE", "severity"] = Field(
        description="AETOXGR grades 1-5, or AESEV MILD, MODERATE, SEVERE."
    )
    common_from_pct: Annotated[float, Field(ge=0, le=100)] = 10.0
    order: Literal["difference", "frequency"] = Field(
        default="difference",
        description="Rows by decreasing difference from the control, or by number of patients.",
    )
    dictionary: str | None = None
    special_interest: tuple[SpecialInterest, ...] = ()


class Data(Record):
    """Where the trial's tables lie and how far they count."""

    cutoff: str | None = Field(
        default=None,
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        description="Data cut-off, YYYY-MM-DD; absent: everything recorded.",
    )
    tables: dict[Variable, str] = Field(
        default_factory=dict, description="File name, without extension, of a table: {RS: rs_onco}."
    )
    adam_evaluator: Name | None = Field(
        default=None, description="Whose reads ADRS and ADTTE hold, where they do not say it."
    )
    last_alive: tuple[Variable, ...] = Field(
        default=(
            "AESTDTC",
            "AEENDTC",
            "EXSTDTC",
            "EXENDTC",
            "LBDTC",
            "RSDTC",
            "TRDTC",
            "TUDTC",
            "DSSTDTC",
            "RFPENDTC",
        ),
        description="Dates that prove a subject alive; a death or a lost contact in DS does not.",
    )
    clinical_progression: tuple[str, ...] = Field(
        default=("CLINICAL PROGRESSION", "SYMPTOMATIC DETERIORATION", "PROGRESSIVE DISEASE"),
        description="DSDECOD of stopping treatment for progression, with or without images.",
    )
    treatment_completed: tuple[str, ...] = Field(
        default=("COMPLETED", "DEATH", "SCREEN FAILURE"),
        description="DSDECOD of an end of treatment that is no stop.",
    )
    new_therapy: dict[Variable, tuple[str, ...]] = Field(
        default={"CMCAT": ("ANTI-CANCER",), "PRCAT": ("ANTI-CANCER",)},
        description="Records of CM and PR that are new anticancer therapy: variable and values.",
    )
