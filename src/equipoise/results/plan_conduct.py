# SPDX-License-Identifier: Apache-2.0
"""The plan of how the trial was conducted: strata, deviations, end of treatment, therapies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.results.task import SPECIFIED, Task, primary_population

# Analysis, method, label, table, field of the protocol, variable of the kind, those of the name.
OCCURRENCES = (
    (
        "THERAPY.PRIOR",
        "therapy",
        "Prior anticancer therapy",
        "ADPRTX",
        "data.new_therapy",
        "ACLASS",
        ["ADECOD", "ATRT"],
    ),
    (
        "THERAPY.SUBSEQUENT",
        "therapy",
        "Subsequent anticancer therapy",
        "ADSUBTX",
        "data.new_therapy",
        "ACLASS",
        ["ADECOD", "ATRT"],
    ),
    (
        "DEVIATIONS",
        "deviations",
        "Protocol deviations",
        "ADDV",
        "data.tables",
        "DVCAT",
        ["DVDECOD", "DVTERM"],
    ),
)


def plan_conduct(protocol: Protocol) -> Iterator[Task]:
    """End of treatment; anticancer therapy before and after; deviations; strata as randomised."""
    yield _task(
        protocol,
        "TREATMENT.END",
        "treatment-end",
        label="Disposition of treatment",
        protocol_ref="regimens",
        population=protocol.adverse_events.population,
        dataset="ADSL",
        variable="EOTSTT",
        args={"denominator": "the patients given the drug"},
        module="treatment_end",
    )
    for analysis_id, method_id, label, dataset, protocol_ref, kind, names in OCCURRENCES:
        yield _task(
            protocol,
            analysis_id,
            method_id,
            label=label,
            protocol_ref=protocol_ref,
            population=primary_population(protocol),
            dataset=dataset,
            variable=names[0],
            args={"kind": kind, "names": names, "denominator": "all patients of the population"},
            module="occurrences",
        )
    if protocol.randomisation and protocol.randomisation.strata:
        yield _task(
            protocol,
            "STRATIFICATION",
            "stratification",
            label="Stratification factors as randomised and as recorded",
            protocol_ref="randomisation.strata",
            population=primary_population(protocol),
            dataset="ADSL",
            variable=", ".join(factor.variable for factor in protocol.randomisation.strata),
            args={"denominator": "all patients of the population"},
            module="stratification",
        )


def _task(protocol: Protocol, analysis_id: str, method_id: str, **given: Any) -> Task:
    return Task(
        analysis_id,
        method_id,
        reason=SPECIFIED,
        purpose="DESCRIPTIVE",
        where="",
        convention=protocol.convention,
        **given,
    )
