# SPDX-License-Identifier: Apache-2.0
"""Pointwise confidence limits of a survival probability on a transformed scale."""

from __future__ import annotations

import numpy as np

from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import Floats

CURVE_TRANSFORMS = ("plain", "log", "log-log", "logit", "arcsine")


def limits(
    survival: Floats, greenwood: Floats, *, conf_type: str, conf_level: float
) -> tuple[Floats, Floats]:
    """Lower and upper limits (m,) of survival (m,) with Greenwood's sum (m,), cut to [0, 1].

    With s = S, v = Greenwood's sum and z the normal quantile, the interval is g^-1(g(s) +- z se):
    plain s +- z s sqrt(v); log s exp(+-z sqrt(v)); log-log on log(-log s) with se sqrt(v)/|log s|;
    logit on log(s/(1-s)) with se sqrt(v)/(1-s); arcsine on asin(sqrt s) with se
    sqrt(v s/(1-s))/2.
    NaN where the standard error is not finite (survival 0) and, for log-log, logit and arcsine,
    where survival is 1: the transform has no value there. Plain and log give (1, 1) at 1.
    Source: Kalbfleisch & Prentice 2002, section 1.4; Borgan & Liestol, Scand J Stat 1990;17:35-41.
    """
    z = critical_value(conf_level)
    inner = (survival > 0.0) & np.isfinite(greenwood)
    if conf_type not in ("plain", "log"):
        inner &= survival < 1.0
    lower, upper = np.full(survival.size, np.nan), np.full(survival.size, np.nan)
    s, root = survival[inner], np.sqrt(greenwood[inner])
    lower[inner], upper[inner] = _TRANSFORMS[conf_type](s, z * root)
    return np.clip(lower, 0.0, 1.0), np.clip(upper, 0.0, 1.0)


def _plain(s: Floats, half: Floats) -> tuple[Floats, Floats]:
    return s - s * half, s + s * half


def _log(s: Floats, half: Floats) -> tuple[Floats, Floats]:
    return s * np.exp(-half), s * np.exp(half)


def _log_log(s: Floats, half: Floats) -> tuple[Floats, Floats]:
    log_s = np.log(s)
    factor = np.exp(half / -log_s)
    return np.exp(log_s * factor), np.exp(log_s / factor)


def _logit(s: Floats, half: Floats) -> tuple[Floats, Floats]:
    centre = np.log(s) - np.log1p(-s)
    width = half / (1.0 - s)
    return 1.0 / (1.0 + np.exp(-(centre - width))), 1.0 / (1.0 + np.exp(-(centre + width)))


def _arcsine(s: Floats, half: Floats) -> tuple[Floats, Floats]:
    centre = np.arcsin(np.sqrt(s))
    width = 0.5 * half * np.sqrt(s / (1.0 - s))
    low, high = np.maximum(centre - width, 0.0), np.minimum(centre + width, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


_TRANSFORMS = {
    "plain": _plain,
    "log": _log,
    "log-log": _log_log,
    "logit": _logit,
    "arcsine": _arcsine,
}
