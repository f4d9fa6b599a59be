# SPDX-License-Identifier: Apache-2.0
"""Other worlds for the same protocol: no effect, a given hazard ratio, fewer disturbances."""

from __future__ import annotations

from equipoise.errors import Fault, ProtocolError
from equipoise.protocol.model import Course, Piece, Protocol, Simulation


def without_effect(protocol: Protocol) -> Protocol:
    """The protocol whose simulated arms all fare as its control: disease, response and safety."""
    world, control = _world(protocol)
    arms = {name: _as(world.arms[control], course.patients) for name, course in world.arms.items()}
    events = tuple(
        event.model_copy(
            update={"worst_grade": dict.fromkeys(world.arms, event.worst_grade.get(control, {}))}
        )
        for event in world.adverse_events
    )
    stops = dict.fromkeys(world.arms, world.discontinuation_for_event.get(control, 0.0))
    changed = {"arms": arms, "adverse_events": events, "discontinuation_for_event": stops}
    return protocol.model_copy(update={"simulation": world.model_copy(update=changed)})


def with_hazard_ratio(protocol: Protocol, ratio: float) -> Protocol:
    """The protocol whose experimental arms have `ratio` times the control's hazards before death.

    The hazards of progression and of death before it; all else as declared for the arm.
    """
    world, control = _world(protocol)
    same = world.arms[control]
    arms = {
        name: course
        if name == control
        else course.model_copy(
            update={
                "progression": _scaled(same.progression, ratio),
                "death_before_progression": _scaled(same.death_before_progression, ratio),
            }
        )
        for name, course in world.arms.items()
    }
    changed = world.model_copy(update={"arms": arms})
    return protocol.model_copy(update={"simulation": changed})


def without_fatal_events(protocol: Protocol) -> Protocol:
    """The protocol whose simulated adverse events kill nobody: grade 5 does not occur."""
    world = _simulation(protocol)
    events = tuple(
        event.model_copy(
            update={
                "worst_grade": {
                    arm: {grade: chance for grade, chance in chances.items() if grade < 5}
                    for arm, chances in event.worst_grade.items()
                }
            }
        )
        for event in world.adverse_events
    )
    changed = world.model_copy(update={"adverse_events": events})
    return protocol.model_copy(update={"simulation": changed})


def with_perfect_scans(protocol: Protocol) -> Protocol:
    """The protocol whose scans are all done, on their planned day, and read alike by everybody."""
    world = _simulation(protocol)
    perfect = {
        "missed_scan": 0.0,
        "unreadable_scan": 0.0,
        "reads_differ": {},
        "tumour": world.tumour.model_copy(
            update={"measurement_error": 0.0, "readers_agree": 1.0, "same_target": 1.0}
        ),
    }
    assessments = protocol.assessments.model_copy(update={"window_days": 0})
    return protocol.model_copy(
        update={"simulation": world.model_copy(update=perfect), "assessments": assessments}
    )


def _as(course: Course, patients: int) -> Course:
    return course.model_copy(update={"patients": patients})


def _scaled(pieces: tuple[Piece, ...], ratio: float) -> tuple[Piece, ...]:
    return tuple(
        piece.model_copy(update={"median_months": piece.median_months / ratio}) for piece in pieces
    )


def _world(protocol: Protocol) -> tuple[Simulation, str]:
    world, control = _simulation(protocol), protocol.control
    if control is None:
        raise _absent(protocol, "control arm", "declare one arm with `role: control`")
    return world, control.id


def _simulation(protocol: Protocol) -> Simulation:
    if protocol.simulation is None:
        raise _absent(protocol, "`simulation` section", "declare how patients are to be simulated")
    return protocol.simulation


def _absent(protocol: Protocol, what: str, mend: str) -> ProtocolError:
    return ProtocolError(
        Fault(
            what=f"{protocol.identity.id} has no {what}",
            where="the top level of the protocol",
            mend=mend,
        )
    )
