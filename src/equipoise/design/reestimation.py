# SPDX-License-Identifier: Apache-2.0
"""Sample-size re-estimation at an interim look: the promising zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from equipoise.design.conditional_power import conditional_power
from equipoise.errors import Fault, MethodError

Zone = Literal["unfavourable", "promising", "favourable"]


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """`low`, `target` conditional power between which the zone is promising; `most` events at which
    an increase stops.
    """

    low: float
    target: float
    most: float


@dataclass(frozen=True, slots=True)
class Reestimate:
    """`zone`; `events` now planned in all; `conditional_power` with the old and `new_power` with
    the new events, at the interim trend; `final_z` the critical value of the ordinary statistic
    that keeps the size, `weighted_z` that of the weighted one.
    """

    zone: Zone
    events: float
    conditional_power: float
    new_power: float
    final_z: float
    weighted_z: float


def reestimate_events(
    z: float, *, seen: float, planned: float, rule: ZoneRule, final_z: float
) -> Reestimate:
    """Events to aim for after an interim look.

    Parameters    z       : float - interim statistic
                  seen    : float - events then
                  planned : float - events of the plan
                  final_z : float - critical value of the plan at the end
    Returns       Reestimate - in the promising zone as many events as give the target conditional
                  power at the current trend, at most `rule.most`; elsewhere as planned
    Raises        MethodError - the look is not before the end, or the rule contradicts itself
    Notes         final_z*: sqrt((n* - n1) / (n - n1)) (final_z sqrt(n) - z sqrt(n1)) + z sqrt(n1),
                  over sqrt(n*): keeps the conditional type I error of the plan
    Source: Mehta and Pocock (2011) Statistics in Medicine 30:3267-3284, eq. 4-6; Cui, Hung and Wang
            (1999) Biometrics 55:853-857 for the weighted statistic.
    Proof: tests/property/test_design_simulated_adaptive.py
    """
    if not (0 < seen < planned <= rule.most and 0 < rule.low < rule.target < 1):
        raise MethodError(
            Fault(
                what=f"{seen:g} events seen, {planned:g} planned, at most {rule.most:g}; "
                f"zone from {rule.low:g} to {rule.target:g}",
                where="sample-size re-estimation",
                mend="look before the end, allow at least the planned events, and order the zone",
            )
        )
    now = _trend_power(z, seen, planned, planned, final_z)
    zone: Zone = "promising"
    if now < rule.low:
        zone = "unfavourable"
    elif now >= rule.target:
        zone = "favourable"
    events = planned if zone != "promising" else _needed(z, seen, planned, rule, final_z)
    return Reestimate(
        zone=zone,
        events=events,
        conditional_power=now,
        new_power=_trend_power(z, seen, planned, events, final_z),
        final_z=adjusted_final_z(z, seen=seen, planned=planned, events=events, final_z=final_z),
        weighted_z=final_z,
    )


def adjusted_final_z(
    z: float, *, seen: float, planned: float, events: float, final_z: float
) -> float:
    """Critical value of the ordinary statistic after a change of the events, at the same size."""
    rest = final_z * np.sqrt(planned) - z * np.sqrt(seen)
    stretch = np.sqrt((events - seen) / (planned - seen))
    return float((stretch * rest + z * np.sqrt(seen)) / np.sqrt(events))


def weighted_final_statistic(
    z: float, second_stage_z: float, *, seen: float, planned: float
) -> float:
    """Cui, Hung and Wang's statistic: both stages with their planned weights."""
    t = seen / planned
    return float(np.sqrt(t) * z + np.sqrt(1 - t) * second_stage_z)


def _trend_power(z: float, seen: float, planned: float, events: float, final_z: float) -> float:
    critical = adjusted_final_z(z, seen=seen, planned=planned, events=events, final_z=final_z)
    t = seen / events
    return conditional_power(z, fraction=t, final_z=critical, drift=z / np.sqrt(t))


def _needed(z: float, seen: float, planned: float, rule: ZoneRule, final_z: float) -> float:
    """Events with the target conditional power at the trend, between planned and most.

    Notes         n1 / z^2 ((final_z sqrt(n) - z sqrt(n1)) / sqrt(n - n1) + z_target)^2 + n1
    """
    rest = (final_z * np.sqrt(planned) - z * np.sqrt(seen)) / np.sqrt(planned - seen)
    wanted = seen / z**2 * (rest + float(ndtri(rule.target))) ** 2 + seen
    return float(min(max(wanted, planned), rule.most))
