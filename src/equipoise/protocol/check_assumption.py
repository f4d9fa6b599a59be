# SPDX-License-Identifier: Apache-2.0
"""Checks of dates, of the simulated world and of the list of assumptions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from equipoise.protocol.finding import Finding, Path, unknown
from equipoise.protocol.model import Correlation, Effect, EntryRate, Protocol, Simulation


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
    yield from _check_cutoff(protocol, protocol.simulation)
    for variable, levels in protocol.simulation.categorical.items():
        if abs(sum(levels.values()) - 1) > 1e-9:
            yield (
                ("simulation", "categorical", variable),
                f"the probabilities of `{variable}` add up to {sum(levels.values()):g}",
                "they have to add up to 1",
            )
    screening = protocol.simulation.screen_failures
    if screening is not None and abs(sum(screening.reasons.values()) - 1) > 1e-9:
        yield (
            ("simulation", "screen_failures", "reasons"),
            f"the probabilities of the reasons add up to {sum(screening.reasons.values()):g}",
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


def _check_cutoff(protocol: Protocol, world: Simulation) -> Iterator[Finding]:
    """The events that cut the data off are of an endpoint with events, and can come."""
    wanted, path = world.cutoff_at, ("simulation", "cutoff_at")
    if wanted is None:
        return
    kinds = {endpoint.id: endpoint.kind for endpoint in protocol.endpoints}
    timed = [name for name, kind in kinds.items() if kind in ("pfs", "os")]
    if wanted.endpoint not in timed:
        yield unknown((*path, "endpoint"), "endpoint of kind `pfs` or `os`", wanted.endpoint, timed)
    patients = sum(course.patients for course in world.arms.values())
    if wanted.events > patients:
        yield (
            (*path, "events"),
            f"{wanted.events} events cannot come: the arms have {patients} patients",
            "wait for fewer events, or simulate more patients",
        )


def check_joint_laws(protocol: Protocol) -> Iterator[Finding]:
    """Correlations can be met together; effects and entry rates name what is there."""
    world = protocol.simulation
    if world is None:
        return
    drawn = [*world.continuous, *world.categorical]
    for i, item in enumerate(world.correlations):
        for name in item.between:
            if name not in drawn:
                yield unknown(("simulation", "correlations", i), "characteristic", name, drawn)
    names = sorted({name for item in world.correlations for name in item.between})
    if len({frozenset(item.between) for item in world.correlations}) < len(world.correlations) or (
        any(len(set(item.between)) == 1 for item in world.correlations)
    ):
        yield (
            ("simulation", "correlations"),
            "a pair of characteristics is correlated twice, or one with itself",
            "state each pair of two once",
        )
    elif names and not _positive_definite(names, world.correlations):
        yield (
            ("simulation", "correlations"),
            "no characteristics can have these correlations at once: their matrix is not positive "
            "definite",
            "bring them nearer to 0",
        )
    for i, effect in enumerate(world.effects):
        yield from _check_effect(protocol, i, effect)
    yield from _check_rates(world.enrolment.rates)


def _positive_definite(names: Sequence[str], correlations: Sequence[Correlation]) -> bool:
    import numpy as np

    matrix = np.eye(len(names))
    for item in correlations:
        one, other = (names.index(name) for name in item.between)
        matrix[one, other] = matrix[other, one] = item.normal_scores
    return bool(np.linalg.eigvalsh(matrix)[0] > 1e-9)


def _check_effect(protocol: Protocol, i: int, effect: Effect) -> Iterator[Finding]:
    world = protocol.simulation
    assert world is not None  # the caller has looked
    path = ("simulation", "effects", i)
    groups = {grouping.variable: grouping for grouping in protocol.groupings}
    known = [*world.continuous, *world.categorical, *groups]
    if effect.variable not in known:
        yield unknown((*path, "variable"), "characteristic", effect.variable, known)
    elif (effect.level is None) == (effect.per is None):
        yield path, "an effect needs either `level` or `per`", "keep one of them"
    elif effect.per is not None and effect.variable not in world.continuous:
        yield path, f"`{effect.variable}` is not a number", "give `level` in place of `per`"
    elif effect.level is not None and effect.variable in world.categorical:
        levels = list(world.categorical[effect.variable])
        if effect.level not in levels:
            yield unknown((*path, "level"), "level", effect.level, levels)


def _check_rates(rates: Sequence[EntryRate]) -> Iterator[Finding]:
    path = ("simulation", "enrolment", "rates")
    ends = [rate.until_month for rate in rates]
    stated = [end for end in ends if end is not None]
    if rates and (ends[-1] is not None or None in ends[:-1] or stated != sorted(set(stated))):
        yield (
            path,
            "each rate but the last needs a later `until_month`, and the last has none",
            "order the rates by month",
        )
    if rates and not any(rate.per_month for rate in rates):
        yield path, "nobody enters at these rates", "give one of them patients per month"


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
