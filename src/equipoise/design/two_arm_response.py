# SPDX-License-Identifier: Apache-2.0
"""Exact power of three tests of two response rates, and the patients they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, ndtri

from equipoise.design.array import BoolArray, FloatArray
from equipoise.errors import Fault, MethodError

Region = Callable[[int, int, float], BoolArray]
"""Patients control, experimental and one-sided alpha -> rejected (n0 + 1, n1 + 1) by responses."""


@dataclass(frozen=True, slots=True)
class ResponseSize:
    """`control` and `experimental` patients; `power` there; `size`, the largest at equal rates."""

    control: int
    experimental: int
    power: float
    size: float


def pearson_region(control: int, experimental: int, alpha: float) -> BoolArray:
    """Where the chi-square test without correction, one-sided, rejects for the experimental arm.

    Notes         z = (p1 - p0) / sqrt(p (1 - p) (1/n0 + 1/n1)), p pooled; 0 where p is 0 or 1
    """
    return _score_z(control, experimental, 1.0) >= -ndtri(alpha) - 1e-12


def miettinen_nurminen_region(control: int, experimental: int, alpha: float) -> BoolArray:
    """Where the score test of Miettinen and Nurminen of equal rates rejects.

    Notes         as the chi-square test with the variance times N / (N - 1); for the difference 0
                  the restricted estimate is the pooled rate
    Source: Miettinen and Nurminen (1985) Statistics in Medicine 4:213-226, eq. 6-8.
    """
    total = control + experimental
    return _score_z(control, experimental, total / (total - 1)) >= -ndtri(alpha) - 1e-12


def fisher_region(control: int, experimental: int, alpha: float) -> BoolArray:
    """Where Fisher's exact test, one-sided, rejects for the experimental arm.

    Notes         P(X1 >= x1 | x0 + x1), hypergeometric
    """
    reject = np.zeros((control + 1, experimental + 1), dtype=bool)
    for m in range(control + experimental + 1):
        low, high = max(0, m - control), min(experimental, m)
        k = np.arange(low, high + 1)
        log_p = _log_choose(experimental, k) + _log_choose(control, m - k)
        p = np.exp(log_p - _log_choose(control + experimental, np.array([m])))
        tail = np.cumsum(p[::-1])[::-1]
        reject[m - k, k] = tail <= alpha * (1 + 1e-9)
    return reject


def power_of_region(reject: BoolArray, *, p0: float, p1: float) -> float:
    """Exact probability of rejecting at true rates p0 (control) and p1 (experimental)."""
    return float(_binomial(reject.shape[0] - 1, p0) @ reject @ _binomial(reject.shape[1] - 1, p1))


def largest_size(reject: BoolArray) -> float:
    """The highest probability of rejecting over 400 equal rates."""
    grid = np.linspace(0.0025, 0.9975, 400)
    return max(power_of_region(reject, p0=float(p), p1=float(p)) for p in grid)


def size_two_arm_response(
    region: Region,
    *,
    p0: float,
    p1: float,
    alpha: float,
    power: float,
    ratio: float = 1.0,
    largest: int = 1000,
) -> ResponseSize:
    """The smallest trial from which on the exact power holds for ten more patients per control arm.

    Parameters    region : `fisher_region`, `pearson_region` or `miettinen_nurminen_region`
                  alpha  : float - one-sided
                  ratio  : float - experimental patients per control patient
    Raises        MethodError - more than `largest` control patients would be needed
    Source: Casagrande, Pike and Smith (1978) Applied Statistics 27:176-180 for the exact power.
    """
    if not 0 <= p0 < p1 <= 1:
        raise MethodError(
            Fault(
                what=f"response rates {p0:g} and {p1:g} leave nothing to show",
                where="two-arm response design",
                mend="the experimental rate has to exceed the control rate",
            )
        )
    start = max(int(0.6 * _normal_size(p0, p1, alpha, power, ratio)), 3)
    held, first = 0, 0
    for n0 in range(start, largest + 1):
        reached = _power(region, n0, ratio, alpha, p0, p1)
        held = held + 1 if reached >= power else 0
        first = n0 if held == 1 else first
        if held == 10:
            break
    else:
        raise MethodError(
            Fault(
                what=f"more than {largest} control patients would be needed",
                where="two-arm response design",
                mend=f"the normal approximation asks for about {start / 0.6:.0f} per arm",
            )
        )
    reject = region(first, _other(first, ratio), alpha)
    return ResponseSize(
        first,
        _other(first, ratio),
        power_of_region(reject, p0=p0, p1=p1),
        largest_size(reject),
    )


def _power(region: Region, n0: int, ratio: float, alpha: float, p0: float, p1: float) -> float:
    return power_of_region(region(n0, _other(n0, ratio), alpha), p0=p0, p1=p1)


def _other(control: int, ratio: float) -> int:
    return int(np.ceil(control * ratio - 1e-9))


def _normal_size(p0: float, p1: float, alpha: float, power: float, ratio: float) -> float:
    """Control patients by the normal approximation, where the search begins."""
    variance = p0 * (1 - p0) + p1 * (1 - p1) / ratio
    return float((-ndtri(alpha) + ndtri(power)) ** 2 * variance / (p1 - p0) ** 2)


def _score_z(control: int, experimental: int, inflation: float) -> FloatArray:
    x0, x1 = _tables(control, experimental)
    pooled = (x0 + x1) / (control + experimental)
    variance = pooled * (1 - pooled) * (1 / control + 1 / experimental) * inflation
    apart = x1 / experimental - x0 / control
    return np.asarray(
        np.divide(apart, np.sqrt(variance), out=np.zeros(apart.shape), where=variance > 0)
    )


def _tables(control: int, experimental: int) -> tuple[FloatArray, FloatArray]:
    x0, x1 = np.meshgrid(np.arange(control + 1.0), np.arange(experimental + 1.0), indexing="ij")
    return x0, x1


def _log_choose(n: int, k: npt.NDArray[Any]) -> FloatArray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _binomial(n: int, p: float) -> FloatArray:
    k = np.arange(n + 1.0)
    if p in (0.0, 1.0):
        return np.asarray((k == n * p).astype(np.float64))
    return np.asarray(np.exp(_log_choose(n, k) + k * np.log(p) + (n - k) * np.log1p(-p)))
