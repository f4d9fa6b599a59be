# SPDX-License-Identifier: Apache-2.0
"""What the protocol assumes: unpublished items, and the world that a simulation draws from."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from equipoise.protocol.record import Name, Probability, Record, Text, Variable

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]


class Assumption(Record):
    """An item of this file that no publication states."""

    path: Text = Field(description="Where it stands in this file: randomisation.blocks")
    why: Text = Field(description="Why this value, and what would replace it.")


class Piece(Record):
    """A constant hazard from `from_month` on, given as the median of its exponential law."""

    from_month: NonNegative = 0.0
    median_months: Positive


class EntryRate(Record):
    """Patients per month up to `until_month` after the first possible entry."""

    until_month: Positive | None = None
    per_month: NonNegative


class Enrolment(Record):
    """Patients enter between two dates: evenly, or in proportion to `rates` where these are given.

    The rates say how entries spread over the months; how many enter is the arms' `patients`.
    """

    first: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    last: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    sites: Annotated[int, Field(gt=0)] = 1
    rates: tuple[EntryRate, ...] = ()


class Crossover(Record):
    """Another arm's drug after progression, and what it does to death from progression on."""

    treatment: Text = Field(description="As recorded in CM.")
    chance: Probability
    death: Positive = Field(default=1.0, description="Hazard ratio of death after progression.")


class ScreenFailures(Record):
    """People who consent and are not enrolled."""

    share: Annotated[float, Field(ge=0, lt=1)] = Field(description="Of all who consent.")
    reasons: dict[Text, Probability] = Field(min_length=1, description="They add up to 1.")


class Course(Record):
    """The disease of one arm: latent times to progression and death, and tumour response.

    `response` is the chance that a patient's tumours shrink to PR, and to CR, before they progress.
    """

    patients: Annotated[int, Field(gt=0)]
    progression: tuple[Piece, ...] = Field(min_length=1)
    death_before_progression: tuple[Piece, ...] = Field(min_length=1)
    death_after_progression: tuple[Piece, ...] = Field(min_length=1)
    partial_response: Probability
    complete_response: Probability
    crossover: Crossover | None = None


class Continuous(Record):
    """A truncated normal characteristic, rounded to `decimals`."""

    mean: float
    sd: Positive
    min: float
    max: float
    decimals: Annotated[int, Field(ge=0, le=6)] = 0


class Correlation(Record):
    """Two characteristics that go together: the correlation of their normal scores."""

    between: tuple[Variable, Variable]
    normal_scores: Annotated[float, Field(gt=-1, lt=1)]


class Effect(Record):
    """What a characteristic does to the hazards of progression and of death.

    A level multiplies them against all other levels; a number multiplies them for each `per` above
    `from_value`.
    """

    variable: Variable
    level: str | None = None
    per: Positive | None = None
    from_value: float = 0.0
    progression: Positive = 1.0
    death: Positive = 1.0


class Burden(Record):
    """What the size of the disease does: hazard ratios for each doubling of the targets' sum."""

    from_mm: Positive = Field(description="Sum of diameters at baseline where both ratios are 1.")
    progression: Positive = 1.0
    death: Positive = 1.0
    growing: bool = Field(
        default=False,
        description="The hazard of death follows the sum as it shrinks and grows, not its baseline "
        "alone.",
    )


class Tumour(Record):
    """How tumours shrink and grow again, and how readers measure them; every default is ours.

    The times and responses drawn for a patient come first; these laws draw what they leave free
    (docs/methods/tumour-growth.md, where each default has its source).
    """

    nadir: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.85, description="Median over patients of the smallest sum against baseline."
    )
    nadir_spread: Positive = Field(
        default=0.4,
        description="Standard deviation of its logarithm between patients; who falls above 1 never "
        "shrinks.",
    )
    growth_to_shrinkage: Positive = Field(
        default=0.03, description="Median of the growth rate over the shrinkage rate, g / d."
    )
    growth_to_shrinkage_spread: NonNegative = Field(
        default=0.8, description="Standard deviation of its logarithm between patients."
    )
    lesion_spread: NonNegative = Field(
        default=0.15,
        description="Standard deviation of the logarithm of a lesion's change against its sum's.",
    )
    measurement_error: NonNegative = Field(
        default=0.06, description="Relative standard deviation of one diameter measured once."
    )
    readers_agree: Probability = Field(
        default=0.9,
        description="Correlation between two readers of the normal scores of the smallest sum.",
    )
    same_target: Probability = Field(
        default=0.85,
        description="Chance that a reader follows a measurable lesion, but the first, as a target.",
    )


class SimulatedEvent(Record):
    """An adverse event: the chance per patient of its worst grade, by arm."""

    term: Text = Field(description="Preferred term, AEDECOD.")
    body_system: Text = Field(description="System organ class, AEBODSYS.")
    worst_grade: dict[Name, dict[int, Probability]]
    related: Probability = 0.0
    serious_from_grade: Annotated[int, Field(ge=1, le=5)] | None = None


class EventCutoff(Record):
    """Data are cut on the day on which this many events have been seen."""

    endpoint: Name = Field(description="An endpoint of kind `pfs` or `os`.")
    events: Annotated[int, Field(gt=0)]


class Simulation(Record):
    """The simulated world; every number here is assumed, whatever else is published."""

    enrolment: Enrolment
    cutoff: str = Field(
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        description="Data cut-off; where `cutoff_at` is given, the latest day it can fall on.",
    )
    cutoff_at: EventCutoff | None = None
    arms: dict[Name, Course]
    dropout_per_year: Probability
    dropout_progression_correlation: Annotated[float, Field(gt=-1, lt=1)] = Field(
        default=0.0,
        description="Correlation of the normal scores of the times to dropout and to progression: "
        "above 0, those who would progress early also leave early.",
    )
    missed_scan: Probability
    reads_differ: dict[Name, Probability] = Field(
        default_factory=dict,
        description="Chance that an evaluator dates progression one scan off the truth.",
    )
    adjudication_pending: Probability = Field(
        default=0.0,
        description="Chance that the adjudicator has not yet chosen between two reads that differ.",
    )
    unreadable_scan: Probability = Field(
        default=0.0,
        description="Chance that an evaluator cannot measure one target lesion at a scan.",
    )
    subsequent_therapy: Probability = Field(
        default=0.0,
        description="Chance of another anticancer therapy after progression seen by the treating "
        "physician.",
    )
    screen_failures: ScreenFailures | None = None
    continuous: dict[Variable, Continuous] = Field(default_factory=dict)
    categorical: dict[Variable, dict[str, Probability]] = Field(default_factory=dict)
    correlations: tuple[Correlation, ...] = ()
    effects: tuple[Effect, ...] = ()
    burden: Burden | None = None
    tumour: Tumour = Tumour()
    dose_reduction: Probability = 0.0
    dose_interruption: Probability = 0.0
    discontinuation_for_event: dict[Name, Probability] = Field(default_factory=dict)
    adverse_events: tuple[SimulatedEvent, ...] = ()
