# SPDX-License-Identifier: Apache-2.0
"""The plan of safety: treatment-emergent adverse events by kind and by term."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.results.groups import both
from equipoise.results.method_args import summary_args
from equipoise.results.task import SPECIFIED, Task


def plan_safety(protocol: Protocol) -> Iterator[Task]:
    """An overview, then terms of every event and of the grave ones."""
    severity = protocol.adverse_events.grading == "severity"
    high = "SEVERE" if severity else "GRADE34"
    high_where = "ASEV = 'SEVERE'" if severity else "ATOXGRN IN (3, 4)"
    high_label = "severe" if severity else "grade 3 or 4"
    yield _event_task(
        protocol,
        "AE.OVERVIEW",
        "count.kinds",
        "Overview of adverse events",
        {"kinds": _kinds(severity)},
    )
    terms = ["AEBODSYS", "AEDECOD"]
    tables = (
        ("AE.SOC", "Adverse events by system organ class", terms[:1], ""),
        ("AE.TERM", "Adverse events by system organ class and preferred term", terms, ""),
        *((name, label, terms, where) for name, label, where in KIND_TERMS),
        (f"AE.TERM.{high}", f"Adverse events, {high_label}, by preferred term", terms, high_where),
    )
    for analysis_id, label, by, where in tables:
        yield _event_task(protocol, analysis_id, "count.terms", label, {"by": by}, where=where)

    yield from _special_interest(protocol, severity=severity)
    yield _event_task(
        protocol,
        "AE.GRADE",
        "count.grades",
        "Adverse events by worst severity" if severity else "Adverse events by worst grade",
        {"by": terms, "bands": SEVERITIES if severity else GRADES},
        module="adverse_event_grades",
    )
    if protocol.control is not None:
        yield from _differences(protocol, _kinds(severity), tables)
    yield from _deaths_and_laboratory(protocol)


def _special_interest(protocol: Protocol, *, severity: bool) -> Iterator[Task]:
    """Groups of events that the protocol names: counts, rates by exposure, day of onset."""
    kinds = {}
    for number, group in enumerate(protocol.adverse_events.special_interest, start=1):
        inside = f"CQ{number:02d}NAM IS NOT NULL"
        grave = ("severe", "ASEV = 'SEVERE'") if severity else ("grade 3 or more", "ATOXGRN >= 3")
        kinds[group.label] = inside
        for word, condition in (grave, ("serious", "AESER = 'Y'")):
            kinds[f"{group.label}: {word}"] = both(inside, condition)
    if not kinds:
        return
    label = "Adverse events of special interest"
    yield _event_task(protocol, "AE.INTEREST", "count.kinds", label, {"kinds": kinds})
    if protocol.control is not None:
        yield _difference(protocol, "AE.INTEREST", label, "kinds", kinds)
    groups = {name: inside for name, inside in kinds.items() if " AND " not in inside}
    yield _event_task(
        protocol,
        "AE.INTEREST",
        "event-rate.kinds",
        f"{label}, by exposure",
        {
            "kinds": groups,
            "rate_interval": "exact (Garwood)",
            "conf_level": protocol.analyses[0].conf_level,
            "quantile": summary_args(protocol, None)["quantile"],
        },
        module="event_rates",
    )


def _deaths_and_laboratory(protocol: Protocol) -> Iterator[Task]:
    """Deaths by time since the last dose; laboratory grades, which only data with ADLB have."""
    events = protocol.adverse_events
    for analysis_id, method_id, label, dataset, variable, module, args in (
        (
            "DEATHS",
            "deaths",
            "Deaths",
            "ADSL",
            "DTHDT",
            "deaths",
            {
                "days_after_last_dose": events.emergent_days_after_last_dose,
                "denominator": "all patients of the population",
            },
        ),
        (
            "LAB.SHIFT",
            "shift",
            "Laboratory grades, baseline to worst",
            "ADLB",
            "ATOXGRLN, ATOXGRHN",
            "laboratory",
            {"denominator": "patients with a graded result after the first dose"},
        ),
        (
            "LAB.LIVER",
            "liver-tests",
            "Liver tests, peaks after the first dose",
            "ADLB",
            "AVAL, ANRHI",
            "liver_tests",
            {"denominator": "patients with both tests after the first dose"},
        ),
    ):
        yield Task(
            analysis_id,
            method_id,
            label=label,
            reason=SPECIFIED,
            purpose="DESCRIPTIVE",
            protocol_ref="adverse_events",
            population=events.population,
            dataset=dataset,
            variable=variable,
            where="",
            args=args,
            module=module,
            convention=protocol.convention,
        )


# Why an event is serious. Source: ICH E2A, section II.B; variables of CDISC SDTMIG 3.4, AE.
CRITERIA = {
    "AESDTH": "death",
    "AESLIFE": "life-threatening",
    "AESHOSP": "hospitalisation",
    "AESDISAB": "disability",
    "AESCONG": "congenital anomaly",
    "AESMIE": "other medically important",
}
# Tables of terms of one kind of event: their analysis, label and condition on ADAE.
KIND_TERMS = (
    ("AE.TERM.RELATED", "Related adverse events, by preferred term", "ARELFL = 'Y'"),
    ("AE.TERM.SERIOUS", "Serious adverse events, by preferred term", "AESER = 'Y'"),
    (
        "AE.TERM.DISCONTINUATION",
        "Adverse events leading to discontinuation, by preferred term",
        "ADISCFL = 'Y'",
    ),
    (
        "AE.TERM.MODIFICATION",
        "Adverse events leading to dose modification, by preferred term",
        "AMODFL = 'Y'",
    ),
)


def _differences(
    protocol: Protocol,
    kinds: dict[str, str],
    tables: Sequence[tuple[str, str, list[str], str]],
) -> Iterator[Task]:
    """Differences of the overview, of every class and of every term, unstratified."""
    yield _difference(protocol, "AE.OVERVIEW", "Overview of adverse events", "kinds", kinds)
    for analysis_id, label, by, where in tables:
        yield _difference(protocol, analysis_id, label, "by", by, where=where)


def _difference(
    protocol: Protocol, analysis_id: str, label: str, what: str, value: Any, *, where: str = ""
) -> Task:
    method = {
        "strata": [],
        "interval": "Miettinen-Nurminen",
        "conf_level": protocol.analyses[0].conf_level,
        "multiplicity": "not adjusted",
    }
    return _event_task(
        protocol,
        analysis_id,
        "rate-difference.kinds" if what == "kinds" else "rate-difference.terms",
        f"{label}, difference",
        {what: value, **method},
        where=where,
        module="adverse_event_difference",
    )


# From worst to mildest: a patient counts in the first band that one of the events reaches.
GRADES = {"5": "ATOXGRN = 5", "3-4": "ATOXGRN IN (3, 4)", "1-2": "ATOXGRN IN (1, 2)"}
SEVERITIES = {
    "Severe": "ASEV = 'SEVERE'",
    "Moderate": "ASEV = 'MODERATE'",
    "Mild": "ASEV = 'MILD'",
}


def _kinds(severity: bool) -> dict[str, str]:
    """Rows of the overview, each with its condition on ADAE."""
    return {
        "any": "",
        "related": "ARELFL = 'Y'",
        **({"severe": "ASEV = 'SEVERE'"} if severity else {"grade 3 or more": "ATOXGRN >= 3"}),
        "serious": "AESER = 'Y'",
        **{f"serious: {word}": f"{name} = 'Y'" for name, word in CRITERIA.items()},
        "leading to discontinuation": "ADISCFL = 'Y'",
        "leading to dose modification": "AMODFL = 'Y'",
        "fatal": "AFATALFL = 'Y'",
    }


def _event_task(
    protocol: Protocol,
    analysis_id: str,
    method_id: str,
    label: str,
    args: Mapping[str, Any],
    *,
    where: str = "",
    module: str = "adverse_events",
) -> Task:
    events = protocol.adverse_events
    return Task(
        analysis_id,
        method_id,
        label=label,
        reason=SPECIFIED,
        purpose="DESCRIPTIVE",
        protocol_ref="adverse_events",
        population=events.population,
        dataset="ADAE",
        variable="AEDECOD",
        where=both("TRTEMFL = 'Y'", where),
        args={
            **args,
            "denominator": "all patients of the population",
            "emergent_days_after_last_dose": events.emergent_days_after_last_dose,
            "dictionary": events.dictionary,
        },
        module=module,
        convention=protocol.convention,
    )
