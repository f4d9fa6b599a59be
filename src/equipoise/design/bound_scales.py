# SPDX-License-Identifier: Apache-2.0
"""The same bound on the scales people speak of: Z, p, hazard ratio, B-value, score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from equipoise.design.array import FloatArray, floats


@dataclass(frozen=True, slots=True)
class Scales:
    """One bound at each look, (K,) each.

    `z`; `p` one-sided nominal; `hazard_ratio` at which the log-rank test just crosses (below 1
    favours the experimental arm); `b_value` z sqrt(t); `score` z sqrt(I) with I = events q (1 - q).
    """

    z: FloatArray
    p: FloatArray
    hazard_ratio: FloatArray
    b_value: FloatArray
    score: FloatArray


def compute_scales(
    z: npt.ArrayLike, *, events: npt.ArrayLike, share: float, null_ratio: float = 1.0
) -> Scales:
    """A Z bound on every scale.

    Parameters    z      : (K,) float - positive in favour of the experimental arm
                  events : (K,) float - events at each look; the last is the plan's maximum
                  share  : float - share q of the patients in the experimental arm
                  null_ratio : float - hazard ratio of the null hypothesis
    Notes         HR = null_ratio exp(-z / sqrt(q (1 - q) events)), the log-rank approximation
    Source: Jennison and Turnbull (2000) section 13.2; Lan and Wittes (1988) for the B-value.
    Proof: tests/reference/design_group_sequential.yaml
    """
    bound, deaths = floats(z), floats(events)
    information = share * (1 - share) * deaths
    with np.errstate(invalid="ignore", over="ignore"):
        hazard_ratio = null_ratio * np.exp(-bound / np.sqrt(information))
        return Scales(
            z=bound,
            p=np.asarray(ndtr(-bound)),
            hazard_ratio=np.asarray(hazard_ratio),
            b_value=bound * np.sqrt(deaths / deaths[-1]),
            score=bound * np.sqrt(information),
        )
