# SPDX-License-Identifier: Apache-2.0
"""Length of follow-up: reverse Kaplan-Meier quartiles and the observed range."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from equipoise.statistics.kaplan_meier import reverse_kaplan_meier
from equipoise.statistics.observations import as_times
from equipoise.statistics.quantile import Quantile, quantile


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Quartiles of potential follow-up and the range of observed times, unit of time."""

    q1: Quantile
    median: Quantile
    q3: Quantile
    shortest: float
    longest: float


def follow_up(
    time: ArrayLike, event: ArrayLike, *, conf_type: str, conf_level: float, plateau: str
) -> FollowUp:
    """Follow-up by reverse Kaplan-Meier; see `reverse_kaplan_meier` and `quantile`."""
    curve = reverse_kaplan_meier(time, event, conf_type=conf_type, conf_level=conf_level)
    q1, median, q3 = (quantile(curve, p, plateau=plateau) for p in (0.25, 0.5, 0.75))
    times = as_times(time)
    return FollowUp(q1, median, q3, float(times.min()), float(times.max()))
