# SPDX-License-Identifier: Apache-2.0
"""What a snapshot says beyond log-rank and Cox: RMST, MaxCombo, response. Readable, not fast.

The methods are those of `equipoise.statistics`. All are oriented like the log-rank Z: below 0
favours the experimental arm (events are bad, responses good).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from equipoise.errors import Fault, MethodError
from equipoise.operating.reference import Snapshot
from equipoise.statistics.kaplan_meier import kaplan_meier
from equipoise.statistics.max_combo import max_combo
from equipoise.statistics.normal import lower_p
from equipoise.statistics.rmst import Rmst, rmst
from equipoise.statistics.states import State
from equipoise.statistics.two_proportions import two_counts, wald_error


@dataclass(frozen=True, slots=True)
class Contrast:
    """An estimate and its error (None where the method has none), Z and one-sided p."""

    estimate: float | None
    se: float | None
    z: float
    p: float


def rmst_contrast(data: Snapshot, *, tau: float) -> Contrast:
    """Restricted mean survival time to `tau` months, control minus experimental.

    Raises        MethodError - when an arm is not followed to `tau`
    """
    control, experimental = (_rmst(data, arm, tau) for arm in (0, 1))
    difference = control.estimate - experimental.estimate
    se = math.hypot(control.std_err, experimental.std_err)
    return Contrast(difference, se, difference / se, lower_p(difference / se))


def _rmst(data: Snapshot, arm: int, tau: float) -> Rmst:
    own = data.arm == arm
    curve = kaplan_meier(data.time[own], data.event[own], conf_type="plain", conf_level=0.95)
    found = rmst(curve, tau=tau, beyond="not-estimable")
    if found.state is not State.OK:
        raise MethodError(
            Fault(
                what=f"No restricted mean to {tau} months on arm {arm}: {found.reason}.",
                where=f"data cut at {data.cut:.2f} months",
                mend="choose a smaller tau, or a later look.",
            )
        )
    return found


def maxcombo_contrast(data: Snapshot, *, weights: tuple[tuple[float, float], ...]) -> Contrast:
    """The most extreme of several Fleming-Harrington tests (rho, gamma), stratified."""
    found = max_combo(data.time, data.event, data.arm, weights=weights, stratum=data.stratum)
    return Contrast(None, None, float(np.min(found.z)), found.p_one_sided)


def response_contrast(data: Snapshot) -> Contrast:
    """Response rate, control minus experimental: unpooled standard error, pooled Z."""
    n = [int(np.sum(data.arm == arm)) for arm in (0, 1)]
    x = [int(np.sum(data.response[data.arm == arm])) for arm in (0, 1)]
    counts = two_counts(x[0], n[0], x[1], n[1])
    pooled = sum(x) / sum(n)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
    difference = counts.p1 - counts.p2
    z = difference / spread if spread > 0 else 0.0
    return Contrast(difference, wald_error(counts), z, lower_p(z))
