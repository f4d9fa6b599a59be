# SPDX-License-Identifier: Apache-2.0
"""Checks of dates, of the simulated world and of the list of assumptions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from equipoise.protocol.finding import Finding, Path, unknown
from equipoise.protocol.model import Protocol


def check_dates(protocol: Protocol) -> Iterator[Finding]:
    """Dates are dates of the calendar and in order."""
    dates: list[tuple[Path, str | None]] = [(("data", "cutoff"), protocol.data.cutoff)]
    if protocol.simulation:
        enrolment = protocol.simulation.enrolment
        dates += [
            (("simulation", "cutoff"), protocol.simulation.cutoff),
            (("simulation", "enrolment", "first"), enrolment.first),
            (("simulation", "enrolment", "last"), enrolment.last),
        ]
    sound = True
    for path, text in dates:
        if text is None:
            continue
        try:
            date.fromisoformat(text)
        except ValueError:
            sound = False
            yield path, f"{text} is not a date of the calendar", "write YYYY-MM-DD"
    if sound and protocol.simulation:
        first, last = protocol.simulation.enrolment.first, protocol.simulation.enrolment.last
        if not first <= last <= protocol.simulation.cutoff:
            yield (
                ("simulation", "enrolment"),
                "enrolment has to end after it starts and before the cut-off",
                "order the dates: first, last, cutoff",
            )


def check_simulation(protocol: Protocol) -> Iterator[Finding]:
    """The simulated world covers every arm, and its probabilities are possible."""
    if protocol.simulation is None:
        return
    arms = [arm.id for arm in protocol.arms]
    for name in protocol.simulation.arms:
        if name not in arms:
            yield unknown(("simulation", "arms", name), "arm", name, arms)
    for name in arms:
        if name not in protocol.simulation.arms:
            yield (
                ("simulation", "arms"),
                f"nothing is assumed about arm `{name}`",
                "give it patients, progression, deaths and responses",
            )
    for variable, levels in protocol.simulation.categorical.items():
        if abs(sum(levels.values()) - 1) > 1e-9:
            yield (
                ("simulation", "categorical", variable),
                f"the probabilities of `{variable}` add up to {sum(levels.values()):g}",
                "they have to add up to 1",
            )
    for i, event in enumerate(protocol.simulation.adverse_events):
        for arm, grades in event.worst_grade.items():
            path = ("simulation", "adverse_events", i, "worst_grade", arm)
            if arm not in arms:
                yield unknown(path, "arm", arm, arms)
            if sum(grades.values()) > 1 + 1e-9:
                yield path, f"the grades of `{event.term}` add up to more than 1", "lower them"
            if not set(grades) <= {1, 2, 3, 4, 5}:
                yield path, f"`{event.term}` has a grade outside 1 to 5", "CTCAE grades are 1 to 5"


def check_assumptions(protocol: Protocol) -> Iterator[Finding]:
    """Each assumption names a field that this protocol holds."""
    content = protocol.model_dump()
    for i, assumption in enumerate(protocol.assumptions):
        if not _resolves(content, assumption.path.split(".")):
            yield (
                ("assumptions", i, "path"),
                f"the assumption names `{assumption.path}`, which this protocol does not hold",
                "write the path of a field, lists by position: endpoints.0.censoring",
            )


def _resolves(content: Any, steps: Sequence[str]) -> bool:
    for step in steps:
        if isinstance(content, dict) and step in content:
            content = content[step]
        elif isinstance(content, (list, tuple)) and step.isdigit() and int(step) < len(content):
            content = content[int(step)]
        else:
            return False
    return content is not None
