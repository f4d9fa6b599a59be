# SPDX-License-Identifier: Apache-2.0
"""Exposure-adjusted incidence rates with exact Poisson intervals, differences and ratios."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, gammaincinv

from equipoise.statistics.normal import critical_value, two_sided_p
from equipoise.statistics.observations import check_probability, fail


@dataclass(frozen=True, slots=True)
class Rate:
    """Events per unit of exposure with limits; multiply by 100 for 100 patient-years."""

    events: int
    exposure: float
    estimate: float
    lower: float
    upper: float
    conf_level: float


def _check(events: int, exposure: float) -> None:
    if events < 0 or events != int(events) or not exposure > 0.0:
        raise fail(
            f"a rate needs a whole count and positive exposure; found {events} in {exposure}.",
            "arguments events, exposure",
            "report NA when nobody was exposed.",
        )


def poisson_rate(events: int, exposure: float, *, conf_level: float) -> Rate:
    """Events / exposure with the exact interval. Source: Garwood, Biometrika 1936;28:437-442."""
    _check(events, exposure)
    tail = (1 - check_probability("conf_level", conf_level)) / 2
    low = float(gammaincinv(events, tail)) if events > 0 else 0.0
    high = float(gammaincinv(events + 1, 1 - tail))
    return Rate(events, exposure, events / exposure, low / exposure, high / exposure, conf_level)


@dataclass(frozen=True, slots=True)
class RateComparison:
    """First arm against second: difference and ratio of rates with intervals and a Wald p.

    Positive differences and ratios above 1 mean more events in the first arm. p and the
    limits of the difference are NaN when neither arm has events.
    """

    difference: float
    difference_lower: float
    difference_upper: float
    ratio: float
    ratio_lower: float
    ratio_upper: float
    p: float
    conf_level: float


def compare_rates(
    events1: int, exposure1: float, events2: int, exposure2: float, *, conf_level: float
) -> RateComparison:
    """Wald difference of Poisson rates and the exact conditional interval of their ratio.

    Source: Sahai & Khurshid, Stat Med 1996; ratio by Clopper-Pearson on events1 of all events.
    """
    _check(events1, exposure1)
    _check(events2, exposure2)
    z, tail = critical_value(conf_level), (1 - conf_level) / 2
    r1, r2 = events1 / exposure1, events2 / exposure2
    error = float(np.sqrt(events1 / exposure1**2 + events2 / exposure2**2))
    difference, total = r1 - r2, events1 + events2
    low = float(betaincinv(events1, events2 + 1, tail)) if events1 else 0.0
    high = float(betaincinv(events1 + 1, events2, 1 - tail)) if events2 else 1.0
    scale = exposure2 / exposure1
    infinite, nan = float("inf"), float("nan")
    half = z * error if total else nan  # without events a Wald interval has no width
    ratio = r1 / r2 if events2 else (infinite if events1 else nan)
    return RateComparison(
        difference,
        difference - half,
        difference + half,
        ratio,
        scale * low / (1 - low),
        scale * high / (1 - high) if high < 1 else infinite,
        two_sided_p(difference / error) if total else nan,
        conf_level,
    )
