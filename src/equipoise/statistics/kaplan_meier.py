# SPDX-License-Identifier: Apache-2.0
"""Survival curve by Kaplan and Meier, its variance and its pointwise limits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.curve_limits import CURVE_TRANSFORMS, limits
from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import (
    Codes,
    Flags,
    Floats,
    Ints,
    as_codes,
    as_entries,
    as_events,
    as_times,
    as_weights,
    check_choice,
)
from equipoise.statistics.sorted_keys import segment_offsets, sort_keys, unpack_time
from equipoise.statistics.survival_kernels import curve_from_counts, curve_from_keys


@dataclass(frozen=True)
class KaplanMeier:
    """One survival curve, a step at each distinct time, events and censorings alike.

    time (m,) in the unit given; n_risk (m,) number (or weight) with time >= t and entry < t;
    n_event, n_censor (m,) at t; survival (m,) just after t; greenwood (m,) Greenwood's sum
    d / (n (n - d)) up to t, the variance of log survival. entry is None or the entry times.
    Limits are computed when first read.
    """

    time: Floats
    n_risk: Floats
    n_event: Floats
    n_censor: Floats
    survival: Floats
    greenwood: Floats
    n: int
    conf_type: str
    conf_level: float

    @cached_property
    def std_err(self) -> Floats:
        """Greenwood's standard error of survival (m,); NaN once survival is 0."""
        error: Floats = np.sqrt(self.greenwood)
        with np.errstate(invalid="ignore"):
            error *= self.survival
        if self.survival[-1] == 0.0:  # a curve never rises: only then has it zeros
            error[self.survival == 0.0] = np.nan
        return error

    @cached_property
    def _limits(self) -> tuple[Floats, Floats]:
        return limits(
            self.survival, self.greenwood, conf_type=self.conf_type, conf_level=self.conf_level
        )

    @property
    def lower(self) -> Floats:
        """Lower pointwise limits (m,); NaN where the transform gives none."""
        return self._limits[0]

    @property
    def upper(self) -> Floats:
        """Upper pointwise limits (m,); NaN where the transform gives none."""
        return self._limits[1]

    @cached_property
    def cumulative_hazard(self) -> Floats:
        """Nelson-Aalen estimate (m,): the sum of d / n up to t."""
        hazard: Floats = np.cumsum(self.n_event / self.n_risk)
        return hazard

    @cached_property
    def cumulative_hazard_std_err(self) -> Floats:
        """Its standard error (m,): the root of the sum of d / n**2 (Poisson form)."""
        error: Floats = np.sqrt(np.cumsum(self.n_event / self.n_risk**2))
        return error


@dataclass(frozen=True)
class GroupedCurves:
    """One curve per group, labels sorted."""

    labels: tuple[object, ...]
    curves: tuple[KaplanMeier, ...]


def kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    *,
    conf_type: str,
    conf_level: float,
    entry: ArrayLike | None = None,
    weight: ArrayLike | None = None,
) -> KaplanMeier:
    """Survival curve of one group.

    Parameters    time : (n,) float - time to event or censoring, any unit, >= 0
                  event : (n,) 0 or 1 - 1 = event, 0 = censored
                  conf_type : plain, log, log-log, logit or arcsine
                  conf_level : float - for example 0.95
                  entry : (n,) float - at risk on (entry, time]; None means from the start
                  weight : (n,) float > 0 - case weights; the variance treats them as counts
    Returns       KaplanMeier
    Raises        MethodError - malformed arrays or arguments
    Notes         S(t) = prod over t_j <= t of (1 - d_j / n_j);
                  var log S = sum d_j / (n_j (n_j - d_j)). d_j -> n_event, n_j -> n_risk.
                  Events come before censorings at the same time.
    Source: Kaplan & Meier, JASA 1958;53:457-481, eq. 2b and 2e; Greenwood 1926.
    Proof: tests/oracles, survival_ref and camis.
    """
    check_choice("conf_type", conf_type, CURVE_TRANSFORMS)
    critical_value(conf_level)
    times = as_times(time)
    events = as_events(event, times.size)
    if entry is None and weight is None:
        curves = _curves_unweighted(times, events, np.array([0, times.size]), conf_type, conf_level)
        return curves[0]
    weights = np.ones(times.size) if weight is None else as_weights(weight, times.size)
    entries = None if entry is None else as_entries(entry, times)
    return _curve_weighted(times, events, entries, weights, conf_type, conf_level)


def kaplan_meier_by_group(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    conf_type: str,
    conf_level: float,
) -> GroupedCurves:
    """One curve per level of `group` (n,), computed in one call; see `kaplan_meier`."""
    check_choice("conf_type", conf_type, CURVE_TRANSFORMS)
    critical_value(conf_level)
    times = as_times(time)
    events = as_events(event, times.size)
    codes: Codes = as_codes("group", group, times.size)
    order, offsets = segment_offsets(codes.code, len(codes.labels))
    if order is not None:
        times, events = times[order], events[order]
    curves = _curves_unweighted(times, events, offsets, conf_type, conf_level)
    return GroupedCurves(codes.labels, curves)


def _curves_unweighted(
    times: Floats, events: Flags, offsets: Ints, conf_type: str, conf_level: float
) -> tuple[KaplanMeier, ...]:
    packed = sort_keys(times, events ^ 1, code_bits=1, offsets=offsets)
    rank, columns, cut = curve_from_keys(packed)
    step_time = unpack_time(rank, packed)
    curves = []
    for i in range(offsets.size - 1):
        part = slice(cut[i], cut[i + 1])
        curves.append(
            KaplanMeier(
                time=step_time[part],
                n_risk=columns[0, part],
                n_event=columns[1, part],
                n_censor=columns[2, part],
                survival=columns[3, part],
                greenwood=columns[4, part],
                n=int(offsets[i + 1] - offsets[i]),
                conf_type=conf_type,
                conf_level=conf_level,
            )
        )
    return tuple(curves)


def _curve_weighted(
    times: Floats,
    events: Flags,
    entries: Floats | None,
    weights: Floats,
    conf_type: str,
    conf_level: float,
) -> KaplanMeier:
    distinct, place = np.unique(times, return_inverse=True)
    leaving = np.asarray(np.bincount(place, weights, distinct.size), np.float64)
    n_event = np.asarray(np.bincount(place, weights * events, distinct.size), np.float64)
    n_risk: Floats = np.cumsum(leaving[::-1])[::-1].copy()
    if entries is not None:
        late = np.searchsorted(distinct, entries, side="right")
        not_yet = np.bincount(late, weights, distinct.size + 1)
        # those who enter at or after t are counted in n_risk but not yet there
        n_risk -= np.cumsum(not_yet[::-1])[::-1][1:]
    survival, greenwood = curve_from_counts(n_risk, n_event)
    return KaplanMeier(
        distinct,
        n_risk,
        n_event,
        leaving - n_event,
        survival,
        greenwood,
        n=times.size,
        conf_type=conf_type,
        conf_level=conf_level,
    )


def reverse_kaplan_meier(
    time: ArrayLike, event: ArrayLike, *, conf_type: str, conf_level: float
) -> KaplanMeier:
    """Curve of follow-up: censoring is the event and the event a censoring.

    Its quantiles are the quartiles of potential follow-up. At a time with both, the censorings
    now come first, as in any Kaplan-Meier curve.
    Source: Schemper & Smith, Control Clin Trials 1996;17:343-346, section 2.
    """
    times = as_times(time)
    events = as_events(event, times.size)
    return kaplan_meier(times, events ^ 1, conf_type=conf_type, conf_level=conf_level)
