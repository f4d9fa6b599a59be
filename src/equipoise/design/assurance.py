# SPDX-License-Identifier: Apache-2.0
"""The chance that a planned trial succeeds, averaged over what an earlier trial left in doubt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from equipoise.design.array import FloatArray
from equipoise.design.boundaries import Bounds, operating
from equipoise.errors import Fault, MethodError

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(64)


@dataclass(frozen=True, slots=True)
class EffectPrior:
    """What is believed of the log hazard ratio: normal, `mean` and `sd`; below 0 is benefit."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Assurance:
    """`success` unconditional probability; `by_look` (K,) of first crossing there; `power` at the
    prior's mean, beside which assurance belongs.
    """

    success: float
    by_look: FloatArray
    power: float


def prior_from_hazard_ratio(
    hazard_ratio: float, *, low: float, high: float, level: float, discount: float
) -> EffectPrior:
    """A prior from a published hazard ratio and its interval.

    Parameters    low, high : float - confidence interval of the hazard ratio
                  level     : float - its confidence
                  discount  : float - share of the earlier trial's information that counts, 0 to 1:
                              1 takes the two trials to ask the same question
    Returns       EffectPrior - centred at the logarithm of the estimate
    Raises        MethodError - the interval does not hold the estimate, or discount is not a share
    Notes         sd = ln(high / low) / (2 z) / sqrt(discount)
    Source: O'Hagan, Stevens and Campbell (2005) Pharmaceutical Statistics 4:187-201.
    """
    return EffectPrior(
        float(np.log(hazard_ratio)), _spread(hazard_ratio, low, high, level, discount)
    )


def prior_from_median(
    median: float,
    *,
    low: float,
    high: float,
    level: float,
    discount: float,
    control_median: float,
) -> EffectPrior:
    """A prior from the median of a single-arm trial, against an assumed control median.

    Notes         exponential times: ln HR = ln(control median / median); the control median is
                  taken as known, which makes the prior narrower than the truth.
    """
    spread = _spread(median, low, high, level, discount)
    return EffectPrior(float(np.log(control_median / median)), spread)


def assurance(bounds: Bounds, *, prior: EffectPrior, events: float, share: float) -> Assurance:
    """The chance of crossing an efficacy bound, averaged over the prior.

    Parameters    events : float - at the last look
                  share  : float - share of the patients in the experimental arm
    Notes         integral of power at drift -ln HR sqrt(q (1 - q) events), 64 Gauss-Hermite nodes
    Source: Spiegelhalter, Freedman and Blackburn (1986); O'Hagan et al. (2005) eq. 1.
    Proof: tests/reference/test_design_oracle.py, kind `assurance`
    """
    root = np.sqrt(share * (1 - share) * events)
    weights = _WEIGHTS / _WEIGHTS.sum()
    by_look = np.zeros(len(bounds.fraction))
    for node, weight in zip(_NODES, weights, strict=True):
        if weight < 1e-14:
            continue
        drift = float(-(prior.mean + prior.sd * node) * root)
        by_look += weight * operating(bounds, drift=drift).cross_upper
    at_mean = operating(bounds, drift=float(-prior.mean * root)).power
    return Assurance(float(by_look.sum()), by_look, at_mean)


def _spread(estimate: float, low: float, high: float, level: float, discount: float) -> float:
    if not (0 < low < estimate < high and 0 < discount <= 1):
        raise MethodError(
            Fault(
                what=f"estimate {estimate:g} with interval ({low:g}, {high:g}) and discount "
                f"{discount:g} make no prior",
                where="prior from an earlier trial",
                mend="the interval holds the estimate, all above 0; discount is in (0, 1]",
            )
        )
    z = float(-ndtri((1 - level) / 2))
    return float(np.log(high / low) / (2 * z) / np.sqrt(discount))
