# SPDX-License-Identifier: Apache-2.0
"""Other worlds for the same protocol: no effect, or a given hazard ratio."""

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


def _as(course: Course, patients: int) -> Course:
    return course.model_copy(update={"patients": patients})


def _scaled(pieces: tuple[Piece, ...], ratio: float) -> tuple[Piece, ...]:
    return tuple(
        piece.model_copy(update={"median_months": piece.median_months / ratio}) for piece in pieces
    )


def _world(protocol: Protocol) -> tuple[Simulation, str]:
    if protocol.simulation is not None and protocol.control is not None:
        return protocol.simulation, protocol.control.id
    absent = "`simulation` section" if protocol.simulation is None else "control arm"
    raise ProtocolError(
        Fault(
            what=f"{protocol.identity.id} has no {absent} to compare arms in",
            where="the top level of the protocol",
            mend="declare `simulation`, and one arm with `role: control`",
        )
    )
