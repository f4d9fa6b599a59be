# SPDX-License-Identifier: Apache-2.0
"""The chance of success from where the trial stands: conditional and predictive power."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from equipoise.design.array import FloatArray, floats
from equipoise.design.recursion import crossing_probabilities, make_walk

_HERMITE, _HERMITE_WEIGHTS = np.polynomial.hermite_e.hermegauss(48)


def conditional_crossing(
    z: float,
    *,
    information: float,
    future: npt.ArrayLike,
    upper: npt.ArrayLike,
    lower: npt.ArrayLike,
    theta: float,
) -> FloatArray:
    """Probability of first crossing the upper bound at each look still to come.

    Parameters    z           : float - the statistic now
                  information : float - reached now
                  future      : (m,) float - information of the looks to come
                  upper,lower : (m,) float - their bounds; lower -inf where futility is not used
                  theta       : float - effect per unit of sqrt(information): E(Z) = theta sqrt(I)
    Returns       (m,) float; their sum is the conditional power
    Source: Jennison and Turnbull (2000) section 10.2; Lan, Simon and Halperin (1982).
    Proof: tests/reference/design_adaptive.yaml
    """
    ahead = floats(future)
    score = z * np.sqrt(information)
    mean = (score + theta * (ahead - information)) / np.sqrt(ahead)
    walk = make_walk(mean, ahead, start=information, start_score=score)
    return crossing_probabilities(walk, upper=upper, lower=lower).upper


def conditional_power(z: float, *, fraction: float, final_z: float, drift: float) -> float:
    """Conditional power of a trial with one look to come, in closed form.

    Parameters    z        : float - the statistic at information fraction `fraction`
                  final_z  : float - critical value at the end
                  drift    : float - theta sqrt(I_max); z / sqrt(fraction) for the current trend
    Notes         Phi((z sqrt(t) + drift (1 - t) - final_z) / sqrt(1 - t))
    Source: Jennison and Turnbull (2000) eq. 10.3.
    """
    t = fraction
    return float(ndtr((z * np.sqrt(t) + drift * (1 - t) - final_z) / np.sqrt(1 - t)))


def predictive_power(z: float, *, fraction: float, final_z: float) -> float:
    """Conditional power averaged over the effect given the data, flat prior, one look to come.

    Notes         Phi((z - final_z sqrt(t)) / sqrt(1 - t))
    Source: Jennison and Turnbull (2000) eq. 10.5; Spiegelhalter, Freedman and Blackburn (1986).
    """
    t = fraction
    return float(ndtr((z - final_z * np.sqrt(t)) / np.sqrt(1 - t)))


def predictive_crossing(
    z: float,
    *,
    information: float,
    future: npt.ArrayLike,
    upper: npt.ArrayLike,
    lower: npt.ArrayLike,
    prior_mean: float,
    prior_information: float,
) -> FloatArray:
    """Probability of first crossing at each look to come, averaged over what is known of theta.

    Parameters    prior_mean, prior_information : float - normal prior of theta from outside the
                  trial; information 0 is the flat prior
                  others as `conditional_crossing`
    Returns       (m,) float; their sum is the predictive power
    Notes         posterior theta ~ N((I z/sqrt(I) + I0 m0) / (I + I0), 1 / (I + I0)), integrated by
                  48 Gauss-Hermite nodes
    """
    total = information + prior_information
    centre = (z * np.sqrt(information) + prior_information * prior_mean) / total
    share = _HERMITE_WEIGHTS / _HERMITE_WEIGHTS.sum()
    crossings = [
        conditional_crossing(
            z,
            information=information,
            future=future,
            upper=upper,
            lower=lower,
            theta=float(centre + node / np.sqrt(total)),
        )
        for node in _HERMITE
    ]
    return np.asarray(share @ np.array(crossings))


@dataclass(frozen=True, slots=True)
class Promise:
    """Chance of success from here: conditional power at the current `trend` and at the `planned`
    effect, and the `predictive` power over both doubts.
    """

    trend: float
    planned: float
    predictive: float


def promise_of_rest(
    z: float,
    *,
    information: float,
    future: npt.ArrayLike,
    upper: npt.ArrayLike,
    planned_theta: float,
) -> Promise:
    """What the looks to come promise, futility bounds left aside; arguments as above."""
    none = np.full(len(floats(future)), -np.inf)

    def given(theta: float) -> float:
        crossed = conditional_crossing(
            z, information=information, future=future, upper=upper, lower=none, theta=theta
        )
        return float(crossed.sum())

    averaged = predictive_crossing(
        z,
        information=information,
        future=future,
        upper=upper,
        lower=none,
        prior_mean=0.0,
        prior_information=0.0,
    )
    return Promise(
        given(z / float(np.sqrt(information))), given(planned_theta), float(averaged.sum())
    )
