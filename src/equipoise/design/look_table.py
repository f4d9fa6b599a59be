# SPDX-License-Identifier: Apache-2.0
"""ADLOOK: the plan's looks, and of those held what they showed and what the bounds say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtr

from equipoise.design.interim_look import LookReading, read_look
from equipoise.design.plan import outline_of
from equipoise.design.plan_survival import SurvivalOutline
from equipoise.errors import Fault, ProtocolError
from equipoise.protocol.model import Protocol, SurvivalDesign
from equipoise.tables import conform, load_contract


@dataclass(frozen=True, slots=True)
class LookHeld:
    """What one look showed: its cut-off, also in months since the first randomisation, its events,
    and z of the primary comparison, positive in favour of the experimental arm.
    """

    cutoff: date
    month: float
    events: int
    z: float


def design_looks(protocol: Protocol) -> SurvivalDesign:
    """The design whose looks can be held.

    Raises ProtocolError where the protocol plans no looks.
    """
    if not isinstance(protocol.design, SurvivalDesign):
        raise ProtocolError(
            Fault(
                what="this protocol plans no looks",
                where="design",
                mend="looks belong to a `design` of kind: time-to-event",
            )
        )
    return protocol.design


def look_number(protocol: Protocol, name: str) -> int:
    """The look of that name, from 1: its number, `final`, or `interim` where there is only one.

    Raises ProtocolError where the plan has no such look.
    """
    last = len(design_looks(protocol).looks)
    names = {str(look): look for look in range(1, last + 1)} | {"final": last}
    if last == 2:
        names["interim"] = 1
    if name not in names:
        raise ProtocolError(
            Fault(
                what=f"the plan has no look `{name}`",
                where="design.looks",
                mend=f"name one of: {', '.join(names)}",
            )
        )
    return names[name]


def look_table(protocol: Protocol, held: Sequence[LookHeld], *, study: str) -> pl.DataFrame:
    """ADLOOK, one row per look of the plan.

    Parameters    held : the looks held so far, in order; each keeps the bound it was judged by
    Returns       as contracts/adlook.yaml states; looks to come bear their planned bounds alone
    Raises        MethodError - events do not increase from look to look
    Source: docs/methods/design-group-sequential.md
    """
    design, plan = design_looks(protocol), outline_of(protocol)
    rows = []
    for at in range(len(plan.events)):
        row = {"STUDYID": study} | _planned(plan, at)
        if at < len(held):
            reading = read_look(
                design,
                plan,
                events=[look.events for look in held[: at + 1]],
                z=[look.z for look in held[: at + 1]],
                final=at == len(plan.events) - 1,
                level=1 - 2 * design.alpha,
            )
            row |= _held(held[at], reading)
        rows.append(row)
    columns = [column.name for column in load_contract("ADLOOK").columns]
    blank = dict.fromkeys(columns)
    table = pl.DataFrame([blank | row for row in rows], infer_schema_length=None)
    return conform({"ADLOOK": table.select(columns)})["ADLOOK"]


def _planned(plan: SurvivalOutline, at: int) -> dict[str, Any]:
    last = len(plan.events) - 1
    return {
        "LOOK": at + 1,
        "LOOKTYPE": "FINAL" if at == last else "INTERIM",
        "HELDFL": "N",
        "LOOKDT": None,
        "EVENTSPL": int(plan.events[at]),
        "BOUNDZPL": _finite(plan.bounds.upper[at]),
        "FUTZPL": _finite(plan.bounds.lower[at]) if at < last else None,
    }


def _held(look: LookHeld, reading: LookReading) -> dict[str, Any]:
    bounded = bool(np.isfinite(reading.bound_z))
    promise, adjusted = reading.promise, reading.adjusted
    row: dict[str, Any] = {
        "HELDFL": "Y",
        "LOOKDT": look.cutoff,
        "MONTH": look.month,
        "EVENTS": look.events,
        "FRACTION": reading.fraction,
        "ZSTAT": look.z,
        "PSTAT": float(ndtr(-look.z)),
        "ALPHA": reading.alpha_spent,
        "FUTZ": reading.futility_z,
        "HRLR": reading.estimate,
        "DECISION": _decision(reading),
    }
    if bounded:
        row |= {
            "BOUNDZ": reading.bound_z,
            "BOUNDP": reading.bound_p,
            "BOUNDHR": reading.bound_hazard_ratio,
            "RCILOW": reading.repeated[0],
            "RCIHIGH": reading.repeated[1],
        }
    if promise is not None:
        row |= {
            "CPTREND": promise.trend,
            "CPDESIGN": promise.planned,
            "PREDPOW": promise.predictive,
        }
    if adjusted is not None:
        row |= {
            "HRADJ": adjusted.median_unbiased,
            "HRADJLOW": adjusted.low,
            "HRADJHIGH": adjusted.high,
            "PADJ": adjusted.p,
        }
    return row


def _decision(reading: LookReading) -> str:
    """What the bounds say; a futility bound advises, the sponsor decides."""
    if reading.decided is not None:
        return "EFFICACY" if reading.decided == reading.look else "ALREADY SHOWN"
    if reading.final:
        return "NOT SHOWN"
    return "FUTILITY" if reading.crossed_futility else "CONTINUE"


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
