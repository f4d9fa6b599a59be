# SPDX-License-Identifier: Apache-2.0
"""The plan of adherence: the calendar of assessments beside what was done, by each evaluator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.results.groups import quoted
from equipoise.results.task import SPECIFIED, Task, primary_population

METHODS = {"adherence": "planned assessments that fell due", "adherence.patients": "all patients"}


def plan_adherence(protocol: Protocol) -> Iterator[Task]:
    """Of the evaluators whose reads an endpoint uses."""
    used = {endpoint.evaluator for endpoint in protocol.endpoints}
    window = {"window_days": protocol.assessments.window_days}
    for evaluator in protocol.evaluators:
        if evaluator.id not in used:
            continue
        for method_id, of in METHODS.items():
            args: dict[str, Any] = {**window, "denominator": of}
            yield Task(
                f"ADHERENCE.{evaluator.id}",
                method_id,
                label=f"Adherence to the calendar of assessments, {evaluator.label}",
                reason=SPECIFIED,
                purpose="DESCRIPTIVE",
                protocol_ref="assessments",
                population=primary_population(protocol),
                dataset="ADSCHED",
                variable="STATUS",
                where=f"EVALUATOR = {quoted(evaluator.id)}",
                args=args,
                module="adherence",
                convention=protocol.convention,
                evaluator=evaluator.id,
            )
