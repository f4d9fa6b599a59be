# SPDX-License-Identifier: Apache-2.0
"""Solve a protocol's design for another item, the rest kept as planned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from equipoise.design.plan import outline_of
from equipoise.errors import Fault, MethodError
from equipoise.protocol.model import OneSampleSurvivalDesign, Protocol, SurvivalDesign

Item = Literal["power", "events", "effect", "patients", "accrual"]


def leave_open(protocol: Protocol, item: str, *, changes: Mapping[str, Any]) -> Protocol:
    """The protocol with one item of its design left open; `plan_design` then solves for it.

    Parameters    item    : what to solve for; `accrual` is its speed
                  changes : fields of the design to set first, as the protocol writes them:
                            {"patients": 200}
    Returns       Protocol - power, events, effect, patients and last month as planned otherwise
    Raises        MethodError - the design has no such item; pydantic's error for a wrong field
    Notes         a changed item stays as given: solving for the events of another power asks
                  leave_open(protocol, "events", changes={"power": 0.9})
    """
    design = protocol.design
    if isinstance(design, OneSampleSurvivalDesign) and item in ("power", "patients"):
        return _with(protocol, {**changes, item: None})
    if not isinstance(design, SurvivalDesign) or item not in get_args(Item):
        raise MethodError(
            Fault(
                what=f"`{item}` cannot be solved for in this design",
                where="design",
                mend=f"a time-to-event design solves for {', '.join(get_args(Item))}, a one-sample "
                "log-rank design for power or patients",
            )
        )
    plan = outline_of(protocol)
    planned: dict[str, Any] = {
        "power": design.power or plan.alternative.power,
        "events": int(plan.events[-1]),
        "effect": [piece.model_dump() for piece in design.effect]
        or [{"hazard_ratio": plan.hazard_ratio}],
        "patients": plan.patients,
        "last_look_month": design.last_look_month or float(plan.month[-1]),
    }
    fields = planned | dict(changes)
    if item in ("power", "events", "effect"):
        fields |= {item: () if item == "effect" else None, "last_look_month": None}
    elif item == "patients":
        fields |= {"patients": None, "events": None}
    else:
        fields |= {"events": None}
    return _with(protocol, fields)


def _with(protocol: Protocol, fields: Mapping[str, Any]) -> Protocol:
    assert protocol.design is not None
    design = type(protocol.design).model_validate(protocol.design.model_dump() | dict(fields))
    return protocol.model_copy(update={"design": design})
