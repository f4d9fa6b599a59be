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


class Adjudication(Record):
    """Two readers whose differences an adjudicator settles by accepting one whole read."""

    readers: tuple[Name, Name] = Field(
        description="Evaluators of this protocol: reader 1, whose read counts where both agree."
    )
    variables: tuple[Literal["BOR", "CBOR", "PDDT", "RSPDT", "CRSPDT"], ...] = Field(
        default=("BOR", "PDDT"),
        min_length=1,
        description="A difference in any of these needs the adjudicator.",
    )


class Evaluator(Record):
    """A reader of the images; `where` selects its rows in RS, TU and TR by variable suffix."""

    id: Name
    label: Text
    where: dict[Variable, str] = Field(
        default_factory=dict,
        description="RS variables and their values: {RSEVAL: INVESTIGATOR}. Of no meaning where "
        "`adjudication` names the readers.",
    )
    accepted_only: bool = Field(
        default=False, description="Use only reads with RSACPTFL = Y (after adjudication)."
    )
    independent: bool = Field(
        default=False, description="The independent review that verifies a progression."
    )
    adjudication: Adjudication | None = Field(
        default=None,
        description="The read accepted of two; the adjudicator's choice bears --ACPTFL = Y.",
    )


class Confirmation(Record):
    """When a response counts as confirmed."""

    min_days: Days = 28
    max_ne: Days = 1
    sd_between: bool = False


class VisitFact(Record):
    """Records that say something of a visit: those of a table for which all clauses hold."""

    table: Variable = Field(description="RS, TU, TR or PR, LB: {table: RS, ...}.")
    where: dict[Variable, tuple[Text, ...]] = Field(
        min_length=1, description="Variables and the values that count."
    )


class Lesions(Record):
    """How lesion measurements become responses; each default is that of the specification."""

    longest: Text = Field(default="LDIAM", description="TRTESTCD of the longest diameter.")
    short: Text = Field(default="LPERP", description="TRTESTCD of a node's short axis.")
    node_location: Literal["TULOC", "TRLOC"] = Field(
        default="TULOC",
        description="Which location says that a lesion is a lymph node; TRLOC stands in TR or, as "
        "QNAM, in SUPPTR.",
    )
    baseline_visits: tuple[Text, ...] = Field(
        default=(),
        description="Visits of the baseline scan; absent: where TU identifies (non-)targets. "
        "Scans before them are not read.",
    )
    visit_on_several_days: Literal["one-timepoint", "one-per-day"] = "one-timepoint"
    copies: Literal["fault", "drop"] = Field(
        default="fault", description="Rows of TR that repeat another in everything but TRSEQ."
    )
    not_searched: VisitFact | None = Field(
        default=None, description="Records of visits at which a region was not searched."
    )
    raised_markers: VisitFact | None = Field(
        default=None, description="Records of visits at which tumour markers were not normal."
    )
    provable_progression: bool = Field(
        default=True, description="PD with a target missing, where the others prove it."
    )
    unsearched_region: Literal["NE", "ignore"] = "NE"
    disease_after_cr: Literal["progression", "as-measured"] = "progression"
    response_memory: bool = Field(
        default=True, description="SD after an established PR is reported as PR; endpoints use raw."
    )
    memory_needs_confirmation: bool = False
    progression_date: Literal["timepoint", "component"] = "timepoint"
    response_date: Literal["last-scan", "first-scan"] = "last-scan"


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
    best: Literal["admiralonco", "recist-1.1"] | None = Field(
        default=None,
        description="Profile of best response; absent: admiralonco for recorded responses, "
        "recist-1.1 for lesions.",
    )
    stop_at_new_therapy: bool | None = Field(
        default=None,
        description="Assessments after new anticancer therapy do not count; absent: the profile's.",
    )
    no_assessment: Literal["NE", "MISSING"] | None = Field(
        default=None,
        description="Best response of a subject never assessed; absent: the profile's.",
    )
    compare: Literal["when-derived", "always", "never"] = Field(
        default="when-derived",
        description="Compare derived with recorded responses (ADRSCMP), where both can be had. "
        "always: also where the recorded ones are used; lesion sizes (ADTR) are then derived too.",
    )
    lesions: Lesions = Lesions()
