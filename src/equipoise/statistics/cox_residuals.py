# SPDX-License-Identifier: Apache-2.0
"""Martingale, score and Schoenfeld residuals of a Cox model, and the baseline hazard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from equipoise.statistics.cox_rows import CoxRows
from equipoise.statistics.observations import Flags, Floats, Ints


@njit(cache=True, nogil=True)
def _risk_sums(
    time: Floats, event: Flags, x: Floats, weight: Floats, entry: Floats, by_entry: Ints,
    offsets: Ints, risk: Floats,
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats, Ints, Ints]:  # fmt: skip
    """Sums over the risk set and over the events at each distinct event time, times ascending."""
    p = x.shape[1]
    total = 0
    for i in range(event.size):
        total += event[i]
    at = np.empty(total)
    s0, d0, dw = np.zeros(total), np.zeros(total), np.zeros(total)
    s1, d1 = np.zeros((total, p)), np.zeros((total, p))
    count, cut = np.zeros(total, np.int64), np.zeros(offsets.size, np.int64)
    m = 0
    for segment in range(offsets.size - 1):
        start, i = offsets[segment], offsets[segment + 1] - 1
        leave, first = i, m
        a0, a1 = 0.0, np.zeros(p)
        while i >= start:
            now, d = time[i], 0
            while i >= start and time[i] == now:
                r = weight[i] * risk[i]
                a0 += r
                a1 += r * x[i]
                if event[i]:
                    d += 1
                    dw[m] += weight[i]
                    d0[m] += r
                    d1[m] += r * x[i]
                i -= 1
            if d == 0:
                continue
            while entry.size > 0 and leave >= start and entry[by_entry[leave]] >= now:
                j = by_entry[leave]
                r = weight[j] * risk[j]
                a0 -= r
                a1 -= r * x[j]
                leave -= 1
            at[m], s0[m], s1[m], count[m] = now, a0, a1, d
            m += 1
        at[first:m] = at[first:m][::-1].copy()
        s0[first:m] = s0[first:m][::-1].copy()
        d0[first:m] = d0[first:m][::-1].copy()
        dw[first:m] = dw[first:m][::-1].copy()
        s1[first:m] = s1[first:m][::-1].copy()
        d1[first:m] = d1[first:m][::-1].copy()
        count[first:m] = count[first:m][::-1].copy()
        cut[segment + 1] = m
    return at[:m], s0[:m], s1[:m], d0[:m], d1[:m], dw[:m], count[:m], cut


@dataclass(frozen=True, slots=True)
class RiskSums:
    """At each distinct event time, ascending in each stratum: sums of r = w exp(x beta).

    s0 (m,), s1 (m, p) over the risk set; d0, d1 over the events; dw (m,) weight of the events;
    count (m,) events; offsets (strata + 1,). x is centred as in the rows.
    """

    time: Floats
    s0: Floats
    s1: Floats
    d0: Floats
    d1: Floats
    dw: Floats
    count: Ints
    offsets: Ints


def risk_sums(rows: CoxRows, beta: Floats) -> RiskSums:
    """The sums every residual is made of, at `beta` (p,); exact ties are treated as Breslow."""
    weight = rows.weight if rows.weight.size else np.ones(rows.time.size)
    parts = _risk_sums(
        rows.time, rows.event, np.ascontiguousarray(rows.x), weight,
        rows.entry, rows.by_entry, rows.offsets,
        np.exp(rows.x @ beta),
    )  # fmt: skip
    return RiskSums(*parts)


@dataclass(frozen=True, slots=True)
class Increments:
    """What each event time adds: the hazard dH and the mean covariate times dH.

    For subjects at risk without an event there (hazard (m,), moment (m, p)), and for the subjects
    with the event, whose Efron increment is smaller (event_hazard, event_moment).
    mean (m, p): weighted mean of x at risk.
    """

    hazard: Floats
    moment: Floats
    event_hazard: Floats
    event_moment: Floats
    mean: Floats


def increments(sums: RiskSums, ties: str) -> Increments:
    """Efron: dH = sum_k (dw/d) / (S0 - (k/d) D0); for the events themselves times (1 - k/d)."""
    m, p = sums.s1.shape
    hazard, event_hazard = np.zeros(m), np.zeros(m)
    moment, event_moment, mean = np.zeros((m, p)), np.zeros((m, p)), np.zeros((m, p))
    deepest = int(sums.count.max(initial=0)) if ties == "efron" else min(m, 1)
    for k in range(deepest):
        on = np.flatnonzero(sums.count > k) if ties == "efron" else np.arange(m)
        f = k / sums.count[on]
        steps = sums.count[on] if ties == "efron" else np.ones(on.size)
        h = sums.dw[on] / steps / (sums.s0[on] - f * sums.d0[on])
        e = (sums.s1[on] - f[:, None] * sums.d1[on]) / (sums.s0[on] - f * sums.d0[on])[:, None]
        hazard[on] += h
        event_hazard[on] += (1 - f) * h
        moment[on] += h[:, None] * e
        event_moment[on] += ((1 - f) * h)[:, None] * e
        mean[on] += e / steps[:, None]
    return Increments(hazard, moment, event_hazard, event_moment, mean)


def _between(rows: CoxRows, sums: RiskSums, steps: Floats, event_steps: Floats) -> Floats:
    """Sum of steps over (entry, time] for each row, its own event time by `event_steps`."""
    out = np.zeros((rows.time.size, steps.shape[1]))
    for s in range(rows.offsets.size - 1):
        here = slice(rows.offsets[s], rows.offsets[s + 1])
        times = sums.time[sums.offsets[s] : sums.offsets[s + 1]]
        part = steps[sums.offsets[s] : sums.offsets[s + 1]]
        total = np.vstack([np.zeros((1, steps.shape[1])), np.cumsum(part, axis=0)])
        until = np.searchsorted(times, rows.time[here], side="right")
        out[here] = total[until]
        if rows.entry.size:
            out[here] -= total[np.searchsorted(times, rows.entry[here], side="right")]
        died = np.flatnonzero(rows.event[here])
        at = until[died] - 1
        own = event_steps[sums.offsets[s] : sums.offsets[s + 1]]
        out[here][died] += own[at] - part[at]
    return out


def martingale_rows(rows: CoxRows, beta: Floats) -> Floats:
    """Martingale residuals (n,) in sorted order: event less its expected number."""
    sums = risk_sums(rows, beta)
    step = increments(sums, rows.ties)
    expected = _between(rows, sums, step.hazard[:, None], step.event_hazard[:, None])[:, 0]
    residual: Floats = rows.event - np.exp(rows.x @ beta) * expected
    return residual


def score_rows(rows: CoxRows, beta: Floats) -> Floats:
    """Score residuals (n, p) in sorted order; weighted by the case weights they sum to the score.

    U_i = event_i (x_i - mean x) - exp(x_i b) [x_i H_i - sum of mean dH].
    Source: Therneau & Grambsch 2000, section 4.3 and appendix for the Efron form.
    """
    sums = risk_sums(rows, beta)
    step = increments(sums, rows.ties)
    hazard = _between(rows, sums, step.hazard[:, None], step.event_hazard[:, None])
    moment = _between(rows, sums, step.moment, step.event_moment)
    residual: Floats = -np.exp(rows.x @ beta)[:, None] * (rows.x * hazard - moment)
    for s in range(rows.offsets.size - 1):
        here = slice(rows.offsets[s], rows.offsets[s + 1])
        died = np.flatnonzero(rows.event[here]) + rows.offsets[s]
        times = sums.time[sums.offsets[s] : sums.offsets[s + 1]]
        at = np.searchsorted(times, rows.time[died], side="left") + sums.offsets[s]
        residual[died] += rows.x[died] - step.mean[at]
    return residual


def to_caller_order(rows: CoxRows, values: Floats) -> Floats:
    """Values of the sorted rows put back in the order of the caller's rows."""
    out: Floats = np.empty_like(values)
    out[rows.order] = values
    return out


@dataclass(frozen=True, slots=True)
class Schoenfeld:
    """One row per event in order of stratum and time: x less its mean over the risk set."""

    time: Floats
    residual: Floats


def schoenfeld_rows(rows: CoxRows, beta: Floats) -> Schoenfeld:
    """Schoenfeld residuals (events, p). Source: Schoenfeld, Biometrika 1982;69:239-241."""
    sums = risk_sums(rows, beta)
    mean = increments(sums, rows.ties).mean
    parts, times = [], []
    for s in range(rows.offsets.size - 1):
        here = slice(rows.offsets[s], rows.offsets[s + 1])
        died = np.flatnonzero(rows.event[here]) + rows.offsets[s]
        own = sums.time[sums.offsets[s] : sums.offsets[s + 1]]
        at = np.searchsorted(own, rows.time[died]) + sums.offsets[s]
        parts.append(rows.x[died] - mean[at])
        times.append(rows.time[died])
    return Schoenfeld(np.concatenate(times), np.concatenate(parts))
