# SPDX-License-Identifier: Apache-2.0
"""One arm against a historical survival curve: the one-sample log-rank test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from equipoise.design.array import FloatArray, floats
from equipoise.design.piecewise import (
    Accrual,
    Course,
    Rate,
    cumulative,
    expected_events,
    level_at,
    patients_by,
    times,
)
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class OneSampleSize:
    """`patients` and `events` needed; `expected_null` events the historical curve would bring."""

    patients: float
    events: float
    expected_null: float


def one_sample_logrank(
    time: npt.ArrayLike, event: npt.ArrayLike, *, historical: Rate
) -> tuple[float, float, float]:
    """Observed and expected events, and Z, positive when fewer died than history expects.

    Parameters    time       : (n,) float - months
                  event      : (n,) int - 1 event, 0 censored
                  historical : Rate - hazard of the historical curve
    Notes         Z = (E - O) / sqrt((O + E) / 2), E the sum of historical cumulative hazards; the
                  mean of O and E under the root corrects the skewness of E alone.
    Source: Breslow (1975) International Statistical Review 43:45-58; Wu (2014) Pharmaceutical
            Statistics 13:26-33 for the variance.
    """
    observed = float(floats(event).sum())
    expected = float(cumulative(historical, time).sum())
    return observed, expected, (expected - observed) / float(np.sqrt((observed + expected) / 2))


def power_one_sample_logrank(
    accrual: Accrual,
    *,
    historical: Rate,
    dropout: Rate,
    hazard_ratio: float,
    month: float,
    alpha: float,
) -> float:
    """Power of the test read at `month`.

    Notes         per patient O is the event indicator, E the historical cumulative hazard at the
                  end of follow-up; with h = HR x historical, E(O) = HR x E(E), so the drift is
                  (v0 - v1) sqrt(n) / sqrt((v0 + v1) / 2), v1 = E(O), v0 = v1 / HR; the variance of
                  E - O under the alternative follows from the martingale of O - HR E.
    Source: Wu (2015) Pharmaceutical Statistics 14:118-125, eq. 2-5, his sigma terms.
    Proof: tests/property/test_design_simulated_response.py, simulation
    """
    n, v1, v0, variance = _moments(accrual, historical, dropout, hazard_ratio, month)
    scale = float(np.sqrt((v0 + v1) / 2))
    z = float(-ndtri(alpha))
    return float(ndtr(((v0 - v1) * np.sqrt(n) - z * scale) / np.sqrt(variance)))


def size_one_sample_logrank(
    accrual: Accrual,
    *,
    historical: Rate,
    dropout: Rate,
    hazard_ratio: float,
    month: float,
    alpha: float,
    power: float,
) -> OneSampleSize:
    """Patients needed, the calendar of accrual kept.

    Raises        MethodError - the hazard ratio is not below 1
    """
    if not 0 < hazard_ratio < 1:
        raise MethodError(
            Fault(
                what=f"a hazard ratio of {hazard_ratio:g} is no improvement on history",
                where="one-sample log-rank",
                mend="assume a hazard ratio between 0 and 1",
            )
        )
    _, v1, v0, variance = _moments(accrual, historical, dropout, hazard_ratio, month)
    top = -ndtri(alpha) * np.sqrt((v0 + v1) / 2) + ndtri(power) * np.sqrt(variance)
    n = float((top / (v0 - v1)) ** 2)
    return OneSampleSize(n, n * v1, n * v0)


def _moments(
    accrual: Accrual, historical: Rate, dropout: Rate, ratio: float, month: float
) -> tuple[float, float, float, float]:
    """Patients; per patient E(O), E(E) and var(E - O) under the alternative."""
    n = float(patients_by(accrual, month)[0])
    course = Course(times(historical, ratio), dropout)
    v1 = float(expected_events(course, accrual, month)[0]) / n
    v0 = v1 / ratio
    # E - O = (1 - HR) E - M with M = O - HR E a martingale: var M = v1
    grid, weight = _follow_up(accrual, month)
    e1, e2, eo = _second_moments(course, historical, ratio, grid, weight)
    variance = v1 + (1 - ratio) ** 2 * (e2 - e1**2) - 2 * (1 - ratio) * (eo - ratio * e2)
    return n, v1, v0, variance


def _follow_up(accrual: Accrual, month: float) -> tuple[FloatArray, FloatArray]:
    """Quadrature nodes of the administrative follow-up month - entry, weights adding up to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(12)
    end = np.minimum(accrual.end, month)
    half = np.maximum(end - accrual.start, 0.0) / 2
    entry = (accrual.start + half)[:, None] + half[:, None] * nodes
    mass = (accrual.rate * half)[:, None] * weights
    return (month - entry).ravel(), (mass / mass.sum()).ravel()


def _second_moments(
    course: Course, historical: Rate, ratio: float, follow: FloatArray, weight: FloatArray
) -> tuple[float, float, float]:
    """E(E), E(E^2) and E(E O), E the historical cumulative hazard at the end of follow-up."""
    nodes, weights = np.polynomial.legendre.leggauss(48)
    u = follow[:, None] / 2 * (1 + nodes)
    mass = weight[:, None] * follow[:, None] / 2 * weights
    flat = u.ravel()
    at_risk = np.exp(-cumulative(course.event, flat) - cumulative(course.dropout, flat))
    base = cumulative(historical, flat)
    hazard = level_at(historical, flat)
    w = mass.ravel() * at_risk
    e1 = float((w * hazard).sum())
    e2 = float((w * 2 * base * hazard).sum())
    eo = float((w * base * hazard * ratio).sum())
    return e1, e2, eo
