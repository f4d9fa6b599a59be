# SPDX-License-Identifier: Apache-2.0
"""Estimate, interval and p-value after a group-sequential trial stopped, by stage-wise ordering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from equipoise.design.array import FloatArray, floats
from equipoise.design.recursion import crossing_probabilities, make_walk
from equipoise.design.root import find_root
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class StoppedEstimate:
    """What may be said of theta after stopping; theta = -log hazard ratio with I = events q (1-q).

    `p` one-sided, adjusted for the looks; `median_unbiased` estimate; `low`, `high` its interval;
    `naive` estimate z / sqrt(I), which overstates the effect after an early stop.
    """

    p: float
    median_unbiased: float
    low: float
    high: float
    naive: float


def stagewise_estimate(
    information: npt.ArrayLike,
    z: float,
    *,
    upper: npt.ArrayLike,
    lower: npt.ArrayLike,
    level: float,
) -> StoppedEstimate:
    """Inference at the look where the trial stopped.

    Parameters    information : (k,) float - of the looks held, the last is where it stopped
                  z           : float - the statistic there, positive favours the experimental arm
                  upper,lower : (k-1,) or (k,) float - bounds of the looks before; k-th unused
                  level       : float - confidence, two-sided
    Returns       StoppedEstimate
    Raises        MethodError - there are not as many bounds as looks before the stop
    Notes         Outcomes are ordered by look, earlier crossing of the upper bound being more
                  extreme, then by z: p(theta) = P_theta(crossed before) + P_theta(reach k, Z >= z).
    Source: Tsiatis, Rosner and Mehta (1984) Biometrics 40:797-803; Jennison and Turnbull (2000)
            sections 8.4 and 8.5.
    Proof: tests/reference/design_group_sequential.yaml, `after_three_looks`
    """
    info = floats(information)
    top, bottom = _before(upper, len(info)), _before(lower, len(info))

    def tail(theta: float) -> float:
        walk = make_walk(theta * np.sqrt(info), info)
        crossed = crossing_probabilities(
            walk, upper=np.append(top, z), lower=np.append(bottom, -np.inf)
        )
        return float(crossed.upper.sum())

    unit = 1 / np.sqrt(info[-1])
    naive = float(z * unit)
    out = (1 - level) / 2

    def theta_at(probability: float) -> float:
        width = 4 - float(ndtri(out)) * 2
        return find_root(
            lambda theta: tail(theta) - probability,
            naive - width * unit * 2,
            naive + width * unit,
            what="the effect with this tail probability",
            tolerance=1e-10,
        )

    return StoppedEstimate(tail(0.0), theta_at(0.5), theta_at(out), theta_at(1 - out), naive)


def repeated_interval(
    information: npt.ArrayLike, z: npt.ArrayLike, *, two_sided_bound: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Repeated confidence intervals for theta, valid at every look whatever is decided.

    Parameters    two_sided_bound : (K,) float - c_k of a two-sided design at 1 - level
    Returns       low, high, (K,) float: (z -/+ c) / sqrt(I)
    Source: Jennison and Turnbull (2000) section 9.1.
    """
    root = np.sqrt(floats(information))
    statistic, bound = floats(z), floats(two_sided_bound)
    return (statistic - bound) / root, (statistic + bound) / root


def _before(bound: npt.ArrayLike, looks: int) -> FloatArray:
    values = np.asarray(bound, dtype=np.float64).ravel()
    if len(values) not in (looks - 1, looks):
        raise MethodError(
            Fault(
                what=f"{len(values)} bounds for {looks} looks",
                where="stage-wise ordering",
                mend="give the bound of every look before the one at which the trial stopped",
            )
        )
    return values[: looks - 1]
