# SPDX-License-Identifier: Apache-2.0
"""Plain words for coded terms, doses and calendars."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from equipoise.protocol.model import Protocol, Regimen

RESPONSES = {
    "CR": "Complete response (CR)",
    "PR": "Partial response (PR)",
    "SD": "Stable disease (SD)",
    "NON-CR/NON-PD": "Non-CR/non-PD",
    "PD": "Progressive disease (PD)",
    "NE": "Not evaluable (NE)",
    "MISSING": "No assessment",
    "PENDING": "Adjudication pending",
}
SEXES = {"F": "Female", "M": "Male", "U": "Unknown"}
ROUTES = {"ORAL": "by mouth", "INTRAVENOUS": "intravenously", "TRANSDERMAL": "on the skin"}
PROPER_NOUNS = frozenset(
    {
        "AFRICAN",
        "AMERICAN",
        "ASIAN",
        "INDIAN",
        "ALASKA",
        "HISPANIC",
        "LATINO",
        "HAWAIIAN",
        "NATIVE",
    }
)
EVENT_KINDS = {
    "any": "Any adverse event",
    "related": "Related to study treatment",
    "grade 3 or more": "Grade 3 or more",
    "severe": "Severe",
    "serious": "Serious",
    "serious: death": "Death",
    "serious: life-threatening": "Life-threatening",
    "serious: hospitalisation": "Hospitalisation",
    "serious: disability": "Disability",
    "serious: congenital anomaly": "Congenital anomaly",
    "serious: other medically important": "Other medically important",
    "leading to discontinuation": "Leading to discontinuation of treatment",
    "leading to dose modification": "Leading to a reduced or paused dose",
    "fatal": "Fatal",
}
BRITISH = {"tumor": "tumour", "randomization": "randomisation"}
UNITS = {"mg/m2": "mg/m²"}


@cache  # a page asks for the same few terms thousands of times
def sentence_case(term: str) -> str:
    """A term coded in capitals, as running text: `EYE DISORDERS` is `Eye disorders`.

    A term that is not all capitals was written by a person, and stays.
    """
    if not term.isupper() or len(term) <= 3:
        return term
    words = [w.capitalize() if w in PROPER_NOUNS else w.lower() for w in term.split(" ")]
    return words[0][:1].upper() + " ".join(words)[1:]


def lower_first(text: str) -> str:
    """The text as it stands inside a sentence; an abbreviation keeps its capitals."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def upper_first(text: str) -> str:
    """The text at the start of a sentence."""
    return text[:1].upper() + text[1:]


def reason_words(reason: str) -> str:
    """A reason written as a title, as running text: short words in capitals stay.

    The templates of ADaM spell as Americans do, this report as the British do.
    """
    words = [w if w.isupper() and len(w) < 5 else w.lower() for w in reason.split(" ")]
    words = [BRITISH.get(word, word) for word in words]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def level_words(variable: str, level: str) -> str:
    """A category of a baseline variable as printed."""
    if variable == "SEX":
        return SEXES.get(level, level)
    return sentence_case(level).replace(">=", "≥").replace("<=", "≤")


def day_words(days: Sequence[int]) -> str:
    """`days 1-14` of a list of days; runs are joined."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return f"{'day' if len(days) == 1 else 'days'} {', '.join(parts)}"


def regimen_words(regimen: Regimen) -> str:
    """One drug, its dose and its calendar, as a sentence part."""
    schedule = regimen.schedule
    route = ROUTES.get(regimen.route, regimen.route.lower())
    dose = "" if regimen.placebo else f" {regimen.dose:g} {UNITS.get(regimen.unit, regimen.unit)}"
    text = f"{regimen.drug.capitalize()}{dose} {route}"
    if schedule.cycle_days == 1:
        text += " every day"
    else:
        text += f" on {day_words(schedule.days)} of every {schedule.cycle_days}-day cycle"
    if schedule.last_cycle:
        text += f", up to {schedule.last_cycle} cycles"
    return text


def arm_name(protocol: Protocol, arm: str | None) -> str:
    """The name a reader knows the arm by."""
    names = {item.id: item.label for item in protocol.arms}
    return names.get(arm or "", "All patients" if arm == "ALL" else arm or "")


def population_name(protocol: Protocol, population: str) -> str:
    """The label of an analysis set."""
    names = {item.id: item.label for item in protocol.analysis_sets}
    enrolled = "All randomised patients" if protocol.randomisation else "All treated patients"
    return enrolled if population == "ENROLLED" else names.get(population, population)


def evaluator_name(protocol: Protocol, evaluator: str | None) -> str:
    """The label of a reader of the images."""
    names = {item.id: item.label for item in protocol.evaluators}
    return names.get(evaluator or "", evaluator or "")


def variable_labels(protocol: Protocol) -> dict[str, str]:
    """The words of the protocol for its baseline variables and strata."""
    strata = protocol.randomisation.strata if protocol.randomisation else ()
    return {factor.variable: factor.label for factor in (*protocol.baseline, *strata)}
