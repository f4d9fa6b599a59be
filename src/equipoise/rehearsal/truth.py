# SPDX-License-Identifier: Apache-2.0
"""What a protocol's simulation declares, as the numbers that an analysis estimates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from equipoise.operating.protocol_trial import progression_hazard
from equipoise.operating.trial import Hazard
from equipoise.protocol.model import Course, Endpoint, Protocol
from equipoise.results.plan_efficacy import plan_efficacy
from equipoise.results.task import Task


@dataclass(frozen=True, slots=True)
class Truth:
    """The declared value of one number: on the log scale for log_hr, else in the number's unit."""

    analysis_id: str
    method_id: str
    arm: str | None
    comparator: str | None
    stat: str
    value: float


def declared_truths(protocol: Protocol) -> list[Truth]:
    """Hazard ratio and medians of progression-free survival, and response rates, where declared.

    Notes         The hazard of progression-free survival is that of progression and of death before
                  it, added. A hazard ratio that is not the same at all times is none. Responses are
                  declared without confirmation. Deaths from adverse events, drawn beside the
                  hazards, and what scans, readers and drop-out do are no part of the truth.
    """
    world = protocol.simulation
    if world is None:
        return []
    endpoints = {endpoint.id: endpoint for endpoint in protocol.endpoints}
    of_analysis = {a.id: endpoints[a.endpoint] for a in protocol.analyses}
    return [
        truth
        for task in plan_efficacy(protocol)
        for truth in _of_task(task, of_analysis[task.analysis_id], protocol, world.arms)
    ]


def _of_task(
    task: Task, endpoint: Endpoint, protocol: Protocol, courses: dict[str, Course]
) -> Iterator[Truth]:
    hazards = {arm.id: progression_hazard(courses[arm.id]) for arm in protocol.arms}
    if endpoint.kind == "orr" and task.paramcd == "BOR" and task.module == "response":
        for arm in protocol.arms:
            course = courses[arm.id]
            rate = 100.0 * (course.partial_response + course.complete_response)
            yield Truth(task.analysis_id, task.method_id, arm.id, None, "pct", rate)
    if endpoint.kind != "pfs":
        return
    if task.method_id == "kaplan-meier":
        for arm in protocol.arms:
            months = median_months(hazards[arm.id])
            yield Truth(task.analysis_id, task.method_id, arm.id, None, "median", months)
    if task.method_id in ("cox", "cox.unstratified") and protocol.control is not None:
        for arm in protocol.arms:
            ratio = _ratio(hazards[arm.id], hazards[protocol.control.id])
            if arm.id != protocol.control.id and ratio is not None:
                value = math.log(ratio)
                yield Truth(task.analysis_id, task.method_id, None, arm.id, "log_hr", value)


def median_months(hazard: Sequence[Hazard]) -> float:
    """Month by which half have the event; infinite where half never do."""
    left = math.log(2.0)
    ends = [piece.from_month for piece in hazard[1:]] + [math.inf]
    for piece, end in zip(hazard, ends, strict=True):
        needed = left / piece.per_month if piece.per_month > 0 else math.inf
        if piece.from_month + needed <= end:
            return piece.from_month + needed
        left -= piece.per_month * (end - piece.from_month)
    return math.inf


def _ratio(hazard: Sequence[Hazard], control: Sequence[Hazard]) -> float | None:
    if [p.from_month for p in hazard] != [p.from_month for p in control]:
        return None
    pairs = zip(hazard, control, strict=True)
    ratios = {round(one.per_month / other.per_month, 12) for one, other in pairs}
    return ratios.pop() if len(ratios) == 1 else None
