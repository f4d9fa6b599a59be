# SPDX-License-Identifier: Apache-2.0
"""The plan of how the trial was conducted: how treatment ended, and what was given after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.results.task import SPECIFIED, Task


def plan_conduct(protocol: Protocol) -> Iterator[Task]:
    """End of treatment, of all drugs together and of each."""
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
