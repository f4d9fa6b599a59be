# SPDX-License-Identifier: Apache-2.0
"""The bound of a look that came at another information than planned, earlier bounds kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from equipoise.design.array import FloatArray, floats
from equipoise.design.boundaries import bound_above
from equipoise.design.recursion import begin, carry_on, make_walk
from equipoise.design.spending import Spending


@dataclass(frozen=True, slots=True)
class ObservedBounds:
    """Bounds of the looks held: `information`, `upper` (Z) and cumulative `alpha`, (k,) each."""

    information: FloatArray
    upper: FloatArray
    alpha: FloatArray


NO_LOOKS = ObservedBounds(np.zeros(0), np.zeros(0), np.zeros(0))


def next_interim_bound(
    held: ObservedBounds,
    information: float,
    *,
    planned: float,
    alpha: float,
    spending: Spending,
    lower: npt.ArrayLike = -np.inf,
) -> ObservedBounds:
    """The looks held so far and this one, which may be followed by others.

    Parameters    held        : bounds already used; they are never changed afterwards
                  information : float - observed now, in the unit of `planned` (events)
                  planned     : float - maximum information of the plan; beyond it all is spent
                  alpha       : float - one-sided, over all looks
                  spending    : the spending function of the plan
                  lower       : (k,) or () float - binding futility bounds of the looks held
    Source: Lan and DeMets (1989) Biometrics 45:1017-1020; Jennison and Turnbull (2000) 7.4.
    """
    spent = float(spending(information / planned, alpha)[0])
    before = float(held.alpha[-1]) if len(held.alpha) else 0.0
    return _append(held, information, max(spent, before), lower)


def next_final_bound(
    held: ObservedBounds, information: float, *, alpha: float, lower: npt.ArrayLike = -np.inf
) -> ObservedBounds:
    """The looks held so far and the last one, which spends whatever alpha is left.

    Notes         With less information than planned (underrunning) the bound is lower than planned,
                  with more (overrunning) it takes the true correlation into account.
    """
    return _append(held, information, alpha, lower)


def _append(
    held: ObservedBounds, information: float, spent: float, lower: npt.ArrayLike
) -> ObservedBounds:
    bottom = np.broadcast_to(floats(lower), held.upper.shape)
    looks = np.append(held.information, information)
    walk = make_walk(0.0, looks)
    state = begin(walk)
    for look, bound in enumerate(held.upper):
        state = carry_on(walk, look, state, float(bottom[look]), float(bound))
    before = float(held.alpha[-1]) if len(held.alpha) else 0.0
    bound = bound_above(walk, len(looks) - 1, state, spent - before)
    return ObservedBounds(looks, np.append(held.upper, bound), np.append(held.alpha, spent))


def bounds_at_observed(
    information: npt.ArrayLike, *, planned: float, alpha: float, spending: Spending
) -> ObservedBounds:
    """Bounds of a trial that has ended: interim looks by spending, the last one spends the rest."""
    looks = floats(information)
    held = NO_LOOKS
    for now in looks[:-1]:
        held = next_interim_bound(held, float(now), planned=planned, alpha=alpha, spending=spending)
    return next_final_bound(held, float(looks[-1]), alpha=alpha)
