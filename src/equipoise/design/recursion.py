# SPDX-License-Identifier: Apache-2.0
"""Crossing probabilities of a group-sequential test by recursive numerical integration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from equipoise.design.array import FloatArray, floats
from equipoise.errors import Fault, MethodError

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_REACH = 8.5  # standard deviations beyond which the density of Z is taken as zero
_PANEL = 3.5  # width of one 16-point panel, in units of the finest scale of the integrand


@dataclass(frozen=True, slots=True)
class Walk:
    """The canonical joint distribution of the test statistics Z_1, ..., Z_K.

    The score Z_k sqrt(I_k) has independent normal increments with variance I_k - I_(k-1).
    `mean` (K,) is E(Z_k) given the start, positive in favour of the experimental arm; `information`
    (K,) is I_k, in any unit; `start` and `start_score` are the information and the score known
    before the first look, both usually 0; `scale` (K,) is the finest scale, on Z, of what is
    integrated at look k.
    """

    mean: FloatArray
    information: FloatArray
    start: float
    start_score: float
    scale: FloatArray


@dataclass(frozen=True, slots=True)
class State:
    """The score of trials that went on so far, as quadrature nodes with their probability mass."""

    score: FloatArray
    mass: FloatArray


@dataclass(frozen=True, slots=True)
class Crossing:
    """Probabilities of stopping at each look.

    `upper` (K,) and `lower` (K,): first crossing of the upper (efficacy) and lower (futility) bound
    at look k. At the last look, what crosses neither is `1 - sum`.
    """

    upper: FloatArray
    lower: FloatArray


def make_walk(
    mean: npt.ArrayLike,
    information: npt.ArrayLike,
    *,
    start: float = 0.0,
    start_score: float = 0.0,
) -> Walk:
    """The walk of Z over the looks.

    Parameters    mean        : (K,) or () float - E(Z_k) given the start
                  information : (K,) float - increasing, greater than `start`
                  start       : float - information at which the walk begins
                  start_score : float - score Z sqrt(I) at which it begins
    Raises        MethodError - information does not increase
    """
    info = floats(information)
    step = np.diff(info, prepend=start)
    if np.any(step <= 0) or not np.all(np.isfinite(info)):
        raise MethodError(
            Fault(
                what="information must increase from look to look",
                where=f"information {np.array2string(info, precision=4)}",
                mend="order the looks, and drop one that adds no events",
            )
        )
    incoming = np.sqrt(step / info)
    outgoing = np.append(np.sqrt(step[1:] / info[:-1]), np.inf)
    scale = 1 / np.hypot(1 / incoming, 1 / outgoing)
    means = np.broadcast_to(floats(mean), info.shape).astype(np.float64)
    return Walk(means, info, start, start_score, scale)


def begin(walk: Walk) -> State:
    """All trials at the start of the walk."""
    return State(np.array([walk.start_score]), np.ones(1))


def look_ahead(walk: Walk, look: int, state: State) -> tuple[FloatArray, float]:
    """Conditional mean (n,) and standard deviation of Z at `look`, given the score one look ago."""
    root = np.sqrt(walk.information[look])
    before = walk.information[look - 1] if look else walk.start
    expected = walk.mean[look - 1] * np.sqrt(before) if look else walk.start_score
    mean = (state.score + walk.mean[look] * root - expected) / root
    return mean, float(np.sqrt(walk.information[look] - before) / root)


def mass_above(walk: Walk, look: int, state: State, bound: float) -> float:
    """P(no stop before `look`, Z_look >= bound)."""
    mean, sd = look_ahead(walk, look, state)
    return float(state.mass @ ndtr((mean - bound) / sd))


def mass_below(walk: Walk, look: int, state: State, bound: float) -> float:
    """P(no stop before `look`, Z_look < bound)."""
    mean, sd = look_ahead(walk, look, state)
    return float(state.mass @ ndtr((bound - mean) / sd))


def density_at(walk: Walk, look: int, state: State, z: npt.ArrayLike) -> FloatArray:
    """Sub-density of Z at `look` among trials that did not stop before it; z (m,), result (m,)."""
    mean, sd = look_ahead(walk, look, state)
    deviation = (floats(z)[:, None] - mean) / sd
    kernel = np.exp(-0.5 * deviation * deviation)
    return np.asarray(kernel @ state.mass / (sd * np.sqrt(2 * np.pi)), dtype=np.float64)


def carry_on(walk: Walk, look: int, state: State, lower: float, upper: float) -> State:
    """The trials that go on after `look`: Z between the two bounds.

    Notes         eq. 19.7 of the source; Gauss-Legendre panels as wide as the integrand allows
                  instead of the Simpson grid of eq. 19.11, exact to about 1e-8.
    """
    mean, sd = look_ahead(walk, look, state)
    low = max(lower, walk.mean[look] - _REACH, mean.min(initial=np.inf) - _REACH * sd)
    high = min(upper, walk.mean[look] + _REACH, mean.max(initial=-np.inf) + _REACH * sd)
    if not high > low:
        return State(np.zeros(0), np.zeros(0))
    panels = int(np.ceil((high - low) / (_PANEL * walk.scale[look])))
    edges = np.linspace(low, high, panels + 1)
    half = (edges[1] - edges[0]) / 2
    z = ((edges[:-1] + half)[:, None] + half * _NODES).ravel()
    mass = density_at(walk, look, state, z) * np.tile(half * _WEIGHTS, panels)
    return State(z * np.sqrt(walk.information[look]), mass)


def crossing_probabilities(walk: Walk, *, upper: npt.ArrayLike, lower: npt.ArrayLike) -> Crossing:
    """How probable it is that each bound is the first to be crossed, look by look.

    Parameters    upper, lower : (K,) float - Z scale; inf and -inf where there is no bound
    Returns       Crossing - (K,) probabilities
    Source: Jennison and Turnbull (2000), section 19.2; Armitage, McPherson and Rowe (1969).
    Proof: tests/reference/design_group_sequential.yaml
    """
    top, bottom = floats(upper), floats(lower)
    looks = len(walk.information)
    state = begin(walk)
    above, below = np.zeros(looks), np.zeros(looks)
    for look in range(looks):
        above[look] = mass_above(walk, look, state, top[look])
        below[look] = mass_below(walk, look, state, bottom[look])
        if look < looks - 1:
            state = carry_on(walk, look, state, bottom[look], top[look])
    return Crossing(above, below)
