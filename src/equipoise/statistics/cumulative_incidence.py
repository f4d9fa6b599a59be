# SPDX-License-Identifier: Apache-2.0
"""Cumulative incidence of competing events by Aalen and Johansen, with two variances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import Floats, Ints, as_times, check_choice, fail

INCIDENCE_LIMITS = ("log", "log-log")


@dataclass(frozen=True, slots=True)
class CumulativeIncidence:
    """Steps at each distinct time of any event, ascending.

    causes: codes 1..k as given; n_risk (m,); events (m, k); survival (m,) free of any event;
    incidence (m, k).
    """

    time: Floats
    causes: tuple[int, ...]
    n_risk: Ints
    events: Ints
    survival: Floats
    incidence: Floats
    times: Floats
    cause_of: Ints


@dataclass(frozen=True, slots=True)
class Incidence:
    """One cumulative incidence at one time; limits NaN while it is 0."""

    time: float
    estimate: float
    std_err: float
    lower: float
    upper: float


def as_causes(cause: ArrayLike, size: int) -> Ints:
    """Cause codes (n,): 0 censored, 1..k the events; MethodError otherwise."""
    array = np.asarray(cause)
    whole = array.astype(np.int64)
    if array.shape != (size,) or bool((whole != array).any()) or int(whole.min(initial=0)) < 0:
        raise fail(
            "`cause` must be one whole number per subject, 0 for censored.",
            "argument cause",
            "code the event of interest 1 and the competing event 2.",
        )
    return whole


def cumulative_incidence(time: ArrayLike, cause: ArrayLike) -> CumulativeIncidence:
    """Aalen-Johansen estimate of one group.

    Parameters    time : (n,) float; cause : (n,) int - 0 censored, 1..k causes
    Notes         F_k(t) = sum over t_j <= t of S(t_j-) d_kj / n_j.
    Source: Aalen & Johansen, Scand J Stat 1978;5:141-150; Kalbfleisch & Prentice 2002, eq. 8.9.
    """
    times = as_times(time)
    code = as_causes(cause, times.size)
    causes = tuple(int(k) for k in np.unique(code[code > 0]))
    at = np.unique(times[code > 0])
    n_risk = times.size - np.searchsorted(np.sort(times), at, side="left")
    place = np.searchsorted(at, times)
    events = np.zeros((at.size, len(causes)), np.int64)
    for column, k in enumerate(causes):
        events[:, column] = np.bincount(place[code == k], minlength=at.size)[: at.size]
    survival: Floats = np.cumprod(1.0 - events.sum(axis=1) / n_risk)
    before = np.concatenate([[1.0], survival[:-1]])
    incidence: Floats = np.cumsum(before[:, None] * events / n_risk[:, None], axis=0)
    return CumulativeIncidence(at, causes, n_risk, events, survival, incidence, times, code)


def _limits(f: float, error: float, conf_type: str, conf_level: float) -> tuple[float, float]:
    check_choice("conf_type", conf_type, INCIDENCE_LIMITS)
    z = critical_value(conf_level)
    if not (f > 0.0 and error > 0.0) or (conf_type == "log-log" and f >= 1.0):
        return float("nan"), float("nan")
    if conf_type == "log":
        return f * float(np.exp(-z * error / f)), min(1.0, f * float(np.exp(z * error / f)))
    power = float(np.exp(z * error / (f * np.log(f))))
    return f ** (1.0 / power), f**power


def incidence_aalen(
    curve: CumulativeIncidence, cause: int, time: float, *, conf_type: str, conf_level: float
) -> Incidence:
    """Cumulative incidence at `time` with Aalen's variance (SAS ERROR=AALEN).

    var = sum (F - F_j)^2 d / ((n-1)(n-d)) + sum S_(j-1)^2 d1 (n-d1) / (n^2 (n-1))
          - 2 sum (F - F_j) S_(j-1) d1 (n-d1) / (n (n-d)(n-1)), over t_j <= t.
    Source: Aalen, Ann Stat 1978;6:534-545, as in SAS/STAT LIFETEST, "Cumulative Incidence".
    """
    on = curve.time <= time
    column = _column(curve, cause)
    n, d1 = curve.n_risk[on].astype(float), curve.events[on, column].astype(float)
    d = curve.events[on].sum(axis=1).astype(float)
    if n.size == 0:
        return Incidence(time, 0.0, 0.0, float("nan"), float("nan"))
    f_j = curve.incidence[on, column]
    f = float(f_j[-1])
    before = np.concatenate([[1.0], curve.survival[on][:-1]])
    rest = f - f_j
    one, alive = np.maximum(n - 1.0, 1.0), np.maximum(n - d, 1.0)
    first = np.where(n > d, rest**2 * d / (one * alive), 0.0)
    second = before**2 * d1 * (n - d1) / (n**2 * one)
    third = np.where(n > d, rest * before * d1 * (n - d1) / (n * alive * one), 0.0)
    error = float(np.sqrt(max(float((first + second - 2.0 * third).sum()), 0.0)))
    return Incidence(time, f, error, *_limits(f, error, conf_type, conf_level))


def incidence_gray(
    curve: CumulativeIncidence, cause: int, time: float, *, conf_type: str, conf_level: float
) -> Incidence:
    """Cumulative incidence at `time` with the variance Gray's program gives (cmprsk).

    var = sum S_(j-1)^2 / n^2 [c_1 d_1 (1 - (F - F_j) / S_j)^2 + c_2 d_2 ((F - F_j) / S_j)^2] over
    t_j <= t, d_1 events of the cause and d_2 of all others, c = 1 - (d - 1) / (n - 1). Without
    ties it is Aalen's; with ties the events of a time do not cover one another.
    Source: Gray, Ann Stat 1988;16:1141-1154, section 2, with the tie factors of cmprsk 2.2.
    """
    on = curve.time <= time
    column = _column(curve, cause)
    n, own = curve.n_risk[on].astype(float), curve.events[on, column].astype(float)
    if n.size == 0:
        return Incidence(time, 0.0, 0.0, float("nan"), float("nan"))
    other = curve.events[on].sum(axis=1) - own
    after = curve.survival[on]
    before = np.concatenate([[1.0], after[:-1]])
    f_j = curve.incidence[on, column]
    f = float(f_j[-1])
    rest = np.divide(f - f_j, after, out=np.zeros(n.size), where=after > 0)
    one, many = np.maximum(n - 1.0, 1.0), np.maximum(n, 1.0)
    parts = own * (1.0 - np.maximum(own - 1.0, 0.0) / one) * (1.0 - rest) ** 2
    parts += other * (1.0 - np.maximum(other - 1.0, 0.0) / one) * rest**2
    error = float(np.sqrt(np.sum((before / many) ** 2 * parts)))
    return Incidence(time, f, error, *_limits(f, error, conf_type, conf_level))


def _column(curve: CumulativeIncidence, cause: int) -> int:
    if cause not in curve.causes:
        raise fail(
            f"no event of cause {cause} in this group; causes seen: {curve.causes or 'none'}.",
            "argument cause",
            "report its incidence as 0 without a standard error.",
        )
    return curve.causes.index(cause)


def state_probability(
    curve: CumulativeIncidence, cause: int, time: float, *, conf_type: str, conf_level: float
) -> Incidence:
    """Probability of state `cause` (0: no event yet) with the infinitesimal-jackknife error.

    The error is the root of the summed squares of each subject's influence on the estimate
    (R `survfit`). Source: Therneau & Grambsch 2000, section 2.2.3; R survival, vignette "compete".
    """
    died = np.array((_column(curve, cause),)) if cause else np.empty(0, int)
    n_at = curve.times.size
    effect: Floats = np.zeros((n_at, 2))  # influence on (survival, state)
    s, f = 1.0, (0.0 if cause else 1.0)
    for j in range(int(np.searchsorted(curve.time, time, side="right"))):
        n = float(curve.n_risk[j])
        at_risk = curve.times >= curve.time[j]
        here = at_risk & (curve.times == curve.time[j])
        own = here & (curve.cause_of == cause) if cause else np.zeros(n_at, bool)
        anything = (here & (curve.cause_of > 0)).astype(float)
        all_rate = float(curve.events[j].sum()) / n
        rate = float(curve.events[j, died].sum()) / n
        effect[:, 1] += effect[:, 0] * rate + s * (own - at_risk * rate) / n
        effect[:, 0] = effect[:, 0] * (1.0 - all_rate) - s * (anything - at_risk * all_rate) / n
        f += s * rate
        s *= 1.0 - all_rate
    value = f if cause else s
    error = float(np.sqrt(np.sum(effect[:, 1 if cause else 0] ** 2)))
    return Incidence(time, value, error, *_limits(value, error, conf_type, conf_level))
