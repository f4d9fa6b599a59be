# SPDX-License-Identifier: Apache-2.0
"""Several arms against one control: Dunnett's test, in one or more stages, and after selection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from equipoise.design.array import FloatArray, floats
from equipoise.design.combination import inverse_normal_z
from equipoise.design.root import find_root
from equipoise.errors import Fault, MethodError

# quadrature nodes per dimension by number of stages: fewer where there are more dimensions
_NODES = {stages: np.polynomial.legendre.leggauss(n) for stages, n in ((1, 64), (2, 40), (3, 20))}
_FINE, _FINE_WEIGHTS = np.polynomial.legendre.leggauss(96)
_REACH = 6.5


@dataclass(frozen=True, slots=True)
class ManyArmBounds:
    """`upper` (K,) bound on every comparison's Z; `fraction` (K,) information; `arms` compared."""

    upper: FloatArray
    fraction: FloatArray
    arms: int


def dunnett_critical(*, arms: int, alpha: float, ratio: float = 1.0) -> float:
    """The one-sided critical value of the largest of several comparisons with one control.

    Parameters    arms  : int - experimental arms
                  ratio : float - patients of each experimental arm per control patient
    Source: Dunnett (1955) Journal of the American Statistical Association 50:1096-1121.
    Proof: tests/reference/test_design_oracle.py, kind `MAMS`
    """
    return find_root(
        lambda c: dunnett_p(c, arms=arms, ratio=ratio) - alpha,
        0.0,
        8.0,
        what="the critical value",
        tolerance=1e-10,
    )


def dunnett_p(largest: float, *, arms: int, ratio: float = 1.0) -> float:
    """P(max Z >= largest) under no effect in any of `arms`.

    Notes         Z_j = sqrt(1 - rho) X_j + sqrt(rho) Y, rho = ratio / (1 + ratio), X_j, Y
                  independent: 1 - int Phi((largest - sqrt(rho) y) / sqrt(1 - rho))^arms phi(y) dy
    """
    rho = ratio / (1 + ratio)
    y = _REACH * _FINE
    mass = _REACH * _FINE_WEIGHTS * np.exp(-0.5 * y * y) / np.sqrt(2 * np.pi)
    below = ndtr((largest - np.sqrt(rho) * y) / np.sqrt(1 - rho)) ** arms
    return float(mass.sum() - mass @ below)


def many_arm_bounds(
    fraction: npt.ArrayLike, *, arms: int, alpha: float, shape: float, ratio: float = 1.0
) -> ManyArmBounds:
    """Bounds of a multi-arm multi-stage trial that keep the family-wise error.

    Parameters    fraction : (K,) float - information fractions, K up to 3, the last 1
                  alpha    : float - one-sided, family-wise
                  shape    : float - of c t^(shape - 1/2): 0 O'Brien-Fleming, 1/2 Pocock
                  ratio    : float - patients of each experimental arm per control patient
    Raises        MethodError - more than three stages
    Source: Magirr, Jaki and Whitehead (2012) Biometrika 99:494-501, eq. 2.
    """
    t = floats(fraction)
    if len(t) > 3:
        raise MethodError(
            Fault(
                what=f"{len(t)} stages are too many for exact many-arm bounds",
                where="multi-arm multi-stage design",
                mend="plan at most three stages, or verify other bounds by simulation",
            )
        )
    form = t ** (shape - 0.5)
    constant = find_root(
        lambda c: _any_crossing(t, c * form, np.zeros(arms), ratio) - alpha,
        1.0,
        6.0,
        what="the constant of the bounds",
        tolerance=1e-9,
    )
    return ManyArmBounds(constant * form, t, arms)


def many_arm_power(bounds: ManyArmBounds, *, drifts: npt.ArrayLike, ratio: float = 1.0) -> float:
    """Probability that at least one arm crosses; drifts (arms,) are E(Z) at information 1."""
    return _any_crossing(bounds.fraction, bounds.upper, floats(drifts), ratio)


def _any_crossing(t: FloatArray, upper: FloatArray, drifts: FloatArray, ratio: float) -> float:
    """P(some arm crosses at some look): given the control's path the arms are independent."""
    rho = ratio / (1 + ratio)
    score, mass = _control_paths(t)
    z = score / np.sqrt(t)
    none = mass.copy()
    for drift in drifts:
        room = (upper - drift * np.sqrt(t) - np.sqrt(rho) * z) / np.sqrt(1 - rho)
        none = none * _stays_below(t, room)
    return float(mass.sum() - none.sum())


def _control_paths(t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Quadrature over a standard score process: nodes (m, K) with their probability mass (m,)."""
    nodes, weights = _NODES[len(t)]
    score, mass = np.zeros((1, 0)), np.ones(1)
    before = np.zeros(1)
    for step in np.diff(t, prepend=0.0):
        e = _REACH * nodes
        weight = _REACH * weights * np.exp(-0.5 * e * e) / np.sqrt(2 * np.pi)
        now = (before[:, None] + np.sqrt(step) * e).ravel()
        score = np.column_stack([np.repeat(score, len(e), axis=0), now])
        mass = np.outer(mass, weight).ravel()
        keep = mass > 1e-13
        score, mass, before = score[keep], mass[keep], now[keep]
    return score, mass


def _stays_below(t: FloatArray, room: FloatArray) -> FloatArray:
    """P(Z_k < room_k for all k) of a standard walk, for each row of room (m, K)."""
    nodes, weights = _NODES[len(t)]
    steps = np.diff(t, prepend=0.0)
    score, mass = np.zeros((len(room), 1)), np.ones((len(room), 1))
    for k in range(len(t) - 1):
        limit = (room[:, [k]] * np.sqrt(t[k]) - score) / np.sqrt(steps[k])
        half = (np.clip(limit, -_REACH, _REACH) + _REACH) / 2
        e = -_REACH + half[..., None] * (1 + nodes)
        weight = half[..., None] * weights * np.exp(-0.5 * e * e) / np.sqrt(2 * np.pi)
        mass = (mass[..., None] * weight).reshape(len(room), -1)
        score = (score[..., None] + np.sqrt(steps[k]) * e).reshape(len(room), -1)
    last = (room[:, [-1]] * np.sqrt(t[-1]) - score) / np.sqrt(steps[-1])
    return np.asarray((mass * ndtr(last)).sum(axis=1))


def selected_arm_z(
    first_z: npt.ArrayLike,
    second_p: float,
    *,
    selected: int,
    weights: Sequence[float],
    ratio: float = 1.0,
) -> float:
    """Z of the arm chosen at the interim look, by the closed test: compare with z_(1 - alpha).

    Parameters    first_z  : (arms,) float - first-stage comparisons with control
                  second_p : float - one-sided, second-stage patients, selected arm against control
                  selected : int - index of the arm taken on, by whatever rule
                  weights  : planned information of the two stages
    Returns       float - the smallest combined Z over all intersection hypotheses that hold the arm
    Notes         first stage Dunnett's p of the intersection, second stage p of the arm alone,
                  joined by the inverse normal combination
    Source: Bauer and Kieser (1999) Statistics in Medicine 18:1833-1848; Bretz et al. (2006).
    """
    z = floats(first_z)
    others = [j for j in range(len(z)) if j != selected]
    combined = []
    for size in range(len(others) + 1):
        for group in combinations(others, size):
            members = [selected, *group]
            p1 = dunnett_p(float(z[members].max()), arms=len(members), ratio=ratio)
            combined.append(float(inverse_normal_z([p1, second_p], weights=list(weights))[-1]))
    return min(combined)
