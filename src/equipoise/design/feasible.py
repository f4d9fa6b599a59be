# SPDX-License-Identifier: Apache-2.0
"""The nearest plan that can be carried out, when the one asked for cannot."""

from __future__ import annotations

import numpy as np

from equipoise.design.boundaries import Bounds, drift_for_power, operating
from equipoise.design.two_arms import TwoArms, events_by, patients_in
from equipoise.errors import Fault, MethodError

_FOR_EVER = 1200.0  # months; by then whoever will have an event has had it


def check_reachable(
    trial: TwoArms,
    bounds: Bounds,
    *,
    events: int,
    hazard_ratio: float,
    margin: float,
    power: float | None,
) -> None:
    """Raises MethodError when these patients never bring that many events.

    Parameters    trial : TwoArms - with its patients, under the alternative
                  power : float or None - asked for; None where it was to be solved
    Notes         the fault names the patients that would do, and what the given ones can show
    """
    patients = float(patients_in(trial, np.inf)[0])
    most = int(np.floor(float(events_by(trial, _FOR_EVER)[0])))
    if events <= most:
        return
    needed = int(np.ceil(events * patients / float(events_by(trial, _FOR_EVER)[0]))) + 1
    root = float(np.sqrt(trial.share * (1 - trial.share) * most))
    reached = operating(bounds, drift=float(np.log(margin / hazard_ratio)) * root).power
    others = f"power {reached:.2f} for a hazard ratio of {hazard_ratio:.3g}"
    if power is not None:
        detectable = margin * np.exp(-drift_for_power(bounds, power=power) / root)
        others += f", or power {power:g} for a hazard ratio of {detectable:.3f}"
    raise MethodError(
        Fault(
            what=f"{events} events cannot come from {patients:.0f} patients, who bring at most "
            f"{most} however long they are followed",
            where="design: events and patients",
            mend=f"enter at least {needed} patients; with {patients:.0f} and {most} events the "
            f"trial has {others}",
        )
    )
