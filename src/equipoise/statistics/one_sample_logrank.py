# SPDX-License-Identifier: Apache-2.0
"""One-sample log-rank test: observed events against those a reference curve predicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv

from equipoise.statistics.normal import critical_value, lower_p, two_sided_p
from equipoise.statistics.observations import as_events, as_times, fail
from equipoise.statistics.states import State


@dataclass(frozen=True, slots=True)
class OneSampleLogRank:
    """z = (O - E) / sqrt(E); negative means fewer events than the reference predicts.

    ratio O / E (standardised mortality) with its exact Poisson interval; p_one_sided small when
    the sample does better than the reference.
    """

    observed: int
    expected: float
    z: float
    p: float
    p_one_sided: float
    ratio: float
    lower: float
    upper: float
    state: State


def one_sample_logrank(
    event: ArrayLike, reference_hazard: ArrayLike, *, conf_level: float
) -> OneSampleLogRank:
    """Compare events with the reference cumulative hazard at each subject's time.

    Parameters    event : (n,) 0/1; reference_hazard : (n,) float >= 0 - H0 at the subject's time
    Notes         E = sum of H0(t_i); z = (O - E) / sqrt(E). With an exponential reference of
                  median m, H0(t) = t log 2 / m.
    Source: Breslow, Appl Stat 1975;24:291-300; Finkelstein et al., JNCI 2003;95:1434.
    """
    hazard = as_times(reference_hazard, name="reference_hazard")
    observed = int(as_events(event, hazard.size).sum())
    expected = float(hazard.sum())
    if expected <= 0.0:
        raise fail("the reference predicts no events.", "argument reference_hazard", "check it.")
    z = (observed - expected) / float(np.sqrt(expected))
    critical_value(conf_level)
    tail = (1 - conf_level) / 2
    low = float(gammaincinv(observed, tail)) / expected if observed else 0.0
    high = float(gammaincinv(observed + 1, 1 - tail)) / expected
    return OneSampleLogRank(
        observed, expected, z, two_sided_p(z), lower_p(z), observed / expected, low, high, State.OK
    )
