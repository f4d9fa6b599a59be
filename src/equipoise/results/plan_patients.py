# SPDX-License-Identifier: Apache-2.0
"""The plan of what is counted for displays of single patients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.results.groups import both, quoted
from equipoise.results.task import SUPPORT, Task, primary_population

CHANGE, TREATMENT = "shown.change", "shown.treatment"


def plan_patients(protocol: Protocol) -> Iterator[Task]:
    """Waterfall and spider of each evaluator whose lesions are read; swimmer of all treated."""
    for index, evaluator in enumerate(protocol.evaluators):
        if protocol.response.source == "lesions" or protocol.response.compare == "always":
            yield _task(
                protocol,
                f"CHANGE.{evaluator.id}",
                CHANGE,
                label=f"Best change of the sum of diameters, {evaluator.label}",
                protocol_ref=f"evaluators.{index}",
                dataset="ADTR",
                variable="PCHG",
                where=both("PARAMCD = 'SDIAM'", f"EVALUATOR = {quoted(evaluator.id)}"),
                args={
                    "change": "smallest complete sum after baseline, not after progression",
                    "sorted": "worst change first",
                },
                evaluator=evaluator.id,
            )
    yield _task(
        protocol,
        "TREATMENT",
        TREATMENT,
        label="Time on treatment",
        protocol_ref="arms",
        dataset="ADSL",
        variable="TRTEDT",
        where="",
        args={"time": "first to last dose, both included", "sorted": "longest time first"},
    )


def _task(protocol: Protocol, analysis_id: str, method_id: str, **given: Any) -> Task:
    return Task(
        analysis_id,
        method_id,
        reason=SUPPORT,
        purpose="DESCRIPTIVE",
        population=primary_population(protocol),
        module="shown",
        convention=protocol.convention,
        **given,
    )
