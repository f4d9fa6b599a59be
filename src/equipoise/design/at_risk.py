# SPDX-License-Identifier: Apache-2.0
"""Patients expected at risk over time since entry, as seen at one calendar month."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from equipoise.design.array import FloatArray, floats
from equipoise.design.piecewise import Course, level_at, patients_by, survival
from equipoise.design.two_arms import Stratum

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True, slots=True)
class AtRisk:
    """One stratum seen at a calendar month; (n,) arrays over quadrature nodes.

    `time` since entry, `weight` of the node in an integral over time; `control`, `experimental`
    expected numbers at risk; `control_hazard`, `experimental_hazard`; `survival_control`,
    `survival_experimental` of the event time.
    """

    time: FloatArray
    weight: FloatArray
    control: FloatArray
    experimental: FloatArray
    control_hazard: FloatArray
    experimental_hazard: FloatArray
    survival_control: FloatArray
    survival_experimental: FloatArray


def at_risk(stratum: Stratum, *, share: float, month: float, until: float = np.inf) -> AtRisk:
    """The stratum at `month`, time since entry up to `until`.

    Notes         Y(s) = share x patients entered by month - s x survival x no dropout; the panels
                  break wherever accrual or a hazard changes, so that all within is smooth.
    """
    end = min(month, until)
    breaks = _breaks(stratum, month, end)
    half = np.diff(breaks) / 2
    time = ((breaks[:-1] + half)[:, None] + half[:, None] * _NODES).ravel()
    weight = (half[:, None] * _WEIGHTS).ravel()
    entered = patients_by(stratum.accrual, month - time)
    c, e = stratum.control, stratum.experimental
    survival_c, survival_e = survival(c.event, time), survival(e.event, time)
    return AtRisk(
        time=time,
        weight=weight,
        control=(1 - share) * entered * survival_c * survival(c.dropout, time),
        experimental=share * entered * survival_e * survival(e.dropout, time),
        control_hazard=level_at(c.event, time),
        experimental_hazard=level_at(e.event, time),
        survival_control=survival_c,
        survival_experimental=survival_e,
    )


def _breaks(stratum: Stratum, month: float, end: float) -> FloatArray:
    courses: tuple[Course, ...] = (stratum.control, stratum.experimental)
    changes = [course.event.start for course in courses]
    changes += [course.dropout.start for course in courses]
    changes += [month - stratum.accrual.start, month - stratum.accrual.end]
    marks = np.concatenate([*changes, floats([0.0, end])])
    marks = np.unique(marks[(marks >= 0) & (marks <= end)])
    fastest = max(float(c.event.value.max() + c.dropout.value.max()) for c in courses)
    longest = min(1.0 / max(fastest, 1e-9), end / 4)  # one e-fold per panel at most
    pieces = [
        np.linspace(a, b, int(np.ceil((b - a) / longest)) + 1)[:-1]
        for a, b in pairwise(marks)
        if b - a > 1e-12
    ]
    return np.append(np.concatenate(pieces), end)
