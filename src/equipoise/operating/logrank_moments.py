# SPDX-License-Identifier: Apache-2.0
"""Exact moments of the log-rank score U and its variance V in one stratum of a few patients.

Patients of an arm are independent and alike, so the numbers at risk (Y0, Y1) are a Markov chain.
Moments of what is still to come, given the numbers now, follow backwards from the end, where
nothing is to come. `y` below runs over all (m0 + 1, m1 + 1) pairs of numbers at risk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from equipoise.operating.compiling import part, whole
from equipoise.operating.plan import Floats

ORDERS = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (2, 1), (1, 2), (0, 3))
"""Powers (a, b) of U^a V^b whose means are carried, in the order that `shift` writes them."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Means of U and V, and their central moments: `UUV` is E (U - EU)^2 (V - EV)."""

    U: float
    V: float
    UU: float
    UV: float
    VV: float
    UUV: float
    UVV: float
    VVV: float

    def __add__(self, other: Moments) -> Moments:
        """Moments of sums of independent parts: central moments up to the third add."""
        return Moments(*(getattr(self, n) + getattr(other, n) for n in Moments.__slots__))


def moments_of_scans(size: tuple[int, int], *, followed: Floats, event: Floats) -> Moments:
    """Moments where events are known at K scans and tie there.

    Parameters    size     : patients of the control and the experimental arm
                  followed : (2, K) chance of being followed to the scan, event or not
                  event    : (2, K) chance of an event at the scan, given none before
    """
    to_come = _nothing(size)
    kept = np.append(followed[:, 1:] / followed[:, :-1], np.zeros((2, 1)), axis=1)
    for k in reversed(range(followed.shape[1])):
        thinned = _thin(to_come, size, kept[:, k])
        chances = [_binomials(n, q) for n, q in zip(size, event[:, k], strict=True)]
        to_come = np.zeros_like(thinned)
        add_scan(thinned, chances[0], chances[1], to_come)
    return _central(_thin(to_come, size, followed[:, 0])[:, -1, -1])


def moments_of_times(size: tuple[int, int], *, followed: Floats, hazard: Floats) -> Moments:
    """Moments where every event has a time of its own, over K short cells of time.

    Parameters    followed : (2, K) chance of being followed to the middle of the cell
                  hazard   : (2, K) cumulative hazard of an event over the cell
    Notes         Who leaves does so at an edge of a cell; the error is of order (cell length)^2.
                  Within a cell dM/dt = A M with constant A, solved by the series of exp(A).
    """
    to_come = _nothing(size)
    kept = np.append(followed[:, 1:] / followed[:, :-1], np.ones((2, 1)), axis=1)
    for k in reversed(range(followed.shape[1])):
        to_come = _thin(to_come, size, kept[:, k])
        step, n = to_come.copy(), 0
        while n < size[0] + size[1] and np.abs(step).max() > 1e-14:
            n += 1
            step = change_of_moments(step, hazard[:, k] / n)
            to_come += step
    return _central(_thin(to_come, size, followed[:, 0])[:, -1, -1])


@part
def add_shifted(
    to_come: Floats,
    left0: int,
    left1: int,
    u: float,
    v: float,
    weight: float,
    out: Floats,
    y0: int,
    y1: int,
) -> None:
    """Add to `out` at (y0, y1) `weight` times the moments of u + U and v + V, those at `left`."""
    n, mu, mv = to_come[0, left0, left1], to_come[1, left0, left1], to_come[2, left0, left1]
    muu, muv, mvv = to_come[3, left0, left1], to_come[4, left0, left1], to_come[5, left0, left1]
    muuv, muvv, mvvv = to_come[6, left0, left1], to_come[7, left0, left1], to_come[8, left0, left1]
    out[0, y0, y1] += weight * n
    out[1, y0, y1] += weight * (u * n + mu)
    out[2, y0, y1] += weight * (v * n + mv)
    uu = u * u * n + 2.0 * u * mu + muu
    vv = v * v * n + 2.0 * v * mv + mvv
    out[3, y0, y1] += weight * uu
    out[4, y0, y1] += weight * (u * v * n + u * mv + v * mu + muv)
    out[5, y0, y1] += weight * vv
    out[6, y0, y1] += weight * (v * uu + u * u * mv + 2.0 * u * muv + muuv)
    out[7, y0, y1] += weight * (u * vv + v * v * mu + 2.0 * v * muv + muvv)
    out[8, y0, y1] += weight * (v * vv + v * v * mv + 2.0 * v * mvv + mvvv)


@whole
def change_of_moments(to_come: Floats, hazard: Floats) -> Floats:
    """How fast the moments to come grow as time goes back, (orders, m0 + 1, m1 + 1).

    Notes         dM(y) = sum over arms of y_j h_j (M'(y - 1_j) - M(y)), M' the moments after an
                  event with its own u and v added
    """
    out = np.zeros_like(to_come)
    for y0 in range(to_come.shape[1]):
        for y1 in range(to_come.shape[2]):
            y = float(max(y0 + y1, 1))
            v = y0 * y1 / (y * y)
            for order in range(to_come.shape[0]):
                rate = y0 * hazard[0] + y1 * hazard[1]
                out[order, y0, y1] = -rate * to_come[order, y0, y1]
            if y0 > 0:
                add_shifted(to_come, y0 - 1, y1, y1 / y, v, y0 * hazard[0], out, y0, y1)
            if y1 > 0:
                add_shifted(to_come, y0, y1 - 1, -y0 / y, v, y1 * hazard[1], out, y0, y1)
    return out


@whole
def add_scan(to_come: Floats, chance0: Floats, chance1: Floats, out: Floats) -> None:
    """Add to `out` (orders, m0 + 1, m1 + 1) the moments before a scan from those after it.

    Parameters    to_come : the same shape, after the scan, by numbers left at risk
                  chance0, chance1 : (m + 1, m + 1) chance of d events among y at risk, [y, d]
    """
    for y0 in range(chance0.shape[0]):
        for y1 in range(chance1.shape[0]):
            y = float(max(y0 + y1, 1))
            for d0 in range(y0 + 1):
                for d1 in range(y1 + 1):
                    chance = chance0[y0, d0] * chance1[y1, d1]
                    if chance < 1e-16:
                        continue
                    d = d0 + d1
                    u = (y1 * d0 - y0 * d1) / y
                    v = y0 * y1 * d * (y - d) / (y * y * max(y - 1.0, 1.0))
                    add_shifted(to_come, y0 - d0, y1 - d1, u, v, chance, out, y0, y1)


def _nothing(size: tuple[int, int]) -> Floats:
    """Moments of nothing to come: 1 for the order (0, 0), 0 for the others."""
    empty = np.zeros((len(ORDERS), size[0] + 1, size[1] + 1))
    empty[0] = 1.0
    return empty


def _thin(to_come: Floats, size: tuple[int, int], kept: Floats) -> Floats:
    """Moments when each patient of either arm at risk stays so with the chance `kept` (2,)."""
    left, right = (_binomials(n, chance) for n, chance in zip(size, kept, strict=True))
    return np.asarray(left @ to_come @ right.T)


def _binomials(size: int, chance: float) -> Floats:
    """(size + 1, size + 1) chances of k among n, [n, k]."""
    n = np.arange(size + 1)
    return np.asarray(binom.pmf(n[None, :], n[:, None], chance))


def _central(raw: Floats) -> Moments:
    """Central moments from the raw ones, in the order of ORDERS."""
    _, u, v, uu, uv, vv, uuv, uvv, vvv = (float(x) for x in raw)
    return Moments(
        U=u,
        V=v,
        UU=uu - u * u,
        UV=uv - u * v,
        VV=vv - v * v,
        UUV=uuv - 2 * u * uv - v * uu + 2 * u * u * v,
        UVV=uvv - 2 * v * uv - u * vv + 2 * u * v * v,
        VVV=vvv - 3 * v * vv + 2 * v**3,
    )
