# SPDX-License-Identifier: Apache-2.0
"""The plan of how the trial was conducted: how treatment ended, other anticancer therapy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.results.task import SPECIFIED, Task, primary_population


def plan_conduct(protocol: Protocol) -> Iterator[Task]:
    """End of treatment, of all drugs and of each; anticancer therapy before and after."""
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
    for analysis_id, label, dataset in (
        ("THERAPY.PRIOR", "Prior anticancer therapy", "ADPRTX"),
        ("THERAPY.SUBSEQUENT", "Subsequent anticancer therapy", "ADSUBTX"),
    ):
        yield _task(
            protocol,
            analysis_id,
            "therapy",
            label=label,
            protocol_ref="data.new_therapy",
            population=primary_population(protocol),
            dataset=dataset,
            variable="ADECOD",
            args={"denominator": "all patients of the population"},
            module="therapy",
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
